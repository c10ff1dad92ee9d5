"""Following an appeal: it is opened by its access code, shown as a timeline, and acted upon by its applicant."""

import asyncio
from typing import Literal
from uuid import UUID

from natija_events.kafka import DeliveryUnconfirmed, OutcomePending
from natija_events.types.base import EventData
from natija_events.types.sealed import SealedWrong
from natija_events.wire.identity import event_key
from natija_intake.appeals.context import IntakeContext
from natija_intake.appeals.head_lookup import HeadLookup
from natija_intake.appeals.inbox_gateway import InboxGateway
from natija_intake.appeals.submission import SOURCE
from natija_intake.following.access import AppealAccess, OpenedAppeal
from natija_intake.following.acts import ApplicantAct, act_id, event_of, open_acts
from natija_intake.following.timeline import AppealTimeline
from natija_intake.following.timelines import Timelines

_POLL_INTERVAL = 0.1
_RELAY_WAIT = 1.5
"""Seconds in which the relay usually has read what was registered."""

ApplicantActResult = Literal["done", "pending", "closed", "too-long"]
"""An act is registered; is safe and not decided yet; is not possible any more; or has a text that is too long."""


class FollowingService:
    """Opens appeals through *access*, shows their *timelines*, and proposes the acts of applicants by *gateway*."""

    def __init__(
        self,
        context: IntakeContext,
        access: AppealAccess,
        gateway: InboxGateway,
        heads: HeadLookup,
        timelines: Timelines,
    ) -> None:
        self._context, self._gateway, self._heads, self._timelines = context, gateway, heads, timelines
        self._access = access

    async def open(self, typed_number: str, typed_code: str, address: str) -> OpenedAppeal | None:
        """The appeal with this number and code: see `AppealAccess.open`."""
        return await self._access.open(typed_number, typed_code, address)

    async def open_again(self, token: str) -> OpenedAppeal | None:
        """The appeal for which *token* stands: see `AppealAccess.open_again`."""
        return await self._access.open_again(token)

    def open_acts(self, opened: OpenedAppeal) -> dict[ApplicantAct, type[EventData]]:
        """The acts that the applicant may do now, each with the type of its event. Raises `ReferenceDataMissing`."""
        if opened.head is None:
            return {}
        context = self._context
        return open_acts(opened.number, opened.head, context.reference(), context.clock.now())

    async def act(
        self, opened: OpenedAppeal, act: ApplicantAct, key: UUID, text: str, traceparent: str | None
    ) -> tuple[ApplicantActResult, OpenedAppeal]:
        """Do *act* with this *text*, and give the appeal after it. The same text under the same *key* is done once.

        Raises `DeliveryUnconfirmed`, `StatusUnavailable` and `ReferenceDataMissing`: then the same may be sent again.
        """
        type = self.open_acts(opened).get(act)
        if await self._is_done(opened.number, act, key, text):
            return "done", opened
        if type is None or opened.head is None:
            return "closed", opened
        id = act_id(opened.number, act, key, text, self._context.registration_secrets()[0])
        try:
            event = event_of(self._context, opened.number, opened.head, type, id, text, traceparent)
            outcome = await self._gateway.propose(event, wait=self._context.outcome_wait)
        except SealedWrong:
            return "too-long", opened
        except OutcomePending:
            return "pending", opened
        rejection = outcome.rejection
        if rejection is None or rejection.reason in ("duplicate", "reused"):  # the id is our own: it was done before
            return "done", await self._until(opened, outcome.sequence or 0)
        if rejection.reason in ("unlawful", "conflict"):
            return "closed", self._access.opened(opened.number, await self._heads.get(opened.number))
        if rejection.reason in ("invalid", "oversize"):
            return "too-long", opened
        raise DeliveryUnconfirmed(f"the registrar accepts no acts of this page: {rejection.reason}")

    async def timeline(self, opened: OpenedAppeal, *, patient: bool = False) -> AppealTimeline | None:
        """The timeline of the appeal; None when it cannot be read now. The relay reads an event a moment after it is
        registered: a *patient* reader waits for it."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (_RELAY_WAIT if patient else 0)
        while True:
            found = await self._timelines.get(opened.number)
            if found is None or is_current(found, opened) or loop.time() >= deadline:
                return found
            await asyncio.sleep(_POLL_INTERVAL)

    async def _is_done(self, number: str, act: ApplicantAct, key: UUID, text: str) -> bool:
        """Whether an earlier attempt was registered, also under an older secret."""
        ids = [act_id(number, act, key, text, secret) for secret in self._context.registration_secrets()]
        return await self._heads.knows(number, [event_key(SOURCE, id) for id in ids])

    async def _until(self, opened: OpenedAppeal, sequence: int) -> OpenedAppeal:
        """The appeal as soon as the database has the event with this *sequence*; as it is after the wait."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._context.outcome_wait
        while True:
            head = await self._heads.get(opened.number)
            if (head is not None and head.standing.sequence >= sequence) or loop.time() > deadline:
                return self._access.opened(opened.number, head)
            await asyncio.sleep(_POLL_INTERVAL)


def is_current(timeline: AppealTimeline, opened: OpenedAppeal) -> bool:
    """Whether *timeline* reaches to the last event of the appeal."""
    return opened.head is None or timeline.sequence >= opened.head.standing.sequence
