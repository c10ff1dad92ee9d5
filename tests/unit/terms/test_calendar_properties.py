"""Properties of every calendar on every day: its days follow each other without gap, and its sums come out even."""

from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day

from hypothesis import example, given
from hypothesis import strategies as st

from natija_terms.calendars.calendar import DAY
from natija_terms.calendars.files import load_calendars

CALENDARS = load_calendars()
IDS = st.sampled_from(sorted(CALENDARS))
DAYS = st.dates(date(2018, 3, 1), date(2029, 9, 1))
ZONE_CHANGE = st.datetimes(datetime(2024, 2, 28), datetime(2024, 3, 2), timezones=st.just(UTC))
"""Around the night in which Almaty set its clocks back, which was that of the leap day."""
INSTANTS = st.datetimes(datetime(2018, 1, 2), datetime(2029, 12, 30), timezones=st.just(UTC)) | ZONE_CHANGE


@given(IDS, INSTANTS)
@example("KZ", datetime(2024, 2, 29, 18, 30, tzinfo=UTC))
def test_instant_belongs_to_one_day(id: str, at: datetime) -> None:
    """Also one in the hour that a clock shows twice."""
    calendar = CALENDARS[id]
    day = calendar.local(at).date()
    assert calendar.begin(day) <= at < calendar.end(day)
    assert calendar.end(day) == calendar.begin(day + DAY)
    assert calendar.local(calendar.begin(day)) == datetime.combine(day, time_of_day.min, calendar.zone)
    assert timedelta(hours=23) <= calendar.end(day) - calendar.begin(day) <= timedelta(hours=25)


@given(IDS, DAYS, st.integers(0, 60))
def test_working_days_are_counted_back(id: str, day: date, amount: int) -> None:
    """The n-th working day after a worked day lies n working days before it."""
    calendar = CALENDARS[id]
    first = calendar.working_on_or_after(day)
    last = calendar.add_working(first, amount)
    assert calendar.add_working(last, -amount) == first
    assert sum(calendar.is_working(first + n * DAY) for n in range(1, (last - first).days + 1)) == amount


@given(IDS, DAYS, st.integers(0, 40), st.integers(0, 40))
def test_working_days_add_up(id: str, day: date, some: int, more: int) -> None:
    """First some and then more are as many as all at once."""
    calendar = CALENDARS[id]
    first = calendar.working_on_or_after(day)
    assert calendar.add_working(calendar.add_working(first, some), more) == calendar.add_working(first, some + more)


@given(IDS, DAYS)
@example("KZ", date(2022, 3, 5))
@example("KZ", date(2022, 3, 7))
def test_day_off_has_a_reason(id: str, day: date) -> None:
    calendar = CALENDARS[id]
    assert (calendar.why_off(day) is None) == calendar.is_working(day)
    assert not (calendar.is_plain_weekend(day) and calendar.is_working(day))
