"""The timeline of an applicant: the steps that they see, and the reasons for the term."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from tests.sealing import to_json

from natija_events.lifecycle.transitions import TABLE
from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData
from natija_events.wire.envelope import Event, Stamp
from natija_events.wire.record import RecordedEvent
from natija_intake.following.timeline import SHOWN, AnswerTerm, AppealTimeline, read_timeline

START = datetime(2026, 3, 2, 4, tzinfo=UTC)
DUE, LATER = START + timedelta(days=14), START + timedelta(days=30)
NUMBER = "KG-7K3M-9QX4-T2R8-MA"
REGISTERED = intake.Registered(kind="application", form="oral", channel="other", received=START, jurisdiction="KG")
TERM = deadlines.Term(
    id="answer-1",
    origin=deadlines.TermOrigin(sequence=1, instant=START),
    due=DUE,
    policy="kg-law-67/1",
    calendar="KG/2",
)
SET = deadlines.TermSet(terms=(TERM,))
NOTE = routing.NoteAdded(by="ministry-health/head")
HIDDEN = re.compile(r"note|decision-(prepared|approved|declined)|-approved|-prepared|assigned|suggested|executor")


def events(*data: EventData | None) -> list[RecordedEvent]:
    """An event for each of *data*, a day apart."""
    found = []
    for index, one in enumerate(data):
        time = START + timedelta(days=index)
        type, content = ("appeal.new.v9", b"{}") if one is None else (one.type, to_json(one))
        event = Event(UUID(int=index), "/desks/x", type, NUMBER, time, content)
        found.append(RecordedEvent(0, index, event, Stamp(index + 1, index + 1, time, index, 0, ""), one, ()))
    return found


def timeline(*data: EventData | None) -> AppealTimeline:
    return read_timeline(events(*data))


def types(*data: EventData | None) -> list[str]:
    return [step.type.split(".")[1] for step in timeline(*data).steps]


def test_only_listed_types_are_shown() -> None:
    """An unknown type, which a later version may add, is left out as well."""
    request = routing.DataRequested(missing=("x",), until=DUE)
    assert types(REGISTERED, NOTE, None, request, routing.DecisionApproved(approver="x")) == [
        "registered", "data-requested",
    ]  # fmt: skip


def test_work_of_the_body_is_hidden() -> None:
    shown = {one.type for one in SHOWN}
    assert not [one for one in shown if HIDDEN.search(one)]
    assert shown <= set(TABLE)


def test_each_body_is_named_once() -> None:
    """That another official of the body is in charge is not for the applicant."""
    routed, again = routing.Routed(body="a"), routing.Routed(body="a", executor="a/x")
    forwarded = routing.Forwarded(body="b")
    steps = timeline(REGISTERED, routed, again, forwarded, routing.Routed(body="b"), routed).steps
    assert [(step.type.split(".")[1], step.body) for step in steps] == [
        ("registered", None), ("routed", "a"), ("forwarded", "b"), ("routed", "a"),
    ]  # fmt: skip


def test_steps_say_until_when() -> None:
    extended = deadlines.TermExtended(term="answer-1", due=LATER)
    request = routing.DataRequested(missing=("x",), until=DUE)
    hearing = routing.HearingScheduled(at=LATER)
    found = timeline(SET, extended, request, hearing)
    steps = found.steps
    assert [(step.until, step.at) for step in steps] == [(DUE, None), (LATER, None), (DUE, None), (None, LATER)]
    assert [step.time for step in steps] == [START + timedelta(days=one) for one in range(4)]
    assert (found.data_until, found.sequence) == (DUE, 4)


def test_terms_of_bodies_are_hidden() -> None:
    forward = TERM.model_copy(update={"id": "forward-1"})
    missed = [deadlines.Missed(term=term, due=DUE) for term in ("forward-1", "answer-1")]
    assert types(deadlines.TermSet(terms=(forward,)), *missed) == ["missed"]
    assert types(deadlines.DataTermExpired(term="data-1", due=DUE)) == ["data-term-expired"]


def moved(term: str = "answer-1") -> Sequence[EventData]:
    return [
        deadlines.TermExtended(term=term, due=LATER),
        deadlines.TermCorrected(term=term, due=LATER, was=DUE, reason="calendar", calendar="KG/3"),
        deadlines.TermResumed(term=term, due=LATER),
    ]


def test_term_has_its_reasons() -> None:
    assert timeline(REGISTERED).term is None
    assert timeline(REGISTERED, SET).term == AnswerTerm(START, "kg-law-67/1", "KG/2")
    found = timeline(SET, *moved()).term
    assert found is not None
    assert (found.calendar, [one.split(".")[1] for one in found.moved]) == (
        "KG/3", ["term-extended", "term-corrected", "term-resumed"],
    )  # fmt: skip


def test_other_terms_move_nothing() -> None:
    assert timeline(SET, *moved("data-1")).term == timeline(SET).term


@pytest.mark.parametrize(
    "hands_over",
    [routing.Forwarded(body="b"), routing.Reopened(body="b", authority="c", decided=START)],
    ids=["forwarded", "reopened"],
)
def test_next_body_has_no_term_yet(hands_over: EventData) -> None:
    assert timeline(SET, hands_over).term is None


def test_answer_to_a_withdrawal_is_awaited() -> None:
    asked, declined = intake.WithdrawalRequested(), intake.WithdrawalDeclined(signer="a/b")
    assert [timeline(*one).asks_to_withdraw for one in ([], [asked, NOTE], [asked, declined], [declined, asked])] == [
        False, True, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "answered"),
    [
        ([REGISTERED, NOTE], False),
        ([REGISTERED, routing.Answered(outcome="explained")], True),
        ([REGISTERED, routing.Returned(reason="no_contacts")], True),
        ([REGISTERED, routing.LeftWithoutConsideration(reason="anonymous")], True),
        ([REGISTERED, routing.ReviewTerminated(reason="applicant_died")], True),
    ],
    ids=["open", "answered", "returned", "left", "terminated"],
)
def test_answer_is_noticed(data: Sequence[EventData], answered: bool) -> None:
    assert timeline(*data).answered == answered
