"""The state of each term: met, missed, paused, cancelled, merged."""

import pytest
from tests.unit.events.histories import hour
from tests.unit.events.test_lateness import ANSWERED, APPEAL, history, term

from natija_events.terms.facts import facts_of
from natija_events.terms.states import term_states
from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData

ASKED = routing.DataRequested(missing=("address",), until=hour(30))
PROVIDED = routing.DataProvided()
MERGED = intake.DuplicateLinked(of="KG-0000-0000-0000-00")
ANSWER = (0.0, term("answer-1", hour(10)))
FORWARD = (0.0, term("forward-1", hour(10), ends=("appeal.routed", "appeal.forwarded")))
DATA = (2.0, term("data-1", hour(10), holder="applicant", expiry="return", ends=("appeal.data-provided",), sequence=2))
PAUSED = (0.0, term("answer-1", hour(10), pauses=("appeal.data-requested",)))


def states(at: float, *events: tuple[float, EventData]) -> dict[str, str]:
    facts = [fact for event in history(*events).of(APPEAL) for fact in facts_of(event)]
    return {one.term: one.status for one in term_states(facts, hour(at))}


@pytest.mark.parametrize(
    ("events", "at", "expected"),
    [
        ([ANSWER], 10, "running"),
        ([ANSWER], 11, "missed"),
        ([ANSWER, (10, ANSWERED)], 99, "met"),
        ([ANSWER, (11, ANSWERED)], 99, "missed"),
        ([ANSWER, (5, MERGED)], 6, "merged"),
        ([ANSWER, (5, MERGED)], 99, "merged"),
        ([FORWARD, (3, ANSWERED)], 99, "cancelled"),
        ([FORWARD, (3, routing.Routed(body="A"))], 99, "met"),
        ([(1, ASKED), DATA, (9, PROVIDED)], 99, "met"),
        ([(1, ASKED), DATA], 99, "expired"),
        ([(1, ASKED), DATA, (11, PROVIDED)], 99, "expired"),
        ([PAUSED, (9, ASKED)], 99, "paused"),
        ([PAUSED, (9, ASKED), (12, routing.LeftWithoutConsideration(reason="anonymous"))], 99, "cancelled"),
        ([PAUSED, (9, ASKED), (20, deadlines.TermResumed(term="answer-1", due=hour(21)))], 21, "running"),
    ],
)
def test_status_of_single_term(events: list[tuple[float, EventData]], at: float, expected: str) -> None:
    assert list(states(at, *events).values()) == [expected]


def test_each_term_has_own_holder() -> None:
    """A forwarded in time, so its term was met; B's is running."""
    log = history(
        (0, routing.Routed(body="A")),
        (0, term("answer-1", hour(10))),
        (5, routing.Forwarded(body="B")),
        (5, term("answer-2", hour(40), sequence=4, holder="B")),
    )
    facts = [fact for event in log.of(APPEAL) for fact in facts_of(event)]
    assert [(one.term, one.holder, one.status) for one in term_states(facts, hour(20))] == [
        ("answer-1", "A", "met"),
        ("answer-2", "B", "running"),
    ]
