"""What holds for any sequence of events, by random ones."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.events.examples import EXAMPLES
from tests.unit.events.given import START, Dated, History, register
from tests.unit.events.lifecycle_as_read import ENDED, LINES

from natija_events.ids import appeal_number, derived_event_id
from natija_events.lifecycle import transitions
from natija_events.lifecycle.fold import fold
from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData
from natija_events.wire.envelope import Event, Stamp
from natija_events.wire.record import RecordedEvent

NUMBER = appeal_number("KG", 500)
AS_READ = {line.type: line for line in LINES}

hours = st.integers(-2, 40).map(lambda count: START + timedelta(hours=count))
links = st.integers(498, 502).map(lambda bits: intake.DuplicateLinked(of=appeal_number("KG", bits)))
breaches = hours.map(lambda due: deadlines.Missed(due=due))
anything = st.one_of(st.sampled_from(EXAMPLES), st.sampled_from(EXAMPLES), links, breaches)
dated = st.tuples(hours, anything).map(lambda pair: Dated(*pair))
proposals = st.lists(st.one_of(dated, dated, breaches.map(lambda data: Dated(data.due, data))), max_size=30)


class AsRead:
    """An appeal as one would keep it with pencil and paper by the lines of the rule book."""

    def __init__(self) -> None:
        self.state = "NEW"
        self.before: list[str] = []
        self.opened: datetime | None = None

    def takes(self, event: Dated) -> bool:
        line = AS_READ[event.data.type]
        if self.state not in line.source:
            return False
        if self.opened and event.time < self.opened:
            return False
        if isinstance(event.data, intake.DuplicateLinked):
            return event.data.of < NUMBER
        return not isinstance(event.data, deadlines.Missed) or event.data.due == event.time

    def take(self, event: Dated) -> None:
        self.opened = self.opened or event.time
        target = AS_READ[event.data.type].target
        if isinstance(event.data, routing.Routed) and event.data.executor:
            target = "IN_WORK"
        if isinstance(event.data, routing.Forwarded) and event.data.external:
            target = "FORWARDED"
        if target == "back":
            self.state = self.before.pop()
        elif target != "same" and self.state not in ENDED:
            waits = target in ("AWAITING_DATA", "MERGED_AS_DUPLICATE")
            self.before = [*self.before, self.state] if waits else []
            self.state = target


@given(st.lists(dated, max_size=30) | proposals)
@settings(max_examples=300, deadline=None)
def test_no_sequence_that_the_rule_book_refuses_is_admitted_and_none_that_it_takes_is_refused(
    events: list[Dated],
) -> None:
    history, pencil = History(NUMBER), AsRead()
    for event in events:
        lawful = pencil.takes(event)
        assert (history.admit(event) is None) == lawful
        if lawful:
            pencil.take(event)
        assert history.standing.state == pencil.state


@given(proposals)
@settings(max_examples=200, deadline=None)
def test_whatever_is_admitted_folds_to_the_standing_it_was_admitted_on(events: list[Dated]) -> None:
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
@settings(max_examples=200, deadline=None)
def test_notes_never_move_material_and_material_events_always_do(events: list[Dated]) -> None:
    history = History(NUMBER)
    for event in [Dated(START, EXAMPLES[0]), *events]:
        before = history.standing
        if history.admit(event) is None:
            moved = history.standing.material != before.material
            assert moved == AS_READ[event.data.type].material
            assert history.standing.material == (history.standing.sequence if moved else before.material)


def _as_registered(place: int, time: datetime, type: str, data: EventData | None) -> RecordedEvent:
    event = Event(derived_event_id(NUMBER, str(place)), "/desks/x", type, NUMBER, time, b"{}")
    return RecordedEvent(0, place, event, Stamp(place, place, time, place, ""), data, [])


unknown = st.tuples(hours, st.sampled_from(["appeal.foreseen.v1", "appeal.routed.v9", "x"]), st.none())
known = st.tuples(hours, anything).map(lambda pair: (pair[0], pair[1].type, pair[1]))


@given(st.lists(known | unknown, max_size=40))
@settings(max_examples=300, deadline=None)
def test_the_fold_takes_any_registered_events_in_any_order_of_types_it_knows_or_not(
    events: list[tuple[datetime, str, Any]],
) -> None:
    registered = [_as_registered(place, *event) for place, event in enumerate(events, 1)]

    appeal = fold(registered)

    assert (appeal is None) == (not events)
    assert appeal is None or appeal.standing.sequence == len(events)


def test_an_unknown_type_only_moves_the_head() -> None:
    log = register([Dated(START, EXAMPLES[0])], NUMBER)
    before = fold(log)
    after = fold([*log, _as_registered(2, START, "appeal.foreseen.v1", None)])

    assert before is not None
    assert after is not None
    assert after.standing == before.standing._replace(sequence=2)


def test_no_events_make_no_appeal() -> None:
    assert fold([]) is None
