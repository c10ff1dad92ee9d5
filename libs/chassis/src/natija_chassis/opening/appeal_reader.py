"""Reads events of an appeal, and opens what is sealed in them. Each look is recorded first."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.kafka.log_lookup import LogLookup
from natija_chassis.kafka.record_lookup import RecordLookup
from natija_chassis.opening.audit_writer import AuditWriter
from natija_chassis.opening.data_keys import DataKeys
from natija_chassis.opening.key_lookup import KeyLookup
from natija_chassis.opening.opened_event import OpenedEvent, open_event
from natija_events.kafka import KafkaConfig, partition_of
from natija_events.sealing.storage import KeyEncryptionKey
from natija_events.types.sealed import sealed_values
from natija_events.wire.audit_record import AuditRecord, Look
from natija_events.wire.record import RecordedEvent


class AppealReader:
    """Opens appeals of a *realm* with its *keks*, all versions from the first. One for a process, for many callers.

    The database of *engine* has the index of data keys, which a `KeyIndexer` keeps. An async context manager, which
    opens even while servers are down.
    """

    def __init__(self, kafka: KafkaConfig, realm: str, engine: AsyncEngine, keks: Sequence[KeyEncryptionKey]) -> None:
        self._realm = realm
        self._keks = keks
        self._records = RecordLookup(kafka)
        self._log = LogLookup(self._records, realm)
        self._keys = KeyLookup(self._records, realm, engine)
        self._audit = AuditWriter(kafka, realm)
        self._parts = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._parts.enter_async_context(self._records)
        await self._parts.enter_async_context(self._audit)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._parts.aclose()

    async def history(self, appeal: str, offsets: Sequence[int]) -> Sequence[RecordedEvent]:
        """The events of *appeal* at these *offsets* of its partition of the log, in their order, nothing opened.

        Raises `LogUnavailable`, and ValueError when an event is of another appeal.
        """
        events = await self._log.events_of(partition_of(appeal.encode()), offsets)
        if any(event.subject != appeal for event in events):
            raise ValueError("an event at these offsets is of another appeal")
        return events

    async def read(self, appeal: str, offsets: Sequence[int], look: Look) -> Sequence[OpenedEvent]:
        """The events of *appeal* at these *offsets*, in their order, opened for *look*.

        Before it opens anything, it records the look at those events that have sealed values. A value that cannot be
        opened is `Unopened`, such as one whose key was erased. Raises what `history` raises, `AuditUnconfirmed` and
        `KeysUnavailable`: then nothing was opened.
        """
        events = await self.history(appeal, offsets)
        kids = {event.sequence: kid for event in events if (kid := _key_id(event)) is not None}
        keys = DataKeys({}, self._keks)
        if kids:
            members = look.model_dump()
            await self._audit.write(AuditRecord(**members, appeal=appeal, sequences=tuple(sorted(kids))))
            stored = await self._keys.stored_keys(partition_of(appeal.encode()), set(kids.values()))
            keys = DataKeys(stored, self._keks)
        return [open_event(event, keys, self._realm) for event in events]


def _key_id(event: RecordedEvent) -> str | None:
    """The id of the one key of its sealed values."""
    values = [] if event.data is None else list(sealed_values(event.data).values())
    return values[0].kid if values else None
