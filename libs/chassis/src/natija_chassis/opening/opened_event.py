"""One event with its sealed values opened. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from natija_chassis.opening.data_keys import DataKeys, DataKeyUnavailable
from natija_events import strict_json
from natija_events.types.base import EventData
from natija_events.types.sealed import SealedWrong, open_data, sealed_values
from natija_events.wire.envelope import place_of
from natija_events.wire.record import RecordedEvent


class Unopened(NamedTuple):
    """Why a sealed value cannot be shown: *problem* is a word for programs, *message* is for people."""

    problem: str
    message: str


class OpenedEvent(NamedTuple):
    """An *event* of the log, and its *data* as JSON has them. In place of a sealed value stands its plain value, as an
    object, or `Unopened`."""

    event: RecordedEvent
    data: Mapping[str, Any]

    @property
    def problems(self) -> frozenset[str]:
        """The problems of its values."""
        return frozenset(value.problem for value in self.data.values() if isinstance(value, Unopened))


def open_event(event: RecordedEvent, keys: DataKeys, realm: str) -> OpenedEvent:
    """Open the sealed values of *event*. Those of a type that this version does not know stay as they are."""
    if event.data is None:
        return OpenedEvent(event, strict_json.parse(event.event.data))
    clear = event.data.model_dump(mode="json", exclude_none=True)
    return OpenedEvent(event, clear | _open_values(event, event.data, keys, realm))


def _open_values(event: RecordedEvent, data: EventData, keys: DataKeys, realm: str) -> dict[str, Any]:
    sealed = sealed_values(data)
    if not sealed:
        return {}
    kid = next(iter(sealed.values())).kid  # all values of a proposal have one key
    try:
        plain = open_data(data, keys.unwrap(kid), place_of(event.event, realm))
    except DataKeyUnavailable as error:
        return dict.fromkeys(sealed, Unopened(error.problem, str(error)))
    except SealedWrong as error:
        return dict.fromkeys(sealed, Unopened("damaged", str(error)))
    return {name: value.model_dump(mode="json", exclude_none=True) for name, value in plain.items()}
