"""The rows of the life-cycle table: lawful states, target, publishers, weight, backdating."""

from datetime import timedelta

import pytest
from tests.unit.events.examples import DUE, LEAST, LEAST_OF, SMALLEST, registered
from tests.unit.events.given import given
from tests.unit.events.lifecycle_as_read import ENDED, LINES, OPEN, STATES, TableLine

from natija_events.lifecycle import transitions
from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData

_IN_WORK = (registered(), routing.Routed(body="b", executor="e"))
PATHS: dict[str, tuple[EventData, ...]] = {
    "NEW": (),
    "REGISTERED": (registered(),),
    "TRANSFERRED": (registered(), routing.Forwarded(body="b")),
    "ROUTED": (registered(), routing.Routed(body="b")),
    "IN_WORK": _IN_WORK,
    "AWAITING_DATA": (*_IN_WORK, routing.DataRequested(missing=("address",), until=DUE)),
    "ON_APPROVAL": (*_IN_WORK, routing.DecisionPrepared(outcome="refused")),
    "ON_SIGNING": (*_IN_WORK, routing.DecisionPrepared(outcome="refused"), routing.DecisionApproved(approver="a")),
    "ANSWERED": (*_IN_WORK, routing.Answered(outcome="refused")),
    "FORWARDED": (*_IN_WORK, routing.Forwarded(body="c", external=True)),
    "RETURNED": (*_IN_WORK, routing.Returned(reason="no-data")),
    "WITHDRAWN": (*_IN_WORK, intake.Withdrawn()),
    "NOT_CONSIDERED": (*_IN_WORK, routing.LeftWithoutConsideration(reason="anonymous")),
    "TERMINATED": (*_IN_WORK, routing.ReviewTerminated(reason="did_not_come")),
    "MERGED_AS_DUPLICATE": (*_IN_WORK, intake.DuplicateLinked(of=SMALLEST)),
}
"""Events that bring an appeal into each state. Those that can go back came from IN_WORK."""

DATA = {data.type: data for data in LEAST}
_BACK = {"now": timedelta(0), "a day": timedelta(days=1), "any": None}


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.type)
def test_row_in_every_state(line: TableLine) -> None:
    """The event is registered and leads to the right state, or it is refused."""
    wrong = {}
    for state in STATES:
        expected, found = _expected(line, state), _found(line, state)
        if found != expected:
            wrong[state] = f"{found}, expected {expected}"
    assert wrong == {}, line.type


def _expected(line: TableLine, state: str) -> str:
    if state not in line.source:
        return f"{line.type} is not lawful in state {state}"
    return line.state_after(state, "IN_WORK")


def _found(line: TableLine, state: str) -> str:
    """The state after the event, or the rule that it breaks."""
    when = given(*PATHS[state]).when(DATA[line.type])
    if when.rule is not None:
        when.refused()
        return when.rule
    appeal = when.history.appeal()
    assert appeal is not None
    when.then(appeal.standing.state)
    return appeal.standing.state


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.type)
def test_row_names_publishers_and_limits(line: TableLine) -> None:
    row = transitions.TABLE[line.type]

    assert row.publishers == line.publishers
    assert (row.material, row.term, row.expected) == (line.material, line.term, line.expected)
    assert row.keeps_waiting == line.keeps_waiting
    assert row.backdating == _BACK[line.back]


def test_table_has_expected_rows_only() -> None:
    assert {line.type for line in LINES} == set(transitions.TABLE)
    assert transitions.OPEN == OPEN
    assert transitions.TERMINAL == ENDED


def test_row_is_before_or_after_end() -> None:
    """No type is lawful by its own row both before and after the end: `only_after_end` looks at one state."""
    for row in transitions.TABLE.values():
        assert len({state in transitions.TERMINAL for state in row.source}) == 1, row.type


def test_every_row_has_an_example() -> None:
    assert {model.type for model in LEAST_OF} == set(transitions.TABLE)


def test_row_belongs_to_its_owner() -> None:
    owners = {row.owner for row in transitions.TABLE.values()}

    assert owners == {"intake", "routing", "deadlines", "oversight"}
    assert transitions.TABLE[deadlines.Missed.type].owner == "deadlines"
