"""Taking appeals in and telling how they stand: what the API does, without HTTP."""

import asyncio
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.clock import Clock
from natija_chassis.postgres.sqlstate import is_undefined_table
from natija_chassis.realm.publishers import Publishers
from natija_events.encryption import Sealer
from natija_events.kafka import DeliveryUnconfirmed, OutcomePending
from natija_events.wire.rejection import Rejection
from natija_intake.appeals.inbox_gateway import InboxGateway
from natija_intake.appeals.submission import Submission, data_of, number_of, opening
from natija_intake.receipts.access_codes import AccessCodes
from natija_intake.registrar.admission import examine_new
from natija_intake.registrar.heads import Head
from natija_intake.registrar.projection import load_heads

_LOOK_AGAIN = 0.05


class StatusUnavailable(Exception):
    """The database does not answer: nobody can tell now."""


class AppealRejected(Exception):
    """The registrar rejects the appeal, or would."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection.reason)
        self.rejection = rejection


class Receipt(NamedTuple):
    """What the sender keeps. *registered* is when the registrar wrote the appeal down, None while it has not."""

    number: str
    code: str
    registered: datetime | None


class AppealService:
    """The reception of a realm. *jurisdiction* is whose law its appeals fall under, *secret* what numbers derive from,
    *wait* the seconds the registrar is given."""

    def __init__(
        self,
        *,
        realm: str,
        jurisdiction: str,
        secret: bytes,
        codes: AccessCodes,
        sealer: Sealer,
        publishers: Publishers,
        gateway: InboxGateway,
        engine: AsyncEngine,
        clock: Clock,
        wait: float,
    ) -> None:
        self._realm = realm
        self._jurisdiction = jurisdiction
        self._secret = secret
        self._codes = codes
        self._sealer = sealer
        self._publishers = publishers
        self._gateway = gateway
        self._engine = engine
        self._clock = clock
        self._wait = wait

    async def take(self, submission: Submission, key: str, traceparent: str | None) -> Receipt:
        """Have the appeal registered; the same submission with the same *key* is the same appeal and gets the same
        receipt.

        Raises `AppealRejected` when the registrar would not or did not admit it, and `DeliveryUnconfirmed` when Kafka
        does not confirm it; then it is right to send the same again.
        """
        number = number_of(submission, self._realm, key, self._secret)
        return Receipt(number, self._codes.code(number), await self._propose(submission, number, traceparent))

    async def find(self, typed_number: str, typed_code: str) -> tuple[str, Head | None] | None:
        """The number and head of an appeal, a head of None before it is registered; None when number or code is wrong.

        Raises `StatusUnavailable`.
        """
        number = self._codes.verify(typed_number, typed_code)
        return None if number is None else (number, await self._head(number))

    async def _propose(self, submission: Submission, number: str, traceparent: str | None) -> datetime | None:
        """When it was registered; None when the registrar has not said within the wait.

        Whether it is registered already is not asked before: the registrar knows, and the heads are looked at only
        where it says so or nobody says anything.
        """
        now = self._clock.now()
        data = data_of(submission, number, now, jurisdiction=self._jurisdiction, sealer=self._sealer)
        event = opening(data, number, traceparent)
        if rejection := examine_new(event, data, self._publishers, now):
            raise AppealRejected(rejection)
        try:
            outcome = await self._gateway.propose(event, wait=self._wait)
        except OutcomePending:
            return await self._registered(number)
        except DeliveryUnconfirmed:
            if registered := await self._registered(number):  # by an earlier attempt
                return registered
            raise
        why = outcome.rejection
        if why is None:
            return outcome.recordedtime
        if why.reason in ("duplicate", "reused"):  # the id is our own: an earlier attempt made it, at another time
            return await self._awaited(number)
        raise AppealRejected(why)

    async def _awaited(self, number: str) -> datetime | None:
        """When an appeal that stands on the log was registered, as soon as its head says so."""
        deadline = asyncio.get_running_loop().time() + self._wait
        while (registered := await self._registered(number)) is None:
            if asyncio.get_running_loop().time() > deadline:
                return None
            await asyncio.sleep(_LOOK_AGAIN)
        return registered

    async def _registered(self, number: str) -> datetime | None:
        """When the appeal was registered, as far as the heads tell now. Without a database an appeal is taken all the
        same: it is the log that counts."""
        try:
            head = await self._head(number)
        except StatusUnavailable:
            return None
        return None if head is None else head.registered

    async def _head(self, number: str) -> Head | None:
        try:
            async with self._engine.connect() as connection:
                return (await load_heads(connection, [number])).get(number)
        except DBAPIError as error:
            if is_undefined_table(error):
                return None  # no registrar has ever run here
            raise StatusUnavailable from None
        except (SQLAlchemyError, OSError, TimeoutError):
            raise StatusUnavailable from None
