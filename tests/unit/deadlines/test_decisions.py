"""Given what is on the log and a time, when the clock decides, then this and nothing else is proposed."""

from datetime import date, timedelta

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st
from tests.unit.deadlines.history import APPEAL, at, history, recorded, registered

from natija_deadlines.policies import policy
from natija_deadlines.terms.decide import DataMissing, NextEvent, decide
from natija_deadlines.terms.state import AppealTerm, evolve
from natija_events.lifecycle.transitions import find_violation
from natija_events.types.base import EventData
from natija_events.types.deadlines import Missed, TermExtended, TermSet, Warned
from natija_events.types.intake import DuplicateLinked, DuplicateUnlinked, Withdrawn
from natija_events.types.routing import Answered, DataRequested, Forwarded, Routed

POLICIES = policy.load_policies()

OPENED = ("2019-06-21T10:00+06:00", registered("2019-06-21T10:00+06:00"))
STARTS, DUE = at("2019-06-24T00:00+06:00"), at("2019-07-12T00:00+06:00")
WARN_AT = at("2019-07-08T00:00+06:00")
TERMED = ("2019-06-21T10:00+06:00", TermSet(due=DUE, starts=STARTS, policy="kg-law-67/1"))
IMPORTED = (OPENED[0], registered(OPENED[0], register_name="old", external_id="1"))
MISSED = ("2019-07-12T00:00+06:00", Missed(term="answer-1", due=DUE))
TICK = timedelta(microseconds=1)

Given = tuple[str, EventData]


def given(*events: Given) -> AppealTerm:
    term = AppealTerm(APPEAL)
    for event in history(*events):
        term = evolve(term, event)
    return term


def when(time: str, *events: Given) -> NextEvent | DataMissing | None:
    return decide(given(*events), at(time), POLICIES)


def test_registered_appeal_gets_a_term() -> None:
    """With its policy, first day and due instant."""
    found = when("2019-06-21T10:00:01+06:00", OPENED)
    assert found == NextEvent(TERMED[1], at("2019-06-21T10:00:01+06:00"))


def test_country_type_decides_the_term() -> None:
    """The country's own type has a term of its own; without it the rules of the kind apply."""
    received = "2022-02-14T10:00:00+06:00"
    due = []
    for more in ({"country_type": "media-request"}, {}):
        found = when(received, (received, registered(received, jurisdiction="KZ", kind="request", **more)))
        assert isinstance(found, NextEvent)
        due.append(found.data.due)
    assert due == [at("2022-02-24T00:00+06:00"), at("2022-03-06T00:00+06:00")]


def test_routing_keeps_the_term() -> None:
    routed = ("2019-06-21T11:00+06:00", Routed(body="ministry-health"))
    assert isinstance(when("2019-06-22", OPENED, routed), NextEvent)
    assert when("2019-06-22", OPENED, TERMED, routed) is None


def test_term_is_set_once() -> None:
    assert when("2019-06-21T10:01+06:00", OPENED, TERMED) is None


def test_missing_policy_is_reported() -> None:
    strange = (OPENED[0], registered(OPENED[0], jurisdiction="US-MA"))
    assert when("2019-06-22", strange) == DataMissing("no policy of US-MA in force on 2019-06-21")


def test_missing_calendar_is_reported() -> None:
    """The term ends in a year without a calendar."""
    late = ("2029-12-20", registered("2029-12-20"))
    assert when("2029-12-20", late) == DataMissing("no working calendar of KG for 2030")


def test_warning_comes_once() -> None:
    """Three working days before the last one."""
    assert when((WARN_AT - TICK).isoformat(), OPENED, TERMED) is None
    assert when(WARN_AT.isoformat(), OPENED, TERMED) == NextEvent(Warned(term="answer-1", due=DUE), WARN_AT)
    assert when(WARN_AT.isoformat(), OPENED, TERMED, (WARN_AT.isoformat(), Warned(term="answer-1", due=DUE))) is None


def test_moved_due_is_warned_again() -> None:
    later = at("2019-08-12T00:00+06:00")
    warned = (WARN_AT.isoformat(), Warned(term="answer-1", due=DUE))
    extended = ("2019-07-09", TermExtended(term="answer-1", due=later))
    assert when("2019-07-10", OPENED, TERMED, warned, extended) is None
    found = when("2019-08-08", OPENED, TERMED, warned, extended)
    assert isinstance(found, NextEvent)
    assert found.data == Warned(term="answer-1", due=later)


def test_missed_begins_after_due_instant() -> None:
    """At the due instant itself nothing is missed. The event is dated at that instant."""
    warned = (WARN_AT.isoformat(), Warned(term="answer-1", due=DUE))
    assert when(DUE.isoformat(), OPENED, TERMED, warned) is None
    assert when((DUE + TICK).isoformat(), OPENED, TERMED, warned) == NextEvent(Missed(term="answer-1", due=DUE), DUE)
    assert when("2019-12-01", OPENED, TERMED, warned) == NextEvent(Missed(term="answer-1", due=DUE), DUE)


def test_breach_is_recorded_once() -> None:
    assert when("2019-07-13", OPENED, TERMED, MISSED) is None


def test_late_appeal_is_not_warned() -> None:
    found = when("2019-07-13", OPENED, TERMED)
    assert isinstance(found, NextEvent)
    assert found.data == Missed(term="answer-1", due=DUE)


def test_extended_term_may_be_missed() -> None:
    """The first breach stays."""
    later = at("2019-08-12T00:00+06:00")
    extended = ("2019-07-20", TermExtended(term="answer-1", due=later))
    assert when("2019-08-01", OPENED, TERMED, MISSED, extended) is None
    assert when("2019-08-13", OPENED, TERMED, MISSED, extended) == NextEvent(Missed(term="answer-1", due=later), later)


def test_returning_due_is_missed_once() -> None:
    later = at("2019-08-12T00:00+06:00")
    moved = ("2019-07-20", TermExtended(term="answer-1", due=later))
    missed_too = ("2019-08-12T00:00+06:00", Missed(term="answer-1", due=later))
    back = ("2019-08-13", TermSet(due=DUE))
    assert when("2019-08-14", OPENED, TERMED, MISSED, moved, missed_too, back) is None


@pytest.mark.parametrize(
    "end",
    [
        Answered(outcome="explained"),
        Withdrawn(),
        Forwarded(body="elsewhere", external=True),
        DuplicateLinked(of="KG-0000-0000-0000-00"),
    ],
)
@pytest.mark.parametrize("now", ["2019-07-11", "2019-07-13"])
def test_closed_appeal_needs_nothing(end: EventData, now: str) -> None:
    """Whether it was closed in time or late."""
    assert when(now, OPENED, TERMED, (now, end)) is None
    assert when(now, OPENED, (now, end)) is None


def test_unlinked_duplicate_is_missed() -> None:
    """When it is no longer a duplicate."""
    merged = ("2019-07-01", DuplicateLinked(of="KG-0000-0000-0000-00"))
    parted = ("2019-07-20", DuplicateUnlinked(signer="s"))
    assert when("2019-07-20", OPENED, TERMED, merged, parted) == NextEvent(Missed(term="answer-1", due=DUE), DUE)


def test_data_request_keeps_the_term() -> None:
    """Waiting for the applicant's data does not pause it."""
    asked = ("2019-06-25", DataRequested(missing=("address",), until=at("2019-07-30")))
    assert when("2019-07-13", OPENED, TERMED, asked) == NextEvent(Missed(term="answer-1", due=DUE), DUE)


def test_recipient_has_a_full_term() -> None:
    """It counts from the receipt of the forwarded appeal."""
    forwarded = ("2019-06-25T10:00+06:00", Forwarded(body="ministry-health"))
    found = when("2019-06-25T10:01+06:00", OPENED, TERMED, forwarded)
    assert isinstance(found, NextEvent)
    assert found.data.due == at("2019-07-16T00:00+06:00")


def test_forward_may_bring_its_term() -> None:
    forwarded = ("2019-06-25T10:00+06:00", Forwarded(body="ministry-health", due=at("2019-08-01")))
    assert when("2019-06-25T10:01+06:00", OPENED, TERMED, forwarded) is None
    assert when("2019-08-02", OPENED, TERMED, forwarded) == NextEvent(
        Missed(term="answer-1", due=at("2019-08-01")), at("2019-08-01")
    )


def test_imported_history_gets_no_term() -> None:
    """And no warning."""
    assert when("2019-07-01", IMPORTED) is None
    assert when(WARN_AT.isoformat(), IMPORTED, TERMED) is None


def test_fed_appeal_is_not_missed() -> None:
    """While its register feeds it: the register says what happened."""
    assert when("2026-01-01", IMPORTED, TERMED) is None


def test_taken_over_appeal_is_missed() -> None:
    """A body of this realm took the imported appeal over. From then on its term is watched."""
    term = given(IMPORTED, TERMED)
    taken = evolve(term, recorded(3, "2019-06-22", Routed(body="b"), source="/desks/b"))
    assert decide(taken, at("2026-01-01"), POLICIES) == NextEvent(Missed(term="answer-1", due=DUE), DUE)


def test_imported_closed_appeal_is_kept() -> None:
    """Late or not."""
    assert when("2026-01-01", IMPORTED, TERMED, ("2019-09-01", Answered(outcome="explained"))) is None


def test_due_before_opening_is_ignored() -> None:
    """No event may be dated before the opening."""
    early = ("2019-06-21T10:00+06:00", TermSet(due=at("2019-06-20")))
    assert when("2026-01-01", OPENED, early) is None


EVENTS = st.sampled_from(
    [
        TermSet(due=DUE, starts=STARTS),
        TermSet(due=at("2019-06-01")),
        TermExtended(term="answer-1", due=at("2019-08-12")),
        Forwarded(body="b"),
        Forwarded(body="b", external=True),
        Routed(body="b"),
        DataRequested(missing=("address",), until=at("2019-07-30")),
        DuplicateLinked(of="KG-0000-0000-0000-00"),
        DuplicateUnlinked(signer="s"),
        Answered(outcome="explained"),
    ]
)
DAYS = st.dates(date(2019, 6, 21), date(2020, 6, 1)).map(str)


@given_any(st.booleans(), st.lists(st.tuples(DAYS, EVENTS), max_size=6), DAYS)
def test_decisions_are_lawful_and_end(imported: bool, events: list[tuple[str, EventData]], day: str) -> None:
    """For every history, three decisions are enough."""
    past: list[Given] = [IMPORTED if imported else OPENED]
    for event in events:  # only what the table admits stands on a log
        if find_violation(given(*past).standing, APPEAL, at(event[0]), event[1]) is None:
            past.append(event)
    now = (max(at(day), at(past[-1][0])) + TICK).isoformat()
    for _ in range(3):
        found = when(now, *past)
        if not isinstance(found, NextEvent):
            return
        assert find_violation(given(*past).standing, APPEAL, found.time, found.data) is None
        past.append((found.time.isoformat(), found.data))
    assert not isinstance(when(now, *past), NextEvent)
