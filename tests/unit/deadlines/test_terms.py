"""The arithmetic of terms: the worked examples of the law, and what holds for every date."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natija_deadlines.policies import policy
from natija_events.terms.lateness import is_late
from natija_terms import arithmetic
from natija_terms.arithmetic import Counting, Deadline, FirstDay, TermLength
from natija_terms.calendars.calendar import DAY, Calendar, CalendarMissing, Year
from natija_terms.calendars.files import load_calendars

CALENDARS = load_calendars()
POLICIES = policy.load_policies()
KZ = POLICIES.by_jurisdiction["KZ"][0]
UZ = POLICIES.by_jurisdiction["UZ"][0]
KG = POLICIES.by_jurisdiction["KG"][0]
WEEKENDS_ONLY = replace(CALENDARS["KG"], years={2019: Year()})


def received(day: str, hour: int = 10, zone: str = "Asia/Almaty") -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=ZoneInfo(zone))


def kz(day: str, term: TermLength, first_day: FirstDay) -> Deadline:
    counting = replace(KZ.counting, first_day=first_day)
    return arithmetic.deadline(received(day), term, counting, CALENDARS["KZ"])


def uz(day: str, term: TermLength, *, move_due: bool = False) -> Deadline:
    counting = replace(UZ.counting, move_due=move_due)
    return arithmetic.deadline(received(day, zone="Asia/Tashkent"), term, counting, CALENDARS["UZ"])


@pytest.mark.parametrize(
    ("day", "term", "next_day", "same_day"),
    [
        ("2022-02-14", KZ.term("application"), "2022-03-05", "2022-03-04"),
        ("2022-02-14", KZ.term("complaint"), "2022-03-15", "2022-03-14"),
        ("2022-07-01", KZ.term("application"), "2022-07-25", "2022-07-22"),
        ("2022-10-10", KZ.term("application"), "2022-11-01", "2022-10-31"),
        ("2022-03-18", TermLength(3, "working"), "2022-03-28", "2022-03-25"),
        ("2022-08-26", TermLength(3, "working"), "2022-09-01", "2022-08-31"),
    ],
)
def test_kazakh_terms_count_moved_days(day: str, term: TermLength, next_day: str, same_day: str) -> None:
    assert kz(day, term, "NEXT").due_on == date.fromisoformat(next_day)
    assert kz(day, term, "SAME").due_on == date.fromisoformat(same_day)


@pytest.mark.parametrize(
    ("day", "base", "one_month", "two_months"),
    [
        ("2021-01-31", "2021-02-15", "2021-02-28", "2021-03-31"),
        ("2021-07-23", "2021-08-07", "2021-08-23", "2021-09-23"),
    ],
)
def test_uzbek_terms_count_from_receipt(day: str, base: str, one_month: str, two_months: str) -> None:
    """A term in months ends with the month at the latest."""

    def due_on(term: TermLength) -> str:
        return uz(day, term).due_on.isoformat()

    assert due_on(UZ.term("application")) == base
    assert due_on(UZ.term("proposal")) == one_month
    assert due_on(TermLength(2, "month")) == two_months


def test_uzbek_term_ends_on_saturday() -> None:
    assert uz("2021-07-23", TermLength(15, "calendar")).due_on.isoweekday() == 6


def test_due_moves_by_policy() -> None:
    """From a day off to the next working day."""
    assert uz("2021-07-23", TermLength(15, "calendar"), move_due=True).due_on == date(2021, 8, 9)


def test_kyrgyz_term_skips_weekends() -> None:
    at = received("2019-06-21", zone="Asia/Bishkek")
    for calendar in (WEEKENDS_ONLY, CALENDARS["KG"]):
        assert arithmetic.deadline(at, KG.term("complaint"), KG.counting, calendar).due_on == date(2019, 7, 11)


def test_due_is_midnight_local() -> None:
    """The 24th hour of the last day, in the calendar's zone."""
    counted = kz("2022-02-14", TermLength(15, "working"), "NEXT")
    assert counted.due == datetime(2022, 3, 6, tzinfo=ZoneInfo("Asia/Almaty"))
    assert counted.due == datetime(2022, 3, 5, 18, tzinfo=UTC)
    assert counted.starts == datetime(2022, 2, 15, tzinfo=ZoneInfo("Asia/Almaty"))


def test_due_instant_is_in_time() -> None:
    """The next microsecond is late."""
    due = kz("2022-02-14", TermLength(15, "working"), "NEXT").due
    assert not is_late(due, due)
    assert is_late(due + timedelta(microseconds=1), due)


def test_day_of_25_hours_ends_once() -> None:
    """On that day Kazakhstan set its clocks back."""
    day = CALENDARS["KZ"]
    assert day.end(date(2024, 2, 28)) == datetime(2024, 2, 28, 18, tzinfo=UTC)
    assert day.end(date(2024, 2, 29)) == datetime(2024, 2, 29, 19, tzinfo=UTC)
    assert day.end(date(2024, 3, 1)) == datetime(2024, 3, 1, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    ("local_time", "registered_on"),
    [(time_of_day(18, 29, 59), date(2022, 2, 14)), (time_of_day(18, 30), date(2022, 2, 15))],
)
def test_cut_off_moves_registration(local_time: time_of_day, registered_on: date) -> None:
    """To the next working day."""
    at = datetime.combine(date(2022, 2, 14), local_time, ZoneInfo("Asia/Almaty"))
    assert arithmetic.registration_day(at, KZ.counting, CALENDARS["KZ"]) == registered_on


def test_receipt_counts_by_local_day() -> None:
    """For every offset in the text."""
    late_in_utc = datetime(2022, 2, 13, 20, tzinfo=UTC)  # Monday 02:00 in Almaty
    assert arithmetic.registration_day(late_in_utc, KZ.counting, CALENDARS["KZ"]) == date(2022, 2, 14)


def test_worked_saturday_registers_appeals() -> None:
    """Those of the Friday evening before."""
    at = received("2022-03-04", hour=19)
    assert arithmetic.registration_day(at, KZ.counting, CALENDARS["KZ"]) == date(2022, 3, 5)


def test_days_before_and_after_are_worked() -> None:
    """At the begin of work, counted from the last day of the term."""
    due = kz("2022-02-14", TermLength(15, "working"), "NEXT").due  # Saturday 5 March, worked
    before = [arithmetic.instant_before(due, one, CALENDARS["KZ"]) for one in WARNINGS]
    assert before == [received("2022-03-02", 9), received("2022-02-28", 9)]
    after = [arithmetic.instant_after(due, one, CALENDARS["KZ"]) for one in WARNINGS]
    assert after == [received("2022-03-11", 9), received("2022-03-10", 9)]


WARNINGS = TermLength(3, "working"), TermLength(5, "calendar")


def test_missing_year_is_an_error() -> None:
    with pytest.raises(CalendarMissing, match="no working calendar of KZ for 2031"):
        arithmetic.deadline(
            received("2030-12-30"), TermLength(15, "working"), Counting(), replace_year(CALENDARS["KZ"], 2030)
        )


def replace_year(calendar: Calendar, year: int) -> Calendar:
    return replace(calendar, years={year: Year()})


INSTANTS = st.datetimes(datetime(2018, 2, 1), datetime(2028, 6, 1), timezones=st.just(UTC))
FIRST_DAYS: tuple[FirstDay, ...] = ("SAME", "NEXT")
TERMS = st.builds(TermLength, st.integers(1, 12), st.sampled_from(["working", "calendar", "month"]))
COUNTINGS = st.builds(
    Counting,
    first_day=st.sampled_from(["NEXT", "SAME"]),
    count_from=st.sampled_from(["registered", "received"]),
    cut_off=st.none() | st.times(),
    move_due=st.booleans(),
)
AMOUNTS = st.integers(1, 60)
COUNTRIES = st.sampled_from(sorted(CALENDARS))


@given(INSTANTS, TERMS, COUNTINGS, COUNTRIES)
def test_days_are_in_order(at: datetime, term: TermLength, counting: Counting, country: str) -> None:
    """The due instant ends the last day."""
    calendar = CALENDARS[country]
    counted = arithmetic.deadline(at, term, counting, calendar)
    assert calendar.local(at).date() <= counted.registered_on
    assert counted.start_on <= counted.due_on
    assert counted.starts < counted.due
    assert calendar.local(counted.due).date() == counted.due_on + DAY
    assert calendar.local(counted.due - timedelta(microseconds=1)).date() == counted.due_on


@given(INSTANTS, AMOUNTS, COUNTINGS, COUNTRIES)
def test_working_term_has_its_days(at: datetime, amount: int, counting: Counting, country: str) -> None:
    """Exactly its number of working days."""
    calendar = CALENDARS[country]
    counted = arithmetic.deadline(at, TermLength(amount, "working"), counting, calendar)
    days = [counted.start_on + n * DAY for n in range((counted.due_on - counted.start_on).days + 1)]
    assert sum(calendar.is_working(day) for day in days) == amount
    assert calendar.is_working(counted.due_on)


@given(INSTANTS, INSTANTS, TERMS, COUNTINGS, COUNTRIES)
def test_later_receipt_is_never_due_earlier(
    one: datetime, other: datetime, term: TermLength, counting: Counting, country: str
) -> None:
    first, second = (arithmetic.deadline(at, term, counting, CALENDARS[country]) for at in sorted((one, other)))
    assert first.due <= second.due


@given(INSTANTS, TERMS, COUNTRIES)
def test_same_day_never_ends_later(at: datetime, term: TermLength, country: str) -> None:
    """Than counting from the next day."""
    same, following = (
        arithmetic.deadline(at, term, Counting(first_day=first), CALENDARS[country]) for first in FIRST_DAYS
    )
    assert same.due_on <= following.due_on


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 240))
def test_months_keep_the_day(day: date, months: int) -> None:
    """Or end with the month."""
    later = arithmetic.add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + DAY).day == 1)


def test_months_do_not_chain() -> None:
    january = date(2021, 1, 31)
    assert [arithmetic.add_months(january, n) for n in (1, 2)] == [date(2021, 2, 28), date(2021, 3, 31)]
