"""Local times become instants the same way in every run, and keep the order the register has them in."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natija_intake.imports.local_times import LocalTimes

BOSTON = "%m/%d/%Y %I:%M:%S %p"
NEW_YORK = LocalTimes(ZoneInfo("America/New_York"), BOSTON)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("01/31/2015 04:05:06 PM", "2015-01-31T21:05:06+00:00"),
        ("07/01/2015 12:00:00 AM", "2015-07-01T04:00:00+00:00"),
        ("11/01/2015 01:30:00 AM", "2015-11-01T05:30:00+00:00"),  # the clocks showed it twice: the first one
        ("11/01/2015 02:00:00 AM", "2015-11-01T07:00:00+00:00"),
        ("03/08/2015 01:59:59 AM", "2015-03-08T06:59:59+00:00"),
        ("03/08/2015 02:30:00 AM", "2015-03-08T07:00:00+00:00"),  # they never showed it: when they were set forward
        ("03/08/2015 03:00:00 AM", "2015-03-08T07:00:00+00:00"),
        ("03/11/2029 02:30:00 AM", "2029-03-11T07:00:00+00:00"),
    ],
)
def test_local_time_is_one_instant(text: str, instant: str) -> None:
    """In summer, in winter, and when the clocks change."""
    assert NEW_YORK.instant(text).isoformat() == instant


def test_iso_time_may_have_offset() -> None:
    """Without a format a time is ISO 8601, and its own offset wins over the zone."""
    bishkek = LocalTimes(ZoneInfo("Asia/Bishkek"), None)
    assert bishkek.instant("2019-06-30 17:45") == datetime(2019, 6, 30, 11, 45, tzinfo=UTC)
    assert bishkek.instant("2019-06-30T17:45:00+03:00") == datetime(2019, 6, 30, 14, 45, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "Smith", "13/01/2015 01:00:00 AM", "01/01/2015", "01/01/0001 12:00:00 AM "])
def test_invalid_time_is_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time in the form") as refused:
        NEW_YORK.instant(text)
    assert "Smith" not in str(refused.value)
    assert not NEW_YORK.reads(text)


moments = st.datetimes(datetime(2014, 1, 1), datetime(2030, 1, 1)).map(lambda time: time.replace(microsecond=0))


@given(moments, st.integers(0, 90_000))
def test_order_of_times_is_kept(time: datetime, seconds: int) -> None:
    later = time + timedelta(seconds=seconds)
    assert NEW_YORK.instant(time.strftime(BOSTON)) <= NEW_YORK.instant(later.strftime(BOSTON))


@given(st.integers(0, 7200), st.integers(0, 7200))
def test_order_is_kept_around_gap(one: int, other: int) -> None:
    first, second = (datetime(2015, 3, 8, 1, 30) + timedelta(seconds=after) for after in sorted((one, other)))
    assert NEW_YORK.instant(first.strftime(BOSTON)) <= NEW_YORK.instant(second.strftime(BOSTON))
