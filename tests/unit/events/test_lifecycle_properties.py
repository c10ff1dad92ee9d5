"""Properties of the life cycle and the fold, on random sequences of events."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.events.examples import EXAMPLES
from tests.unit.events.given import START, Dated, History, register
from tests.unit.events.lifecycle_as_read import ENDED, LINES, WAITING, TableLine

from natija_events.ids import appeal_number, derived_event_id
from natija_events.lifecycle import transitions
from natija_events.lifecycle.fold import fold
from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData
from natija_events.wire.envelope import Event, Stamp
from natija_events.wire.record import RecordedEvent

NUMBER = appeal_number("KG", 500)
LINE_OF = {line.type: line for line in LINES}

hours = st.integers(-2, 40).map(lambda count: START + timedelta(hours=count))
links = st.integers(498, 502).map(lambda bits: intake.DuplicateLinked(of=appeal_number("KG", bits)))
breaches = hours.map(lambda due: deadlines.Missed(term="answer-1", due=due))
anything = st.one_of(st.sampled_from(EXAMPLES), st.sampled_from(EXAMPLES), links, breaches)
dated = st.tuples(hours, anything).map(lambda pair: Dated(*pair))
proposals = st.lists(st.one_of(dated, dated, breaches.map(lambda data: Dated(data.due, data))), max_size=30)


class RuleBookModel:
    """A simple model of an appeal, by the lines of the rule book."""

    def __init__(self) -> None:
        self.state = "NEW"
        self.before: list[str] = []
        self.opened: datetime | None = None

    def allows(self, event: Dated) -> bool:
        line = LINE_OF[event.data.type]
        if self.state not in line.source:
            return False
        if self.opened and event.time < self.opened:
            return False
        if isinstance(event.data, intake.DuplicateLinked):
            return event.data.of < NUMBER
        if isinstance(event.data, routing.Reopened):
            return self.opened is not None and self.opened <= event.data.decided <= event.time
        return not isinstance(event.data, deadlines.Missed) or event.data.due == event.time

    def apply(self, event: Dated) -> None:
        self.opened = self.opened or event.time
        line = LINE_OF[event.data.type]
        if isinstance(event.data, routing.Routed) and event.data.executor:
            line = line._replace(target="IN_WORK unless-waiting")
        if isinstance(event.data, routing.Forwarded) and event.data.external:
            line = line._replace(target="FORWARDED")
        if line.target == f"back:{self.state}":
            self.state = self.before.pop()
        elif line.keeps_waiting and self.state == WAITING:
            self.before[-1] = line.target.split()[0]
        elif (after := line.state_after(self.state, "")) != self.state or not self.stays(line):
            waits = after in (WAITING, "MERGED_AS_DUPLICATE")
            self.before = [*self.before, self.state] if waits else []
            self.state = after

    def stays(self, line: TableLine) -> bool:
        """Whether the event leaves the state as it is, in this state."""
        return line.target == "same" or line.target.startswith("back:") or (self.state in ENDED and line.stays_ended)


@given(st.lists(dated, max_size=30) | proposals)
def test_table_agrees_with_rule_book(
    events: list[Dated],
) -> None:
    """The table admits and refuses the same sequences of events as a simple model of the rule book."""
    history, model = History(NUMBER), RuleBookModel()
    for event in events:
        lawful = model.allows(event)
        assert (history.admit(event) is None) == lawful
        if lawful:
            model.apply(event)
        assert history.standing.state == model.state


@given(proposals)
def test_fold_agrees_with_admission(events: list[Dated]) -> None:
    """The fold of all admitted events has the standing of admission."""
    history = History(NUMBER)
    for event in [Dated(START, EXAMPLES[0]), *events]:
        history.admit(event)

    appeal = history.appeal()

    assert appeal is not None
    assert appeal.standing == history.standing
    assert appeal.standing.sequence == len(history.events)
    assert (appeal.closed is not None) == (appeal.standing.state in transitions.TERMINAL)
    assert (appeal.outcome is not None) >= (appeal.standing.state == "ANSWERED")


@given(proposals)
def test_only_material_events_move_material(events: list[Dated]) -> None:
    history = History(NUMBER)
    for event in [Dated(START, EXAMPLES[0]), *events]:
        before = history.standing
        if history.admit(event) is None:
            moved = history.standing.material != before.material
            assert moved == LINE_OF[event.data.type].material
            assert history.standing.material == (history.standing.sequence if moved else before.material)


def _as_registered(place: int, time: datetime, type: str, data: EventData | None) -> RecordedEvent:
    event = Event(derived_event_id(NUMBER, str(place)), "/desks/x", type, NUMBER, time, b"{}")
    return RecordedEvent(0, place, event, Stamp(place, place, time, place, 0, ""), data, [])


unknown = st.tuples(hours, st.sampled_from(["appeal.foreseen.v1", "appeal.routed.v9", "x"]), st.none())
known = st.tuples(hours, anything).map(lambda pair: (pair[0], pair[1].type, pair[1]))


@given(st.lists(known | unknown, max_size=40))
def test_fold_accepts_any_events(
    events: list[tuple[datetime, str, Any]],
) -> None:
    """The fold accepts events in any order, of known and unknown types."""
    registered = [_as_registered(place, *event) for place, event in enumerate(events, 1)]

    appeal = fold(registered)

    assert (appeal is None) == (not events)
    assert appeal is None or appeal.standing.sequence == len(events)


def test_unknown_type_advances_sequence_only() -> None:
    log = register([Dated(START, EXAMPLES[0])], NUMBER)
    before = fold(log)
    after = fold([*log, _as_registered(2, START, "appeal.foreseen.v1", None)])

    assert before is not None
    assert after is not None
    assert after.standing == before.standing._replace(sequence=2)


def test_no_events_make_no_appeal() -> None:
    assert fold([]) is None
