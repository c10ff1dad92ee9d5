"""Terms at the edges of the calendar: exchanged days, the end of a year, the leap day. Days were worked out by hand."""

from datetime import date, datetime
from datetime import time as time_of_day

import pytest

from natija_terms import arithmetic
from natija_terms.arithmetic import Counting, Deadline, TermLength
from natija_terms.calendars.files import load_calendars

CALENDARS = load_calendars()


def counted(country: str, received: str, term: TermLength, counting: Counting = Counting()) -> Deadline:  # noqa: B008
    """The term by the rules of *counting*; the time is local."""
    calendar = CALENDARS[country]
    return arithmetic.deadline(datetime.fromisoformat(received).replace(tzinfo=calendar.zone), term, counting, calendar)


@pytest.mark.parametrize(
    ("country", "received", "last_days"),
    [
        ("UZ", "2024-12-26T10:00", ["2024-12-27", "2025-01-03", "2025-01-04", "2025-01-06"]),
        ("UZ", "2021-12-29T10:00", ["2021-12-30", "2022-01-05", "2022-01-06", "2022-01-07"]),
        ("UZ", "2022-01-05T10:00", ["2022-01-06", "2022-01-07", "2022-01-08", "2022-01-10"]),
        ("KZ", "2018-12-27T10:00", ["2018-12-28", "2018-12-29", "2019-01-03", "2019-01-04"]),
    ],
    ids=["30 and 31.12. for 4.1.", "31.12. off", "8.1. for it", "31.12. for 29.12."],
)
def test_exchange_over_the_new_year(country: str, received: str, last_days: list[str]) -> None:
    """Days off in December are worked on a Saturday in January, or before. Terms of one to four working days."""
    found = [counted(country, received, TermLength(days, "working")).due_on for days in (1, 2, 3, 4)]
    assert [str(day) for day in found] == last_days


def test_saturday_in_exchange_is_registered() -> None:
    """Received after hours on the Friday before; and on the Saturday itself, which has hours, too."""
    counting = Counting(cut_off=time_of_day(18))
    for received in ("2025-01-03T20:00", "2025-01-04T10:00"):
        assert counted("UZ", received, TermLength(1, "working"), counting).registered_on == date(2025, 1, 4)
    assert counted("UZ", "2025-01-04T18:00", TermLength(1, "working"), counting).registered_on == date(2025, 1, 6)


@pytest.mark.parametrize(
    ("received", "term", "last_day"),
    [
        ("2024-01-31T10:00", TermLength(1, "month"), "2024-02-29"),
        ("2023-01-31T10:00", TermLength(1, "month"), "2023-02-28"),
        ("2024-01-31T10:00", TermLength(2, "month"), "2024-03-31"),
        ("2024-02-29T10:00", TermLength(1, "month"), "2024-03-29"),
        ("2024-02-29T10:00", TermLength(12, "month"), "2025-02-28"),
        ("2024-02-19T10:00", TermLength(10, "calendar"), "2024-02-29"),
        ("2024-02-19T10:00", TermLength(15, "calendar"), "2024-03-05"),
        ("2024-02-12T10:00", TermLength(15, "working"), "2024-03-04"),
        ("2024-02-28T10:00", TermLength(1, "working"), "2024-02-29"),
    ],
    ids=str,
)
def test_leap_day_counts_once(received: str, term: TermLength, last_day: str) -> None:
    assert str(counted("KZ", received, term).due_on) == last_day


def test_last_day_does_not_end_in_utc() -> None:
    """It ends five hours before the midnight of UTC: an answer between the two is late."""
    found = counted("UZ", "2022-02-14T10:00", TermLength(1, "working"))
    assert found.due_on == date(2022, 2, 15)
    assert found.due.isoformat() == "2022-02-15T19:00:00+00:00"
    early, late = (datetime.fromisoformat(f"2022-02-14T{time}+00:00") for time in ("18:59:59", "19:00:00"))
    days = [arithmetic.registration_day(instant, Counting(), CALENDARS["UZ"]) for instant in (early, late)]
    assert days == [date(2022, 2, 14), date(2022, 2, 15)]
