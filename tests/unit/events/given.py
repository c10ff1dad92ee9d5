"""Given the events of an appeal, when an event is proposed, then it is registered and leads to a state, or is refused.

given(registered(), routed(executor="e")).when(answered()).then("ANSWERED")
given(registered()).when(data_provided()).refused("not lawful in state REGISTERED")
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

from tests.sealing import to_json

from natija_events.ids import derived_appeal_number, derived_event_id
from natija_events.lifecycle import fold, transitions
from natija_events.lifecycle.fold import Appeal
from natija_events.lifecycle.transitions import INITIAL, Standing
from natija_events.types.base import EventData
from natija_events.types.deadlines import DataTermExpired, Missed
from natija_events.wire.envelope import Event, Stamp, write_headers
from natija_events.wire.hash_chain import GENESIS
from natija_events.wire.record import RecordedEvent, read_recorded_event

APPEAL = derived_appeal_number("KG", "given")
START = datetime(2024, 3, 4, 9, 30, tzinfo=UTC)


class Dated(NamedTuple):
    """An event with a time of its own."""

    time: datetime
    data: EventData


def at(time: datetime, data: EventData) -> Dated:
    """*data* with the time at which it happened."""
    return Dated(time, data)


def register(events: Iterable[Dated], number: str = APPEAL) -> list[RecordedEvent]:
    """The events as on the log: written by the envelope, chained, and read as every reader does."""
    log: list[RecordedEvent] = []
    for place, (time, data) in enumerate(events, 1):
        event = Event(
            id=derived_event_id(number, str(place)),
            source="/desks/given",
            type=data.type,
            subject=number,
            time=time,
            data=to_json(data),
        )
        stamp = Stamp(place, place, START + timedelta(days=place), place, 0, log[-1].hash if log else GENESIS)
        log.append(read_recorded_event(0, place, event.data, write_headers(event, stamp)))
    return log


class History:
    """The events of one appeal. An event without a time of its own comes an hour after the one before."""

    def __init__(self, number: str = APPEAL) -> None:
        self.number = number
        self.standing: Standing = INITIAL
        self.events: list[Dated] = []

    def admit(self, event: EventData | Dated) -> str | None:
        """Register *event* if the table allows it; else return the rule that it breaks."""
        time, data = self._dated(event)
        rule = transitions.find_violation(self.standing, self.number, time, data)
        if rule is None:
            self.standing = transitions.evolve(self.standing, data.type, time, data)
            self.events.append(Dated(time, data))
        return rule

    def appeal(self) -> Appeal | None:
        """The fold of the registered events."""
        return fold.fold(register(self.events, self.number))

    def _dated(self, event: EventData | Dated) -> Dated:
        if isinstance(event, Dated):
            return event
        if isinstance(event, (Missed, DataTermExpired)):
            return Dated(event.due, event)
        return Dated(self.events[-1].time + timedelta(hours=1) if self.events else START, event)


class Given:
    """A history, before an event is proposed."""

    def __init__(self, history: History) -> None:
        self.history = history

    def when(self, event: EventData | Dated) -> "When":
        """Propose *event*."""
        return When(self.history, event)


class When:
    """A history and the event proposed on it."""

    def __init__(self, history: History, event: EventData | Dated) -> None:
        self.history = history
        self.before = history.standing
        self.rule = history.admit(event)

    def then(self, state: str) -> Appeal:
        """Assert that it is registered and that standing and fold are in *state*; the appeal."""
        assert self.rule is None, self.rule
        appeal = self.history.appeal()
        assert appeal is not None
        assert appeal.standing == self.history.standing
        assert appeal.standing.state == state
        assert appeal.open == (state in transitions.OPEN)
        assert (appeal.closed is None) == (state not in transitions.TERMINAL)
        return appeal

    def refused(self, rule: str = "") -> Self:
        """Assert that it is refused by a rule that contains *rule*, and that nothing has changed."""
        assert self.rule is not None, "was registered"
        assert rule in self.rule
        assert self.history.standing == self.before
        return self


def given(*events: EventData | Dated, number: str = APPEAL) -> Given:
    """A history of lawful *events*."""
    history = History(number)
    for event in events:
        assert (rule := history.admit(event)) is None, rule
    return Given(history)
