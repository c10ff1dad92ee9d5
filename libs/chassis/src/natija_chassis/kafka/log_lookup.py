"""Single events of the log, by their places on it."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from natija_chassis.kafka.record_lookup import RecordLookup
from natija_events.topics import LOG
from natija_events.wire.record import RecordedEvent, read_recorded_event


class LogPlace(Protocol):
    """The place of an event on the log."""

    @property
    def partition(self) -> int: ...

    @property
    def offset(self) -> int: ...


class LogUnavailable(Exception):
    """Kafka does not answer, or the log has no event at a place."""


class LogLookup:
    """Reads events of the log of a *realm*, for many callers at once."""

    def __init__(self, records: RecordLookup, realm: str) -> None:
        self._records = records
        self._topic = LOG.name(realm)

    async def events(self, places: Sequence[LogPlace]) -> list[RecordedEvent]:
        """The events at *places*, in their order. Raises `LogUnavailable`."""
        by_partition: dict[int, list[int]] = defaultdict(list)
        for one in places:
            by_partition[one.partition].append(one.offset)
        found = await asyncio.gather(*(self.events_of(*one) for one in by_partition.items()))
        by_place = {(event.partition, event.offset): event for events in found for event in events}
        return [by_place[one.partition, one.offset] for one in places]

    async def events_of(self, partition: int, offsets: Sequence[int]) -> list[RecordedEvent]:
        """The events at *offsets* of *partition*, in their order. Raises `LogUnavailable`."""
        try:
            found = await self._records.records(TopicPartition(self._topic, partition), offsets)
        except (KafkaError, OSError) as error:
            raise LogUnavailable(f"the log cannot be read ({type(error).__name__})") from None
        missing = [offset for offset in offsets if offset not in found]
        if missing:
            raise LogUnavailable(f"the log has no event on partition {partition} at offset {missing[0]}")
        return [read_recorded_event(partition, one, found[one].value, found[one].headers) for one in offsets]
