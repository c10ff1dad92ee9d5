"""Reads a record of the log topic into the event that every reader sees: checked, upcast and typed."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from natija_events.schema.registry import REGISTRY
from natija_events.types.base import EventData
from natija_events.wire.envelope import Event, Headers, Stamp
from natija_events.wire.hash_chain import event_hash
from natija_events.wire.log_record import read_log_record


class RecordedEvent(NamedTuple):
    """One event of the log. *data* is in the newest version of its type; None for an unknown type.

    *partition* and *offset* are its place on the log topic, *headers* those of the record as stored.
    """

    partition: int
    offset: int
    event: Event
    stamp: Stamp
    data: EventData | None
    headers: Headers

    @property
    def id(self) -> UUID:
        """The event's id."""
        return self.event.id

    @property
    def subject(self) -> str:
        """The appeal's number."""
        return self.event.subject

    @property
    def type(self) -> str:
        """The type in the version it was registered in."""
        return self.event.type

    @property
    def time(self) -> datetime:
        """When it happened."""
        return self.event.time

    @property
    def sequence(self) -> int:
        """Its number among the events of the appeal, from 1."""
        return self.stamp.sequence

    @property
    def recordedtime(self) -> datetime:
        """When the registrar recorded it."""
        return self.stamp.recordedtime

    @property
    def hash(self) -> str:
        """Its hash, which is the previous hash of the appeal's next event."""
        return event_hash(self.headers, self.event.data)


def read_recorded_event(partition: int, offset: int, value: bytes | None, headers: Headers) -> RecordedEvent:
    """The event in a record of the log. Raises `Unreadable` or `Invalid`, which are errors of the register."""
    event, stamp = read_log_record(value, headers)
    return RecordedEvent(partition, offset, event, stamp, REGISTRY.decode(event.type, event.data), headers)
