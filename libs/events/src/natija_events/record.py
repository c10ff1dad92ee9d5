"""From a record of the log topic to the event every reader sees: read, upcast, typed. The one way in."""

from natija_events.catalogue import CATALOGUE
from natija_events.envelope import Headers, read_log_record
from natija_events.fold import RecordedEvent


def recorded(partition: int, offset: int, value: bytes | None, headers: Headers) -> RecordedEvent:
    """The registered event in this record of the log. Raises `Unreadable` or `Invalid`: a fault of the register."""
    event, stamp = read_log_record(value, headers)
    return RecordedEvent(partition, offset, event, stamp, CATALOGUE.decode(event.type, event.data), headers)
