"""From a record of the log topic to the event every reader sees: read, upcast, typed. The one way in."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from natija_events.schema.registry import REGISTRY
from natija_events.types.base import EventData
from natija_events.wire.envelope import Event, Headers, Stamp, read_log_record
from natija_events.wire.hash_chain import event_hash


class RecordedEvent(NamedTuple):
    """One event as it stands on the log. *data* is in its type's newest version; None for an unknown type.

    *partition* and *offset* say where on the log it stands, *headers* are the record's, as stored.
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
        """Its place among the events of the appeal, from 1."""
        return self.stamp.sequence

    @property
    def recordedtime(self) -> datetime:
        """When the registrar wrote it down."""
        return self.stamp.recordedtime

    @property
    def hash(self) -> str:
        """What the next event of the appeal carries as its previous hash."""
        return event_hash(self.headers, self.event.data)


def read_recorded_event(partition: int, offset: int, value: bytes | None, headers: Headers) -> RecordedEvent:
    """The registered event in this record of the log. Raises `Unreadable` or `Invalid`: a fault of the register."""
    event, stamp = read_log_record(value, headers)
    return RecordedEvent(partition, offset, event, stamp, REGISTRY.decode(event.type, event.data), headers)
