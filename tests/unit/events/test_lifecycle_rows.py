"""Every row of the table, in every state: registered and leading where it should, or refused."""

from datetime import timedelta

import pytest
from tests.unit.events.examples import DUE, LEAST, LEAST_OF, SMALLEST, registered
from tests.unit.events.given import given
from tests.unit.events.lifecycle_as_read import ENDED, LINES, OPEN, STATES, Line

from natija_events.lifecycle import transitions
from natija_events.types import deadlines as d
from natija_events.types import intake as i
from natija_events.types import routing as r
from natija_events.types.base import EventData

_IN_WORK = (registered(), r.Routed(body="b", executor="e"))
PATHS: dict[str, tuple[EventData, ...]] = {
    "NEW": (),
    "REGISTERED": (registered(),),
    "ROUTED": (registered(), r.Routed(body="b")),
    "IN_WORK": _IN_WORK,
    "AWAITING_DATA": (*_IN_WORK, r.DataRequested(missing=("address",), until=DUE)),
    "ON_APPROVAL": (*_IN_WORK, r.DecisionPrepared(outcome="refused")),
    "ON_SIGNING": (*_IN_WORK, r.DecisionPrepared(outcome="refused"), r.DecisionApproved(approver="a")),
    "ANSWERED": (*_IN_WORK, r.Answered(outcome="refused")),
    "FORWARDED": (*_IN_WORK, r.Forwarded(body="c", external=True)),
    "RETURNED": (*_IN_WORK, r.Returned(reason="no data")),
    "WITHDRAWN": (*_IN_WORK, i.Withdrawn()),
    "NOT_CONSIDERED": (*_IN_WORK, r.LeftWithoutConsideration(reason="anonymous")),
    "TERMINATED": (*_IN_WORK, r.ReviewTerminated(reason="did_not_come")),
    "MERGED_AS_DUPLICATE": (*_IN_WORK, i.DuplicateLinked(of=SMALLEST)),
}
"""How an appeal comes to be in each state; those that can go back came from IN_WORK."""

DATA = {data.type: data for data in LEAST}
_BACK = {"now": timedelta(0), "a day": timedelta(days=1), "any": None}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("line", LINES, ids=[line.type.removeprefix("appeal.") for line in LINES])
def test_a_row_of_the_table_in_each_state(line: Line, state: str) -> None:
    when = given(*PATHS[state]).when(DATA[line.type])
    if state not in line.source:
        when.refused(f"not lawful in state {state}")
    elif line.target == "same" or (state in ENDED and line.target != "back"):
        when.then(state)
    else:
        when.then("IN_WORK" if line.target == "back" else line.target)


@pytest.mark.parametrize("line", LINES, ids=[line.type for line in LINES])
def test_a_row_says_who_may_publish_how_late_and_on_what_assumption(line: Line) -> None:
    row = transitions.TABLE[line.type]

    assert frozenset(row.publishers) == line.publishers
    assert (row.material, row.expected) == (line.material, line.expected)
    assert row.backdating == _BACK[line.back]


def test_the_table_has_the_rows_of_the_rule_book_and_no_others() -> None:
    assert {line.type for line in LINES} == set(transitions.TABLE)
    assert transitions.OPEN == OPEN
    assert transitions.TERMINAL == ENDED


def test_there_is_an_example_and_a_model_for_each_row() -> None:
    assert {model.type for model in LEAST_OF} == set(transitions.TABLE)


def test_a_row_belongs_to_the_room_its_type_stands_in() -> None:
    owners = {row.owner for row in transitions.TABLE.values()}

    assert owners == {"intake", "routing", "deadlines", "oversight"}
    assert transitions.TABLE[d.Missed.type].owner == "deadlines"
