"""Registering appeals and reading their status: what the API does, without HTTP."""

import asyncio
from datetime import datetime
from typing import NamedTuple

from natija_events.kafka import DeliveryUnconfirmed, OutcomePending
from natija_events.types.sealed import SealedWrong
from natija_events.wire.envelope import Event
from natija_events.wire.rejection import Rejection
from natija_intake.appeals.access_check import AccessCheck
from natija_intake.appeals.context import IntakeContext
from natija_intake.appeals.head_lookup import HeadLookup, Registration, StatusUnavailable
from natija_intake.appeals.identity import RequestKey
from natija_intake.appeals.inbox_gateway import InboxGateway
from natija_intake.appeals.submission import OpeningEvent, Submission
from natija_intake.receipts.attempts import Attempts
from natija_intake.registrar.admission import examine_new
from natija_intake.registrar.heads import Head

_POLL_INTERVAL = 0.05
_SENT_AS = {"person": "applicant", "content": "text"}
"""The sealed fields of the event, and the fields of a submission that hold most of each."""


class KeyUsed(Exception):
    """The idempotency key was used for another appeal, or for the same one too long ago."""


class Receipt(NamedTuple):
    """The sender's receipt. *registered* is when the registrar recorded the appeal; None until then."""

    number: str
    access_code: str
    registered: datetime | None


class _OtherEvent(Exception):
    """The appeal was opened by an event with another id."""


class AppealService:
    """Registers submissions through *gateway*, and reads the status of appeals from *heads*.

    *attempts* limits how often an access code may be tried.
    """

    def __init__(self, context: IntakeContext, gateway: InboxGateway, heads: HeadLookup, attempts: Attempts) -> None:
        self._context = context
        self._gateway = gateway
        self._heads = heads
        self._check = AccessCheck(context.access_codes, heads, attempts)

    async def register(
        self, submission: Submission, request: RequestKey, traceparent: str | None
    ) -> Receipt | Rejection:
        """Have the appeal registered. The same submission with the same *request* key is the same appeal, and gets the
        same receipt.

        An earlier attempt may have been under an older secret, so its event had another id. Then each id is tried: the
        registrar knows one of them, or the key was used for something else. Secrets are read again each time, because
        another process may be using one that is newer.

        Returns the rejection when the registrar rejects the appeal, or would reject it. Raises `KeyUsed`, and
        `DeliveryUnconfirmed` when Kafka does not confirm it: the same submission may then be sent again.
        """
        tried: set[bytes] = set()
        while secret := next((one for one in self._context.registration_secrets() if one not in tried), None):
            tried.add(secret)
            try:
                opening = submission.to_event(self._context, request, secret, traceparent)
            except SealedWrong as error:
                return Rejection("invalid", _SENT_AS[error.field], error.rule)
            try:
                return await self._register(opening)
            except _OtherEvent:
                continue
        raise KeyUsed

    async def find(self, typed_number: str, typed_code: str, address: str) -> tuple[str, Head | None] | None:
        """The appeal with this number and code: see `AccessCheck.find`."""
        return await self._check.find(typed_number, typed_code, address)

    async def _register(self, opening: OpeningEvent) -> Receipt | Rejection:
        """The receipt, or the rejection. Raises `_OtherEvent`."""
        event, data = opening
        if rejection := examine_new(event, data, self._context.reference(), event.time):
            return rejection
        registered = await self._propose(event)
        if isinstance(registered, Rejection):
            return registered
        return Receipt(event.subject, self._context.access_codes.code(event.subject), registered)

    async def _propose(self, event: Event) -> datetime | Rejection | None:
        """When the appeal was registered; None when the outcome is not known within the wait; or the rejection.

        The database is asked only when the outcome is unknown, or says that an earlier attempt was registered.
        """
        try:
            outcome = await self._gateway.propose(event, wait=self._context.outcome_wait)
        except OutcomePending:
            return await self._registered(event)
        except DeliveryUnconfirmed:
            if registered := await self._registered(event):  # by an earlier attempt
                return registered
            raise
        if outcome.rejection is None:
            return outcome.recordedtime
        match outcome.rejection.reason:
            case "duplicate" | "reused":  # the event id is our own: an earlier attempt used it
                return await self._wait_registered(event)
            case "unlawful":  # an appeal is opened once
                raise _OtherEvent
        return outcome.rejection

    async def _wait_registered(self, event: Event) -> datetime | None:
        """When a registered appeal was registered, as soon as its head is there; None after the wait."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._context.outcome_wait
        while (found := await self._look_up(event)) is None:
            if loop.time() > deadline:
                return None
            await asyncio.sleep(_POLL_INTERVAL)
        return found.time

    async def _registered(self, event: Event) -> datetime | None:
        """When *event* was registered, as far as the database says. Raises `_OtherEvent`."""
        found = await self._look_up(event)
        if found is None:
            return None
        if not found.same:
            raise _OtherEvent
        return found.time

    async def _look_up(self, event: Event) -> Registration | None:
        """The registration, by the database. Without it: None, since the log is what counts."""
        try:
            return await self._heads.registration(event)
        except StatusUnavailable:
            return None
