"""Properties of every policy, with each of its kinds and types, for every receipt."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import NamedTuple

from hypothesis import assume, example, given
from hypothesis import strategies as st

from natija_deadlines.policies.calculation import calculate
from natija_deadlines.policies.policy import KINDS, PolicyDeadline, load_policies
from natija_terms.arithmetic import add_months
from natija_terms.calendars.calendar import DAY

POLICIES = load_policies()


class Asked(NamedTuple):
    """A law and what an appeal under it is."""

    jurisdiction: str
    kind: str
    country_type: str | None

    def deadline(self, received: datetime) -> PolicyDeadline:
        return POLICIES.deadline(self.jurisdiction, self.kind, received, self.country_type)


def _asked() -> Iterator[Asked]:
    for jurisdiction, policies in sorted(POLICIES.by_jurisdiction.items()):
        yield from (Asked(jurisdiction, kind, None) for kind in KINDS)
        for rule in (rule for policy in policies for rule in policy.answer.lengths):
            if rule.country_type is not None:
                yield Asked(jurisdiction, rule.kind or KINDS[0], rule.country_type)


EVERY = tuple(_asked())
ASKED = st.sampled_from([asked for asked in EVERY if asked.country_type is None])
INSTANTS = st.datetimes(datetime(2018, 1, 10), datetime(2029, 6, 1), timezones=st.just(UTC))
"""From the first calendar on, and so early that the last one covers the longest term."""
TYPES_SINCE = datetime(2021, 6, 30, 18, tzinfo=UTC)
"""Law 221 of Kazakhstan, which was in force before, has no types of its own."""


def every(received: datetime) -> Iterator[tuple[Asked, PolicyDeadline]]:
    """Each term that an appeal of *received* may have."""
    for asked in EVERY:
        if asked.country_type is None or received >= TYPES_SINCE:
            yield asked, asked.deadline(received)


NEAR = st.timedeltas(timedelta(0), timedelta(days=5))
"""A receipt so much later: near enough that hours, days off and the zone decide."""
LEAP_NIGHT = datetime(2024, 2, 29, 18, 30, tzinfo=UTC)


@given(INSTANTS, NEAR)
@example(LEAP_NIGHT - timedelta(hours=1), timedelta(hours=2))
@example(datetime(2024, 1, 29, 10, tzinfo=UTC), timedelta(days=2))
@example(datetime(2026, 3, 16, 5, tzinfo=UTC), timedelta(hours=9))
def test_later_receipt_is_never_due_earlier(received: datetime, later: timedelta) -> None:
    """Neither for the answer, nor for a forward, nor for an extension."""
    for asked, first in every(received):
        second = asked.deadline(received + later)
        if first.policy != second.policy:  # another law may say another thing
            continue
        assert first.deadline.registered_on <= second.deadline.registered_on
        assert first.deadline.due <= second.deadline.due
        assert first.forward_by is not None
        assert second.forward_by is not None
        assert first.forward_by <= second.forward_by
        if first.latest is not None and second.latest is not None:
            assert first.latest <= second.latest


@given(INSTANTS)
@example(datetime(2026, 3, 18, 5, tzinfo=UTC))
def test_due_is_on_a_working_day(received: datetime) -> None:
    """Where the policy moves days, and with working days; else the last day stays."""
    for asked, found in every(received):
        due_on, unmoved_on = found.deadline.due_on, found.deadline.unmoved_on
        if found.policy.move_due or found.policy.term(asked.kind, asked.country_type).unit == "working":
            assert found.calendar.is_working(due_on)
            assert not any(found.calendar.is_working(unmoved_on + n * DAY) for n in range((due_on - unmoved_on).days))
        else:
            assert due_on == unmoved_on


@given(INSTANTS)
def test_extension_never_shortens(received: datetime) -> None:
    """The latest end of an extension is later than the term, or there is none."""
    for _, found in every(received):
        assert found.latest is None or found.latest > found.deadline.due


@given(INSTANTS)
def test_term_has_its_days(received: datetime) -> None:
    """Working days from the first to the last; of calendar days every one, until the last is moved."""
    for asked, found in every(received):
        length, start = found.policy.term(asked.kind, asked.country_type), found.deadline.start_on
        if length.unit == "working":
            days = [start + n * DAY for n in range((found.deadline.due_on - start).days + 1)]
            assert sum(map(found.calendar.is_working, days)) == length.amount
        elif length.unit == "calendar":
            assert (found.deadline.unmoved_on - start).days + 1 == length.amount


@given(INSTANTS, st.integers(1, 24))
@example(datetime(2024, 1, 31, 10, tzinfo=UTC), 1)
@example(datetime(2024, 2, 29, 10, tzinfo=UTC), 12)
def test_months_never_drift(received: datetime, months: int) -> None:
    """A term in months ends on the day of the receipt, or with a shorter month; one month more ends a month later."""
    (law,) = POLICIES.by_jurisdiction["UZ"]
    day = POLICIES.calendars["UZ"].local(received).date()
    ends = [_months_of(day, number) for number in range(1, months + 1)]
    assert [add_months(day, number) for number in range(1, months + 1)] == ends
    found = POLICIES.deadline("UZ", "proposal", received)
    assert (law.term("proposal").amount, found.deadline.due_on) == (1, ends[0])


def _months_of(day: date, number: int) -> date:
    """The last day of that month that is not after the same day: found by trying."""
    month = date(day.year + (day.month + number - 1) // 12, (day.month + number - 1) % 12 + 1, 1)
    days = [month + n * DAY for n in range(day.day)]
    return max(one for one in days if one.month == month.month)


@given(ASKED, INSTANTS, st.integers(-12, 14))
@example(Asked("KZ", "application", None), LEAP_NIGHT, 6)
def test_offset_of_the_text_is_nothing(asked: Asked, received: datetime, hours: int) -> None:
    """The same instant, written with another offset, has the same term."""
    written = received.astimezone(timezone(timedelta(hours=hours)))
    told = [
        calculate(POLICIES, asked.jurisdiction, asked.kind, at, country_type=asked.country_type)
        for at in (received, written)
    ]
    assert told[0] == told[1]


@given(ASKED, INSTANTS)
def test_derivation_adds_up(asked: Asked, received: datetime) -> None:
    """The days from the first to the last are those that count and those that are told to be skipped."""
    told = calculate(POLICIES, asked.jurisdiction, asked.kind, received, country_type=asked.country_type)
    steps = {step.code: step.values for step in told.derivation}
    assume("length_working" in steps)
    skipped = sum(_days(step.values["days"]) for step in told.derivation if step.code == "skipped_days")
    weekends = int(steps.get("skipped_weekends", {}).get("days", 0))
    assert (told.last_day - told.first_day).days + 1 == int(steps["length_working"]["amount"]) + weekends + skipped
    assert steps["last_day"]["day"] == str(told.last_day)


def _days(span: str) -> int:
    first, _, last = span.partition(" – ")
    return (date.fromisoformat(last or first) - date.fromisoformat(first)).days + 1
