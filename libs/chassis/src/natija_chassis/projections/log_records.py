"""Records of the log as a projection takes them: read and typed, or kept with what is wrong with them."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from natija_events.schema.registry import Invalid
from natija_events.wire.log_record import logsequence_of
from natija_events.wire.record import RecordedEvent, read_recorded_event
from natija_events.wire.values import Unreadable

_SLICE = 50


class LogRecord(NamedTuple):
    """A record of the log. Exactly one of *event* and *error* is set. *logsequence* is None where it cannot be read."""

    partition: int
    offset: int
    appeal: str
    logsequence: int | None
    event: RecordedEvent | None
    error: Exception | None = None


def read(records: Iterable[Any]) -> list[LogRecord]:
    """The entries of aiokafka's *records*, decoded and upcast. Never raises for what a record holds."""
    return [_entry(record) for record in records]


async def read_in_slices(records: Sequence[Any]) -> list[LogRecord]:
    """As `read`, a few at a time, so that other tasks run in between."""
    found: list[LogRecord] = []
    for start in range(0, len(records), _SLICE):
        found += read(records[start : start + _SLICE])
        await asyncio.sleep(0)
    return found


def events(entries: Sequence[LogRecord]) -> list[RecordedEvent]:
    """The events of those entries that could be read."""
    return [entry.event for entry in entries if entry.event is not None]


def _entry(record: Any) -> LogRecord:
    try:
        event = read_recorded_event(record.partition, record.offset, record.value, record.headers)
    except (Unreadable, Invalid) as error:
        appeal = (record.key or b"").decode("ascii", errors="replace")[:64]
        return LogRecord(record.partition, record.offset, appeal, logsequence_of(record.headers), None, error)
    return LogRecord(record.partition, record.offset, event.subject, event.stamp.logsequence, event)
