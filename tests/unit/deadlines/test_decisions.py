"""Given what is on the log and a time, when the clock decides, then this and nothing else is proposed."""

from datetime import date, timedelta

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st
from tests.unit.deadlines.history import APPEAL, at, history, registered

from natija_deadlines.policies import policy
from natija_deadlines.terms.decide import DataMissing, NextEvent, decide
from natija_deadlines.terms.state import AppealTerm, evolve
from natija_events.lifecycle.transitions import find_violation
from natija_events.types.base import EventData
from natija_events.types.deadlines import ExtensionSigned, Missed, TermSet, Warned
from natija_events.types.intake import DuplicateLinked, DuplicateUnlinked, Withdrawn
from natija_events.types.routing import Answered, DataRequested, Forwarded, Routed

POLICIES = policy.load_policies()

OPENED = ("2019-06-21T10:00+06:00", registered("2019-06-21T10:00+06:00"))
STARTS, DUE = at("2019-06-24T00:00+06:00"), at("2019-07-12T00:00+06:00")
WARN_AT = at("2019-07-08T00:00+06:00")
TERMED = ("2019-06-21T10:00+06:00", TermSet(due=DUE, starts=STARTS, policy="kg-law-67/1"))
IMPORTED = (OPENED[0], registered(OPENED[0], register_name="old", external_id="1"))
MISSED = ("2019-07-12T00:00+06:00", Missed(due=DUE))
TICK = timedelta(microseconds=1)

Given = tuple[str, EventData]


def given(*events: Given) -> AppealTerm:
    term = AppealTerm(APPEAL)
    for event in history(*events):
        term = evolve(term, event)
    return term


def when(time: str, *events: Given) -> NextEvent | DataMissing | None:
    return decide(given(*events), at(time), POLICIES)


def test_a_registered_appeal_gets_its_term_with_policy_start_and_due() -> None:
    found = when("2019-06-21T10:00:01+06:00", OPENED)
    assert found == NextEvent(TERMED[1], at("2019-06-21T10:00:01+06:00"))


def test_routing_does_not_touch_the_term() -> None:
    routed = ("2019-06-21T11:00+06:00", Routed(body="ministry-health"))
    assert isinstance(when("2019-06-22", OPENED, routed), NextEvent)
    assert when("2019-06-22", OPENED, TERMED, routed) is None


def test_a_term_that_is_set_is_not_set_again() -> None:
    assert when("2019-06-21T10:01+06:00", OPENED, TERMED) is None


def test_a_term_without_a_policy_waits_for_a_person() -> None:
    strange = (OPENED[0], registered(OPENED[0], jurisdiction="US-MA"))
    assert when("2019-06-22", strange) == DataMissing("no policy of US-MA in force on 2019-06-21")


def test_a_term_that_runs_into_a_year_without_a_calendar_waits_for_a_person() -> None:
    late = ("2029-12-20", registered("2029-12-20"))
    assert when("2029-12-20", late) == DataMissing("no working calendar of KG for 2030")


def test_the_warning_comes_three_working_days_before_the_last_one_and_once() -> None:
    assert when((WARN_AT - TICK).isoformat(), OPENED, TERMED) is None
    assert when(WARN_AT.isoformat(), OPENED, TERMED) == NextEvent(Warned(due=DUE), WARN_AT)
    assert when(WARN_AT.isoformat(), OPENED, TERMED, (WARN_AT.isoformat(), Warned(due=DUE))) is None


def test_a_moved_due_date_is_warned_of_anew() -> None:
    later = at("2019-08-12T00:00+06:00")
    warned = (WARN_AT.isoformat(), Warned(due=DUE))
    extended = ("2019-07-09", ExtensionSigned(due=later))
    assert when("2019-07-10", OPENED, TERMED, warned, extended) is None
    found = when("2019-08-08", OPENED, TERMED, warned, extended)
    assert isinstance(found, NextEvent)
    assert found.data == Warned(due=later)


def test_at_the_due_instant_nothing_is_missed_and_right_after_it_is_dated_at_it() -> None:
    warned = (WARN_AT.isoformat(), Warned(due=DUE))
    assert when(DUE.isoformat(), OPENED, TERMED, warned) is None
    assert when((DUE + TICK).isoformat(), OPENED, TERMED, warned) == NextEvent(Missed(due=DUE), DUE)
    assert when("2019-12-01", OPENED, TERMED, warned) == NextEvent(Missed(due=DUE), DUE)


def test_a_breach_is_recorded_once() -> None:
    assert when("2019-07-13", OPENED, TERMED, MISSED) is None


def test_who_is_late_already_is_not_warned() -> None:
    found = when("2019-07-13", OPENED, TERMED)
    assert isinstance(found, NextEvent)
    assert found.data == Missed(due=DUE)


def test_an_extended_term_may_be_missed_too_and_the_first_breach_stays() -> None:
    later = at("2019-08-12T00:00+06:00")
    extended = ("2019-07-20", ExtensionSigned(due=later))
    assert when("2019-08-01", OPENED, TERMED, MISSED, extended) is None
    assert when("2019-08-13", OPENED, TERMED, MISSED, extended) == NextEvent(Missed(due=later), later)


def test_a_due_date_that_comes_back_is_not_missed_twice() -> None:
    later = at("2019-08-12T00:00+06:00")
    moved = ("2019-07-20", ExtensionSigned(due=later))
    missed_too = ("2019-08-12T00:00+06:00", Missed(due=later))
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
def test_after_the_end_nothing_is_decided_whether_it_came_in_time_or_late(end: EventData, now: str) -> None:
    assert when(now, OPENED, TERMED, (now, end)) is None
    assert when(now, OPENED, (now, end)) is None


def test_a_duplicate_that_was_none_is_missed_after_all() -> None:
    merged = ("2019-07-01", DuplicateLinked(of="KG-0000-0000-0000-00"))
    parted = ("2019-07-20", DuplicateUnlinked(signer="s"))
    assert when("2019-07-20", OPENED, TERMED, merged, parted) == NextEvent(Missed(due=DUE), DUE)


def test_waiting_for_the_applicants_data_does_not_stop_the_clock() -> None:
    asked = ("2019-06-25", DataRequested(missing=("address",), until=at("2019-07-30")))
    assert when("2019-07-13", OPENED, TERMED, asked) == NextEvent(Missed(due=DUE), DUE)


def test_the_recipient_of_a_forwarded_appeal_has_a_full_term_from_its_receipt() -> None:
    forwarded = ("2019-06-25T10:00+06:00", Forwarded(body="ministry-health"))
    found = when("2019-06-25T10:01+06:00", OPENED, TERMED, forwarded)
    assert isinstance(found, NextEvent)
    assert found.data.due == at("2019-07-16T00:00+06:00")


def test_a_forward_that_brings_its_term_is_left_with_it() -> None:
    forwarded = ("2019-06-25T10:00+06:00", Forwarded(body="ministry-health", due=at("2019-08-01")))
    assert when("2019-06-25T10:01+06:00", OPENED, TERMED, forwarded) is None
    assert when("2019-08-02", OPENED, TERMED, forwarded) == NextEvent(Missed(due=at("2019-08-01")), at("2019-08-01"))


def test_imported_history_gets_no_term_and_no_warning() -> None:
    assert when("2019-07-01", IMPORTED) is None
    assert when(WARN_AT.isoformat(), IMPORTED, TERMED) is None


def test_an_imported_open_clock_whose_due_is_past_is_missed() -> None:
    assert when("2026-01-01", IMPORTED, TERMED) == NextEvent(Missed(due=DUE), DUE)


def test_a_closed_import_is_left_as_it_was_brought_late_or_not() -> None:
    assert when("2026-01-01", IMPORTED, TERMED, ("2019-09-01", Answered(outcome="explained"))) is None


def test_a_due_date_before_the_opening_cannot_be_missed_since_no_event_may_be_dated_there() -> None:
    early = ("2019-06-21T10:00+06:00", TermSet(due=at("2019-06-20")))
    assert when("2026-01-01", IMPORTED, early) is None


EVENTS = st.sampled_from(
    [
        TermSet(due=DUE, starts=STARTS),
        TermSet(due=at("2019-06-01")),
        ExtensionSigned(due=at("2019-08-12")),
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
def test_whatever_is_decided_is_lawful_and_settles_in_a_few_steps(
    imported: bool, events: list[tuple[str, EventData]], day: str
) -> None:
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
