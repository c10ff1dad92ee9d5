"""The dues that another policy gives: each day is counted once, and a term without a policy has none."""

from datetime import datetime

from tests.unit.deadlines.history import at

from natija_deadlines.policies.policy import load_policies
from natija_deadlines.what_if.dues import CountedTerm, NewDue, recount

POLICIES = load_policies()
KZ, CALENDAR = POLICIES.by_jurisdiction["KZ"][0], POLICIES.calendars["KZ"]


def term(instant: str, kind: str = "application", country_type: str | None = None) -> CountedTerm:
    return CountedTerm("KZ-1", 2, 0, kind, country_type, datetime.fromisoformat(instant))


def due(of: CountedTerm) -> datetime | None:
    (found,) = recount([of], KZ, CALENDAR)
    return found.due


def test_dues_are_those_of_the_policy() -> None:
    terms = [term("2022-02-14T10:00+06:00"), term("2022-02-14T18:29+06:00"), term("2022-02-14T18:30+06:00")]
    expected = ["2022-03-06T00:00+06:00", "2022-03-06T00:00+06:00", "2022-03-10T00:00+06:00"]
    assert list(recount(terms, KZ, CALENDAR)) == [NewDue("KZ-1", 2, 0, at(instant)) for instant in expected]


def test_kind_and_type_count_apart() -> None:
    """On one day, too."""
    day = "2026-03-16T09:00+05:00"
    terms = [term(day, "request", "bailiff-request"), term(day, "complaint"), term(day, "request")]
    found = [str(CALENDAR.local(one.due).date()) for one in recount(terms, KZ, CALENDAR) if one.due]
    assert found == ["2026-03-20", "2026-04-17", "2026-04-10"]


def test_uncounted_term_has_no_due() -> None:
    assert due(term("2040-01-01T10:00+05:00")) is None
    assert due(term("2026-03-16T09:00+05:00", "request", "no-such-type")) is None
