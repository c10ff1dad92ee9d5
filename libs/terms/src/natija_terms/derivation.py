"""The derivation of a deadline: each step from the receipt to the last day, as a code with its values, and in words.

`derivation.yaml` beside this module has the sentences in five languages. Russian and English are ours; a speaker must
still confirm those of ky, kk and uz.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Literal, NamedTuple

from natija_events.words import Language
from natija_terms.arithmetic import Counting, Deadline, TermLength
from natija_terms.calendars.calendar import DAY, Calendar

StepCode = Literal[
    "received", "registered_same_day", "registered_after_hours", "registered_after_day_off", "counts_from_receipt",
    "first_day_next", "first_day_same", "length_working", "length_calendar", "length_month", "skipped_weekends",
    "skipped_days", "suspended_days", "moved", "last_day", "provisional", "differs",
    "changed_set", "changed_resumed", "changed_extended", "changed_corrected", "changed_missed", "changed_annulled",
]  # fmt: skip


class Step(NamedTuple):
    """A step: its *code*, and the *values* of its sentence as text. Days are ISO 8601, times local."""

    code: StepCode
    values: Mapping[str, str]

    def text(self, language: Language) -> str:
        """The step in words."""
        return _sentences()[self.code][language].format(**self.values)


def derive(
    received: datetime, length: TermLength, counting: Counting, calendar: Calendar, found: Deadline
) -> tuple[Step, ...]:
    """How *found* follows from the receipt. Raises `CalendarMissing`."""
    return tuple(_steps(calendar.local(received), length, counting, calendar, found))


def _steps(
    local: datetime, length: TermLength, counting: Counting, calendar: Calendar, found: Deadline
) -> Iterator[Step]:
    zone = calendar.zone.key
    yield Step("received", {"day": str(local.date()), "time": f"{local:%H:%M}", "zone": zone})
    yield _registration(local, counting, calendar, found.registered_on)
    if counting.count_from == "received":
        yield Step("counts_from_receipt", {"day": str(local.date())})
    yield Step("first_day_next" if counting.first_day == "NEXT" else "first_day_same", {"day": str(found.start_on)})
    yield Step(f"length_{length.unit}", {"amount": str(length.amount)})  # type: ignore[arg-type]  # a unit each
    yield from _skipped(length, calendar, found)
    yield Step("last_day", {"day": str(found.due_on), "utc": f"{found.due:%Y-%m-%d %H:%M}", "zone": zone})
    if found.provisional:
        yield Step("provisional", {"year": str(found.due_on.year)})


def _registration(local: datetime, counting: Counting, calendar: Calendar, registered_on: date) -> Step:
    day = local.date()
    if registered_on == day:
        return Step("registered_same_day", {"day": str(day)})
    cut_off = calendar.cut_off(day, counting.cut_off)
    if calendar.is_working(day) and cut_off is not None:
        return Step("registered_after_hours", {"day": str(registered_on), "cut_off": f"{cut_off:%H:%M}"})
    why = calendar.why_off(day) or ""
    return Step("registered_after_day_off", {"day": str(registered_on), "why": why})


def _skipped(length: TermLength, calendar: Calendar, found: Deadline) -> Iterator[Step]:
    """The days between the first and the last that do not count, and the days off that moved the last one."""
    days = [found.start_on + n * DAY for n in range((found.due_on - found.start_on).days + 1)]
    if length.unit != "working":
        suspended = [day for day in days if calendar.is_suspended(day)]
        yield from _named("suspended_days", suspended, calendar)
        if found.unmoved_on != found.due_on:
            why = calendar.why_off(found.unmoved_on) or ""
            yield Step("moved", {"from": str(found.unmoved_on), "to": str(found.due_on), "why": why})
        return
    off = [day for day in days if not calendar.is_working(day)]
    weekends = [day for day in off if calendar.is_plain_weekend(day)]
    if weekends:
        yield Step("skipped_weekends", {"days": str(len(weekends))})
    yield from _named("skipped_days", [day for day in off if day not in weekends], calendar)


def _named(code: StepCode, days: list[date], calendar: Calendar) -> Iterator[Step]:
    for why, group in groupby(days, key=calendar.why_off):
        same = list(group)
        span = str(same[0]) if len(same) == 1 else f"{same[0]} – {same[-1]}"
        yield Step(code, {"days": span, "why": why or ""})


@cache
def _sentences() -> Mapping[str, Mapping[str, str]]:
    import yaml

    text = files(__package__).joinpath("derivation.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(text)
    return found
