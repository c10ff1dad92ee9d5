"""The calendar of an executor, read back by the library that calendar programs are tested with."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from tests.unit.deadlines.history import APPEAL, Given, at, folded, registered

from natija_deadlines.policies.policy import load_policies
from natija_deadlines.worklists.calendar_feed import feed
from natija_events.types.base import EventData
from natija_events.types.deadlines import Missed, Term, TermExtended, TermOrigin, TermSet
from natija_events.types.routing import Answered, Forwarded, Routed

POLICIES = load_policies()
NOW = at("2026-03-05T10:00+06:00")
DUE, EXTENDED = at("2026-03-07T00:00+06:00"), at("2026-04-01T00:00+06:00")
REGISTERED: Given = ("2026-02-16T04:00", registered("2026-02-16T04:00"))
FORWARDED: tuple[str, EventData] = ("2026-03-04", Forwarded(body="b"))
ROUTED: Given = ("2026-02-16T04:00", Routed(body="ministry-health", executor="chief-physician"))


def term(id: str, due: datetime, **more: Any) -> Term:
    given = {"starts": at("2026-02-17T00:00+06:00"), "policy": "kg-law-67/1", "calendar": "KG/000000000000"}
    return Term(id=id, origin=TermOrigin(sequence=1, instant=at("2026-02-16T04:00")), due=due, **{**given, **more})


def calendar_of(*more: tuple[str, EventData], now: datetime = NOW) -> Any:
    content = feed("chief-physician", [folded(REGISTERED, ROUTED, *more)], POLICIES, now, at("2026-03-01T00:00"))
    assert all(len(line.encode()) <= 75 for line in content.decode().split("\r\n"))
    return Calendar.from_ical(content)


def set_terms(*terms: Term) -> tuple[str, EventData]:
    return "2026-02-16T04:00", TermSet(terms=terms)


def test_term_is_an_event() -> None:
    """Midnight ends the day before. The alarm is the first warning of the policy, and ids name no person."""
    (event,) = calendar_of(set_terms(term("answer-1", DUE, ends=("end", "appeal.forwarded")))).events
    assert event.start == date(2026, 3, 6)
    assert str(event["SUMMARY"]) == APPEAL
    assert str(event["UID"]) == f"{APPEAL.lower()}-answer-1@natija"
    assert str(event["DESCRIPTION"]) == "answer-1, 2026-03-07T00:00:00+06:00, kg-law-67/1"
    (alarm,) = event.walk("VALARM")
    assert alarm["TRIGGER"].dt == at("2026-03-03T09:00+06:00")  # three working days before the last one
    assert alarm["TRIGGER"].params["VALUE"] == "DATE-TIME"
    assert (event["DTSTAMP"].dt, event["SEQUENCE"]) == (at("2026-02-16T04:00"), 0)


def test_moved_term_keeps_its_id() -> None:
    """With a higher sequence, so that a calendar program moves the event."""
    before, after = (
        calendar_of(set_terms(term("answer-1", DUE)), *more).events[0]
        for more in ((), (("2026-03-02", TermExtended(term="answer-1", due=EXTENDED)),))
    )
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert (after.start, after["DTSTAMP"].dt) == (date(2026, 3, 31), at("2026-03-02"))


@pytest.mark.parametrize(
    ("more", "terms"),
    [
        ((), ["answer-1"]),
        ([("2026-03-07T00:00+06:00", Missed(term="answer-1", due=DUE))], ["answer-1"]),
        ([("2026-03-04", Answered(outcome="explained"))], []),
        ([FORWARDED, ("2026-03-04", TermSet(terms=(term("answer-2", EXTENDED),)))], ["answer-2"]),
    ],
)  # fmt: skip
def test_open_terms_of_bodies_are_shown(more: list[tuple[str, EventData]], terms: list[str]) -> None:
    """A missed term too, until somebody acts. Nothing of what the applicant must do."""
    first = term("answer-1", DUE, ends=("end", "appeal.forwarded"))
    others = term("data-1", DUE, holder="applicant"), term("complaint-1", EXTENDED, expiry="none")
    found = calendar_of(set_terms(first, *others), *more, now=at("2026-03-10")).events
    assert [str(event["DESCRIPTION"]).partition(",")[0] for event in found] == terms


def test_feed_says_how_old_it_is() -> None:
    found = calendar_of()
    assert [one.name for one in found.subcomponents] == ["VTIMEZONE"]  # no terms yet, but one component at least
    assert found["REFRESH-INTERVAL"].dt == timedelta(hours=1)
    assert found["LAST-MODIFIED"].dt == datetime(2026, 3, 1, tzinfo=UTC)
    assert str(found["X-NATIJA-AS-OF"]) == "2026-03-05T04:00:00+00:00"
    assert str(found["NAME"]) == "chief-physician"
