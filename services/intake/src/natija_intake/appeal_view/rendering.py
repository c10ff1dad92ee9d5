"""An opened appeal as a table for people, and as JSON for programs. Characters that are not seen are escaped."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from natija_chassis.opening.opened_event import OpenedEvent, Unopened
from natija_chassis.reports.output import as_json
from natija_chassis.reports.tables import text_table


def appeal_json(number: str, events: Iterable[OpenedEvent]) -> str:
    """One object with the appeal's number and its events."""
    return as_json({"appeal": number, "events": [_event_object(one) for one in events]})


def appeal_table(number: str, events: Sequence[OpenedEvent]) -> str:
    """A table for each event: its fields by their dotted path, and their values."""
    tables = [
        text_table(_title(one), {"field": "code", "value": "text"}, _fields(one.data) or [("-", "-")]) for one in events
    ]
    count = "1 event" if len(events) == 1 else f"{len(events)} events"
    return "\n".join([f"{number}, {count}\n", *tables])


def _event_object(opened: OpenedEvent) -> dict[str, Any]:
    event = opened.event
    data = {name: value._asdict() if isinstance(value, Unopened) else value for name, value in opened.data.items()}
    return {
        "sequence": event.sequence,
        "type": event.type,
        "source": event.event.source,
        "id": str(event.id),
        "time": event.time.isoformat(),
        "recordedtime": event.recordedtime.isoformat(),
        "data": data,
    }


def _title(opened: OpenedEvent) -> str:
    event = opened.event
    return f"{event.sequence}  {event.time:%Y-%m-%d %H:%M:%S}Z  {event.type}  {event.event.source}"


def _fields(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(path, text) for name, value in values.items() for path, text in _paths(name, value)]


def _paths(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Each value below *path*, with its own dotted path."""
    if isinstance(value, Unopened):
        yield path, f"({value.message})"
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _paths(f"{path}.{name}", inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _paths(f"{path}[{place}]", inner)
    else:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)
