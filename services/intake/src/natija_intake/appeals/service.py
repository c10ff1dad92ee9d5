"""Registering appeals and reading their status: what the API does, without HTTP."""

import asyncio
from datetime import datetime
from typing import NamedTuple

from natija_events.kafka import DeliveryUnconfirmed, OutcomePending
from natija_events.wire.envelope import Event
from natija_events.wire.rejection import Rejection
from natija_intake.appeals.context import IntakeContext
from natija_intake.appeals.head_lookup import HeadLookup, StatusUnavailable
from natija_intake.appeals.inbox_gateway import InboxGateway
from natija_intake.appeals.submission import Submission
from natija_intake.registrar.admission import examine_new
from natija_intake.registrar.heads import Head

_POLL_INTERVAL = 0.05


class Receipt(NamedTuple):
    """The sender's receipt. *registered* is when the registrar recorded the appeal; None until then."""

    number: str
    access_code: str
    registered: datetime | None


class AppealService:
    """Registers submissions through *gateway*, and reads the status of appeals from *heads*."""

    def __init__(self, context: IntakeContext, gateway: InboxGateway, heads: HeadLookup) -> None:
        self._context = context
        self._gateway = gateway
        self._heads = heads

    async def register(self, submission: Submission, key: str, traceparent: str | None) -> Receipt | Rejection:
        """Have the appeal registered. The same submission with the same idempotency *key* is the same appeal, and gets
        the same receipt.

        Returns the rejection when the registrar rejects the appeal, or would reject it. Raises `DeliveryUnconfirmed`
        when Kafka does not confirm it: the same submission may then be sent again.
        """
        event, data = submission.to_event(self._context, key, traceparent)
        if rejection := examine_new(event, data, self._context.reference, event.time):
            return rejection
        registered = await self._propose(event)
        if isinstance(registered, Rejection):
            return registered
        return Receipt(event.subject, self._context.access_codes.code(event.subject), registered)

    async def find(self, typed_number: str, typed_code: str) -> tuple[str, Head | None] | None:
        """The number and head of an appeal; the head is None before registration. None when number or code is wrong.

        Raises `StatusUnavailable`.
        """
        number = self._context.access_codes.verify(typed_number, typed_code)
        return None if number is None else (number, await self._heads.get(number))

    async def _propose(self, event: Event) -> datetime | Rejection | None:
        """When the appeal was registered; None when the outcome is not known within the wait; or the rejection.

        The heads are read only when the outcome is unknown, or says that an earlier attempt was registered.
        """
        number = event.subject
        try:
            outcome = await self._gateway.propose(event, wait=self._context.outcome_wait)
        except OutcomePending:
            return await self._registered(number)
        except DeliveryUnconfirmed:
            if registered := await self._registered(number):  # by an earlier attempt
                return registered
            raise
        if outcome.rejection is None:
            return outcome.recordedtime
        if outcome.rejection.reason in ("duplicate", "reused"):  # the event id is our own: an earlier attempt used it
            return await self._wait_registered(number)
        return outcome.rejection

    async def _wait_registered(self, number: str) -> datetime | None:
        """When a registered appeal was registered, as soon as its head is there; None after the wait."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._context.outcome_wait
        while (registered := await self._registered(number)) is None:
            if loop.time() > deadline:
                return None
            await asyncio.sleep(_POLL_INTERVAL)
        return registered

    async def _registered(self, number: str) -> datetime | None:
        """When the appeal was registered, by its head. Without the database: None, since the log is what counts."""
        try:
            head = await self._heads.get(number)
        except StatusUnavailable:
            return None
        return None if head is None else head.registered
