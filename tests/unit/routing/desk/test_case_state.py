"""The case of an appeal: its stage, its holder, its term, as its events make them."""

import pytest
from tests.unit.deadlines.history import Given, at, registered
from tests.unit.routing.desk.given import (
    APPROVED,
    APPROVER,
    BODY,
    DRAFT,
    DUE,
    EXECUTOR,
    IN_WORK,
    LATEST,
    OPENED,
    OTHER,
    ROUTED,
    TERM,
    case,
)

from natija_events.types.base import EventData
from natija_events.types.deadlines import Missed, TermAnnulled, TermExtended
from natija_events.types.intake import Withdrawn
from natija_events.types.routing import (
    Answered,
    DataProvided,
    DataRequested,
    DecisionDeclined,
    ExecutorChanged,
    Forwarded,
    LeftWithoutConsideration,
    ReviewTerminated,
)
from natija_routing.desk.cases.state import Stage

ASKED: Given = ("2026-03-03T06:00", DataRequested(missing=("documents",), until=at("2026-03-20T18:00")))


@pytest.mark.parametrize(
    ("events", "stage"),
    [
        ([], "unrouted"), ([ROUTED], "arrived"), ([ROUTED, IN_WORK], "work"), ([ROUTED, IN_WORK, ASKED], "data"),
        ([ROUTED, IN_WORK, DRAFT], "approval"), ([ROUTED, IN_WORK, DRAFT, APPROVED], "signing"),
        ([ROUTED, ("2026-03-06T05:00", Answered(outcome="explained"))], "closed"),
    ],
    ids=["registered", "routed", "in work", "asked", "drafted", "approved", "answered"],
)  # fmt: skip
def test_stage_follows_events(events: list[Given], stage: Stage) -> None:
    assert case(OPENED, *events).stage == stage


def test_addressee_has_it_before_a_holder() -> None:
    found = case(OPENED)
    assert (found.holder, found.body) == (None, BODY)
    assert case(OPENED, ROUTED).holder == BODY


def test_complaint_waits_for_another_body() -> None:
    """The body that it is about does not have it, also where the applicant wrote to that body."""
    found = case(("2026-03-02T04:00", registered("2026-03-02T04:00", addressee=BODY, complained_of=BODY)))
    assert (found.addressee, found.body) == (BODY, None)


def test_all_holders_are_known() -> None:
    """A body that forwarded an appeal may not judge a complaint about its handling either."""
    forwarded = case(OPENED, ROUTED, ("2026-03-04", Forwarded(body=OTHER)), ("2026-03-05", Forwarded(body=BODY)))
    assert forwarded.held_by == (BODY, OTHER)


def test_term_and_breach_are_of_holder() -> None:
    """A forward begins again: the body that receives it has missed nothing."""
    missed = (DUE.isoformat(), Missed(term="answer-1", due=DUE))
    late = case(OPENED, ROUTED, TERM, IN_WORK, missed)
    assert (late.due, late.breach) == (DUE, DUE)
    forwarded = case(OPENED, ROUTED, TERM, IN_WORK, missed, ("2026-04-01", Forwarded(body=OTHER)))
    assert (forwarded.body, forwarded.due, forwarded.breach, forwarded.executor) == (OTHER, None, None, None)
    taken_back = ("2026-04-02", TermAnnulled(term="answer-1", due=DUE, reason="decree"))
    assert case(OPENED, ROUTED, TERM, IN_WORK, missed, taken_back).breach is None


def test_extension_is_used_up() -> None:
    before = case(OPENED, ROUTED, TERM)
    assert (before.extensions, before.extend_until, before.latest) == (1, None, LATEST)
    after = case(OPENED, ROUTED, TERM, ("2026-03-20", TermExtended(term="answer-1", due=LATEST)))
    assert (after.extensions, after.due) == (0, LATEST)


def test_draft_waits_for_its_signature() -> None:
    found = case(OPENED, ROUTED, IN_WORK, DRAFT, APPROVED)
    assert (found.drafted, found.draft_outcome, found.approver) == (4, "explained", APPROVER)
    declined = case(OPENED, ROUTED, IN_WORK, DRAFT, APPROVED, ("2026-03-06", DecisionDeclined(by=APPROVER)))
    assert (declined.stage, declined.drafted, declined.approver) == ("work", 4, None)
    moved = case(OPENED, ROUTED, IN_WORK, DRAFT, ("2026-03-06", ExecutorChanged(executor=f"{BODY}/second")))
    assert (moved.executor, moved.drafted) == (f"{BODY}/second", None)


def test_data_are_awaited_until_brought() -> None:
    assert case(OPENED, ROUTED, IN_WORK, ASKED).data_until == at("2026-03-20T18:00")
    brought = case(OPENED, ROUTED, IN_WORK, ASKED, ("2026-03-10", DataProvided()))
    assert (brought.stage, brought.data_until, brought.executor) == ("work", None, EXECUTOR)


def test_end_is_dated() -> None:
    found = case(OPENED, ROUTED, ("2026-03-06T05:00", Answered(outcome="refused")))
    assert (found.closed, found.outcome, found.is_open) == (at("2026-03-06T05:00"), "refused", False)


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (Withdrawn(), "withdrawn"), (LeftWithoutConsideration(reason="anonymous"), "not_considered"),
        (ReviewTerminated(reason="applicant_died"), "terminated"),
    ],
    ids=["withdrawn", "not considered", "terminated"],
)  # fmt: skip
def test_each_end_has_its_outcome(end: EventData, outcome: str) -> None:
    assert case(OPENED, ROUTED, ("2026-03-06T05:00", end)).outcome == outcome
