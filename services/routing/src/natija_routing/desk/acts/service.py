"""Does an act: its event goes to the registrar, signed by the desk of the body, and the outcome comes back."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from types import TracebackType
from typing import Literal, NamedTuple, Self
from uuid import UUID

from aiokafka.errors import KafkaError

from natija_chassis.observability import tracing
from natija_events.kafka import DeliveryUnconfirmed, KafkaConfig, OutcomePending, ProposalOutcome, Publisher
from natija_events.lifecycle.transitions import TABLE
from natija_events.sealing.data_key import Place
from natija_events.sealing.wrapping import RealmPublicKey
from natija_events.signatures import SigningKey
from natija_events.types.base import EventData
from natija_events.types.sealed import plain_values, seal_data
from natija_events.wire.envelope import Event
from natija_routing.desk.acts.rules import desk

_SENDER = "/services/desk"
"""Of the connection. Each event names the desk of its body as its source, and is signed by it."""
OUTCOME_WAIT = 10.0
"""Seconds that a page waits for the registrar."""
ResultCode = Literal["done", "conflict", "refused", "pending", "unavailable"]
"""*conflict*: the appeal has changed meanwhile. *pending*: the registrar has not decided in time, and will.
*unavailable*: Kafka does not answer; the same form can be sent again."""


class DeskActResult(NamedTuple):
    """The *result* of an act. *sequence* is that of its event. *rule* is the rule that the registrar states."""

    result: ResultCode
    sequence: int | None = None
    rule: str = ""


class DeskEvent(NamedTuple):
    """An event that an official of *body* proposes; *id* is that of its form."""

    appeal: str
    body: str
    id: UUID
    sequence: int
    time: datetime
    data: EventData


class ActService:
    """Proposes events of desks, each signed with the key that *key_of* finds for its source.

    It connects to Kafka at the first act. An async context manager, which opens even while Kafka is down.
    """

    def __init__(
        self, kafka: KafkaConfig, realm: str, realm_key: RealmPublicKey, key_of: Callable[[str], SigningKey | None]
    ) -> None:
        self._kafka = kafka
        self._realm = realm
        self._realm_key = realm_key
        self._key_of = key_of
        self._publisher: Publisher | None = None
        self._opening = asyncio.Lock()
        self._parts = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._parts.aclose()

    async def propose(self, act: DeskEvent) -> DeskActResult:
        """Propose the event of *act*, once however often it is sent."""
        events: tuple[Event, ...] = (self._event(act),)
        if (key := self._key_of(desk(act.body))) is not None:
            events = key.sign(self._realm, events)
        try:
            publisher = await self._opened()
            return _result(await publisher.propose(*events, wait=OUTCOME_WAIT))
        except OutcomePending:
            return DeskActResult("pending")
        except (DeliveryUnconfirmed, KafkaError, OSError):
            return DeskActResult("unavailable")

    async def _opened(self) -> Publisher:
        async with self._opening:
            if self._publisher is None:
                publisher = Publisher(self._kafka, self._realm, _SENDER)
                self._publisher = await self._parts.enter_async_context(publisher)
            return self._publisher

    def _event(self, act: DeskEvent) -> Event:
        """The event, with its text sealed for the realm. It assumes the sequence that the official saw."""
        data, source, wrapped = act.data, desk(act.body), None
        if plain_values(data):
            key = self._realm_key.new_key(act.appeal)
            data = seal_data(data, key.data_key, Place(self._realm, act.appeal, source, act.id, data.type, ""))
            wrapped = key.wrapped
        return Event(
            id=act.id,
            source=source,
            type=data.type,
            subject=act.appeal,
            time=act.time,
            data=data.model_dump_json(exclude_none=True).encode(),
            wrappedkey=wrapped,
            expectedsequence=act.sequence if TABLE[data.type].expected else None,
            traceparent=tracing.current_traceparent(),
        )


def _result(outcome: ProposalOutcome) -> DeskActResult:
    rejection = outcome.rejection
    if rejection is None or rejection.reason in ("duplicate", "reused"):  # sent again, at another time
        return DeskActResult("done", outcome.sequence)
    if rejection.reason in ("conflict", "unlawful"):
        return DeskActResult("conflict", rule=rejection.rule)
    return DeskActResult("refused", rule=f"{rejection.field}: {rejection.rule}")
