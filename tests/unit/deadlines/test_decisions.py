"""Given what is on the log and a time, when the clock decides, then this and nothing else is proposed."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st
from tests.unit.deadlines.history import APPEAL, Given, at, folded, registered

from natija_chassis import time_zones
from natija_deadlines.policies import policy
from natija_deadlines.terms.decide import BREACH_DELAY, decide, outlook
from natija_deadlines.terms.starting import DataMissing
from natija_events.ids import derived_event_id
from natija_events.lifecycle.transitions import find_violation
from natija_events.types.base import EventData
from natija_events.types.deadlines import (
    Missed,
    Term,
    TermExtended,
    TermExtension,
    TermOrigin,
    TermResumed,
    TermSet,
    Warned,
)
from natija_events.types.intake import DuplicateLinked, DuplicateUnlinked, Withdrawn
from natija_events.types.routing import (
    Answered,
    DataProvided,
    DataRequested,
    Forwarded,
    Reopened,
    Routed,
    TopicSuggested,
)

POLICIES = policy.load_policies()
KG = POLICIES.calendars["KG"]

OPENED = ("2019-06-21T10:00+06:00", registered("2019-06-21T10:00+06:00"))
STARTS, DUE = at("2019-06-24T00:00+06:00"), at("2019-07-12T00:00+06:00")
WARN_AT = at("2019-07-08T09:00+06:00")
LATEST = at("2019-08-11T00:00+06:00")
TERM = Term(
    id="answer-1",
    origin=TermOrigin(sequence=1, instant=at(OPENED[0])),
    starts=STARTS,
    due=DUE,
    policy="kg-law-67/1",
    calendar=KG.version(date(2019, 6, 21), date(2019, 7, 11)),
    zonedata=time_zones.version(),
    ends=("end", "appeal.forwarded"),
    extension=TermExtension(latest=LATEST),
)
TERMED = ("2019-06-21T10:00+06:00", TermSet(terms=(TERM,)))
IMPORTED = (OPENED[0], registered(OPENED[0], register_name="old", external_id="1"), "/registers/old")
MISSED = ("2019-07-12T00:00+06:00", Missed(term="answer-1", due=DUE))
TICK = timedelta(microseconds=1)


class Told(NamedTuple):
    """An event that is proposed, and when it happened."""

    data: EventData
    time: datetime


def when(time: str, *events: Given) -> Told | DataMissing | None:
    appeal, facts = folded(*events)
    found = outlook(appeal, facts, POLICIES, now=at(time))
    if found.next is None or found.next.at > at(time):
        return None if found.data_missing is None else DataMissing(found.data_missing)
    return Told(found.next.data, found.next.time or at(time))


def proposed(time: str, *events: Given) -> list[Told]:
    """All events that deadlines proposes at a time, one after the other."""
    past, found = list(events), list[Told]()
    while True:
        event = decide(*folded(*past), at(time), POLICIES)
        if event is None:
            return found
        found.append(Told(event.data, event.time or at(time)))
        id = derived_event_id(APPEAL, event.data.type, *event.basis)
        past.append((found[-1].time.isoformat(), event.data, "/services/deadlines", id))
        assert len(found) < 60, "it does not end"


def due_of(found: Told | DataMissing | None) -> datetime:
    """The due instant of the term for the answer that is set."""
    assert isinstance(found, Told)
    assert isinstance(found.data, TermSet)
    (due,) = [term.due for term in found.data.terms or () if term.kind == "answer"]
    return due


def test_registered_appeal_gets_a_term() -> None:
    """With its policy, first day and due instant."""
    found = when("2019-06-21T10:00:01+06:00", OPENED)
    assert found == Told(TERMED[1], at("2019-06-21T10:00:01+06:00"))


def test_country_type_decides_the_term() -> None:
    """The country's own type has a term of its own; without it the rules of the kind apply."""
    received = "2022-02-14T10:00:00+06:00"
    due = []
    for more in ({"country_type": "media-request"}, {}):
        due.append(due_of(when(received, (received, registered(received, jurisdiction="KZ", kind="request", **more)))))
    assert due == [at("2022-02-24T00:00+06:00"), at("2022-03-06T00:00+06:00")]


def test_routing_keeps_the_term() -> None:
    routed = ("2019-06-21T11:00+06:00", Routed(body="ministry-health"))
    assert isinstance(when("2019-06-22", OPENED, routed), Told)
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
    assert when(WARN_AT.isoformat(), OPENED, TERMED) == Told(Warned(term="answer-1", due=DUE, to="executor"), WARN_AT)
    assert when(WARN_AT.isoformat(), OPENED, TERMED, (WARN_AT.isoformat(), Warned(term="answer-1", due=DUE))) is None


def test_moved_due_is_warned_again() -> None:
    later = at("2019-08-12T00:00+06:00")
    warned = (WARN_AT.isoformat(), Warned(term="answer-1", due=DUE))
    extended = ("2019-07-09", TermExtended(term="answer-1", due=later))
    assert when("2019-07-10", OPENED, TERMED, warned, extended) is None
    found = when("2019-08-08", OPENED, TERMED, warned, extended)
    assert isinstance(found, Told)
    assert found.data == Warned(term="answer-1", due=later, to="executor")


def test_missed_begins_after_due_instant() -> None:
    """An answer dated before the due instant may come some minutes later. The event is dated at that instant."""
    warned = (WARN_AT.isoformat(), Warned(term="answer-1", due=DUE))
    settled = DUE + BREACH_DELAY
    assert when((settled - TICK).isoformat(), OPENED, TERMED, warned) is None
    assert when(settled.isoformat(), OPENED, TERMED, warned) == Told(Missed(term="answer-1", due=DUE), DUE)
    assert when("2019-12-01", OPENED, TERMED, warned) == Told(Missed(term="answer-1", due=DUE), DUE)


def test_no_breach_of_an_uncounted_term() -> None:
    """Of one that makes no body late, and of one that is paused; once it is resumed, of the new due instant."""
    nobody = ("2019-06-21", answer_term(expiry="none"))
    assert when("2019-12-01", OPENED, nobody) is None
    paused = (
        OPENED,
        ("2019-06-21", answer_term(pauses=("appeal.data-requested",))),
        ("2019-06-24", DataRequested(missing=("address",), until=DUE)),
        ("2019-06-24", DATA_TERM),
    )
    assert when("2019-12-01", *paused) is None
    resumed = ("2019-07-20", TermResumed(term="answer-1", due=DUE + timedelta(days=9)))
    found = when("2019-12-01", *paused, ("2019-07-20", DataProvided()), resumed)
    assert isinstance(found, Told)
    assert found.data == Missed(term="answer-1", due=DUE + timedelta(days=9))


DATA_ORIGIN = TermOrigin(sequence=3, instant=at("2019-06-24"))
DATA_TERM = TermSet(terms=(Term(id="data-1", holder="applicant", origin=DATA_ORIGIN, due=DUE, expiry="none"),))


def test_last_number_stops_one_appeal_only() -> None:
    last = ("2019-06-21", answer_term(id="answer-999"))
    forwarded = ("2019-06-24", Forwarded(body="elsewhere"))
    found = when("2019-06-25", OPENED, last, forwarded)
    assert isinstance(found, DataMissing)
    assert "answer-999" in found.reason


def answer_term(id: str = "answer-1", **more: Any) -> TermSet:
    origin = TermOrigin(sequence=1, instant=DUE)
    return TermSet(terms=(Term.model_validate({"id": id, "origin": origin, "due": DUE, **more}),))


def test_breach_is_recorded_once() -> None:
    found = when("2019-07-13", OPENED, TERMED, MISSED)
    assert found is None or not isinstance(found, Told) or not isinstance(found.data, Missed)


def test_late_appeal_is_not_warned() -> None:
    found = when("2019-07-13", OPENED, TERMED)
    assert isinstance(found, Told)
    assert found.data == Missed(term="answer-1", due=DUE)


def test_extended_term_may_be_missed() -> None:
    """The first breach stays."""
    later = at("2019-08-12T00:00+06:00")
    extended = ("2019-07-20", TermExtended(term="answer-1", due=later))
    assert when("2019-08-01", OPENED, TERMED, MISSED, extended) is None
    assert when("2019-08-13", OPENED, TERMED, MISSED, extended) == Told(Missed(term="answer-1", due=later), later)


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
def test_end_settles_the_term(end: EventData) -> None:
    """In time, nothing is left to do. Late, the breach is recorded, though the clock did not see it before."""
    assert when("2019-06-25", OPENED, TERMED, ("2019-06-25", end)) is None
    told = [found.data for found in proposed("2019-07-13", OPENED, TERMED, ("2019-07-13", end))]
    assert Missed(term="answer-1", due=DUE) in told


def test_closed_appeal_still_gets_its_term() -> None:
    """A calendar was missing: now it shows whether the appeal ended in time."""
    assert due_of(when("2019-09-01", OPENED, ("2019-07-20", Answered(outcome="explained")))) == DUE


def test_unlinked_duplicate_is_missed() -> None:
    """When it is no longer a duplicate."""
    merged = ("2019-07-01", DuplicateLinked(of="KG-0000-0000-0000-00"))
    parted = ("2019-07-20", DuplicateUnlinked(signer="s"))
    assert when("2019-07-20", OPENED, TERMED, merged, parted) == Told(Missed(term="answer-1", due=DUE), DUE)


def test_data_request_keeps_the_term() -> None:
    """Waiting for the applicant's data does not pause it."""
    asked = ("2019-06-24", DataRequested(missing=("address",), until=at("2019-07-30")))
    assert when("2019-07-13", OPENED, TERMED, asked, ("2019-06-24", DATA_TERM)) == Told(
        Missed(term="answer-1", due=DUE), DUE
    )


def test_recipient_has_a_full_term() -> None:
    """It counts from the receipt of the forwarded appeal."""
    forwarded = ("2019-06-25T10:00+06:00", Forwarded(body="ministry-health"))
    found = when("2019-06-25T10:01+06:00", OPENED, TERMED, forwarded)
    assert due_of(found) == at("2019-07-16T00:00+06:00")
    assert isinstance(found, Told)
    assert isinstance(found.data, TermSet)
    assert found.data.terms
    assert (found.data.terms[0].id, found.data.terms[0].origin.sequence) == ("answer-2", 3)


def test_reopened_appeal_has_a_new_term() -> None:
    """It counts from the decision of the court."""
    ended = ("2019-06-25", Answered(outcome="explained"))
    reopened = ("2019-09-09", Reopened(body="b", authority="court", decided=at("2019-06-25T10:00+06:00")))
    assert due_of(when("2019-09-10", OPENED, TERMED, ended, reopened)) == at("2019-07-16T00:00+06:00")


FED = "/registers/old"
FED_TERM = (OPENED[0], TermSet(due=DUE), FED)


def test_register_decides_while_it_feeds() -> None:
    """No term, no warning and no breach; also of an appeal that it closed."""
    assert when("2019-07-01", IMPORTED) is None
    assert when(WARN_AT.isoformat(), IMPORTED, FED_TERM) is None
    assert when("2026-01-01", IMPORTED, FED_TERM) is None
    assert when("2026-01-01", IMPORTED, (OPENED[0], Routed(body="b"), FED), FED_TERM) is None
    assert when("2026-01-01", IMPORTED, FED_TERM, ("2019-09-01", Answered(outcome="explained"), FED)) is None


def test_first_live_routing_ends_the_feeding() -> None:
    """From then on the term of the register is watched here."""
    routed = ("2019-07-01", Routed(body="b"))
    assert when("2026-01-01", IMPORTED, FED_TERM, routed) == Told(Missed(term="answer-1", due=DUE), DUE)
    assert due_of(when("2026-01-01", IMPORTED, routed)) == DUE
    noted = ("2019-07-01", TopicSuggested(topic="roads", model="m"))
    assert when("2026-01-01", IMPORTED, FED_TERM, noted) is None


def test_live_forward_of_history_sets_a_term() -> None:
    forwarded = ("2019-06-25T10:00+06:00", Forwarded(body="ministry-health"))
    assert due_of(when("2019-06-26", IMPORTED, FED_TERM, forwarded)) == at("2019-07-16T00:00+06:00")


def test_due_before_opening_is_missed_at_opening() -> None:
    """No event may be dated before the registration."""
    early = ("2019-06-21T10:00+06:00", TermSet(due=at("2019-06-20")))
    missed = Missed(term="answer-1", due=at("2019-06-20"))
    assert when("2026-01-01", OPENED, early) == Told(missed, at(OPENED[0]))


def test_id_names_what_is_decided() -> None:
    """A term's id names the event from which it counts; the others name the term and its last event."""
    routed = ("2019-06-21T11:00+06:00", Routed(body="b"))
    for events in ((OPENED,), (OPENED, routed)):
        found = decide(*folded(*events), at("2019-06-22"), POLICIES)
        assert found is not None
        assert found.basis == ("1",)
    breach = decide(*folded(OPENED, TERMED, routed), at("2019-08-01"), POLICIES)
    assert breach is not None
    assert breach.basis == ("answer-1", "2")


EVENTS = st.sampled_from(
    [
        TermSet(due=DUE, starts=STARTS),
        TermSet(due=at("2019-06-01")),
        TermExtended(term="answer-1", due=at("2019-08-12")),
        Forwarded(body="b"),
        Forwarded(body="b", external=True),
        Routed(body="b"),
        Reopened(body="b", authority="court", decided=at("2019-06-21")),
        DataRequested(missing=("address",), until=at("2019-07-30")),
        DuplicateLinked(of="KG-0000-0000-0000-00"),
        DuplicateUnlinked(signer="s"),
        Answered(outcome="explained"),
    ]
)
DAYS = st.dates(date(2019, 6, 21), date(2020, 6, 1)).map(str)


@given_any(st.booleans(), st.lists(st.tuples(DAYS, EVENTS), max_size=6), DAYS)
def test_decisions_are_lawful_and_end(imported: bool, events: list[tuple[str, EventData]], day: str) -> None:
    """For every history, a bounded number of decisions is enough."""
    past: list[Given] = [IMPORTED if imported else OPENED]
    for event in events:  # only what the table admits stands on a log
        if find_violation(folded(*past)[0].standing, APPEAL, at(event[0]), event[1]) is None:
            past.append(event)
    now = (max(at(day), at(past[-1][0])) + TICK).isoformat()
    for found in proposed(now, *past):
        assert find_violation(folded(*past)[0].standing, APPEAL, found.time, found.data) is None
        past.append((found.time.isoformat(), found.data))
