"""The case of the desk says what the fold of the contract says, whatever the events are."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.deadlines.history import APPEAL, history
from tests.unit.events.examples import EXAMPLES
from tests.unit.events.given import START

from natija_events.lifecycle import holding
from natija_events.lifecycle.fold import fold
from natija_events.lifecycle.holding import NOT_HELD
from natija_events.types.base import EventData
from natija_routing.desk.cases.state import Case, evolve

hours = st.integers(0, 40).map(lambda count: START + timedelta(hours=count))
events = st.lists(st.tuples(hours, st.sampled_from(EXAMPLES)), min_size=1, max_size=40)


@given(events)
def test_case_agrees_with_contract(given: list[tuple[datetime, EventData]]) -> None:
    """Lawful or not, in any order: standing, holder, official in charge, term, end and outcome."""
    log = history(*((time.isoformat(), data) for time, data in given))
    found, held = Case(APPEAL), NOT_HELD
    for event in log:
        found, held = evolve(found, event), holding.evolve(held, event.event.source, event.data)

    expected = fold(log)

    assert expected is not None
    for name in ("standing", "executor", "term", "due", "closed", "outcome", "topic", "received", "kind"):
        assert getattr(found, name) == getattr(expected, name), name
    assert (found.holder, found.addressee, found.opener, found.fed) == held
