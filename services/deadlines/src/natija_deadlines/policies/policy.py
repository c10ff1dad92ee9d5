"""Policies: the law of a country about terms, as dated data under ``data/policies``.

A policy's number goes into the event, so that everybody can see the rule of a term. A change of the law is
a new version with its own dates, never an edit: terms that were set stay as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from functools import cached_property
from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from natija_chassis.realm import yaml_file
from natija_events.types.intake import AppealKind
from natija_terms.arithmetic import (
    CountFrom,
    Counting,
    Deadline,
    FirstDay,
    TermLength,
    Unit,
    day_after,
    deadline,
    last_warned_of,
    origin_day,
    warn_at,
)
from natija_terms.calendars import files
from natija_terms.calendars.calendar import DAY, Calendar, CalendarMissing

DATA = Path(__file__).parent / "data"
_INSTANT = timedelta(microseconds=1)
_LONGEST_WAIT = timedelta(days=31)
"""A receipt counts from a later day by less than this: the longest holidays."""
KINDS: tuple[str, ...] = get_args(AppealKind)


class PolicyMissing(LookupError):
    """No policy of this jurisdiction was in force on the day."""

    def __init__(self, jurisdiction: str, day: date) -> None:
        super().__init__(f"no policy of {jurisdiction} in force on {day}")
        self.jurisdiction = jurisdiction
        self.day = day


class TypeUnknown(LookupError):
    """The policy has no term for this *field*, the kind of an appeal or the country's own type."""

    def __init__(self, policy: str, field: str, name: str, known: Sequence[str]) -> None:
        super().__init__(f"{policy} has no {field.replace('_', ' ')} {name!r}: one of {', '.join(known) or 'none'}")
        self.field = field


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TermRule(_Data):
    """The term of a kind of appeal, of a country's own type of it, or (neither named) of all others."""

    amount: int = Field(ge=1)
    unit: Unit
    kind: str | None = None
    country_type: str | None = None

    @property
    def length(self) -> TermLength:
        return TermLength(self.amount, self.unit)

    def applies_to(self, kind: str, country_type: str | None) -> bool:
        return self.kind in (None, kind) and self.country_type in (None, country_type)

    @property
    def specificity(self) -> tuple[bool, bool]:
        """A type is more specific than a kind."""
        return self.country_type is not None, self.kind is not None


class ExtensionRule(_Data):
    """How far a term may be extended, once: an amount after its due day, or after the day of receipt."""

    amount: int = Field(ge=1)
    unit: Unit
    counts_from: Literal["due", "received"] = "due"

    @property
    def length(self) -> TermLength:
        return TermLength(self.amount, self.unit)


class Policy(_Data):
    """One version of one country's rules, in force from *valid_from* to *valid_to*, both days included."""

    id: str
    version: int = Field(ge=1)
    jurisdiction: str
    title: str
    valid_from: date
    valid_to: date | None = None
    transition: Literal["origin", "receipt"] = "origin"
    """The day that decides whether the policy applies: that from which the term counts, or that of receipt."""
    corrections_shorten: bool = True
    """Whether a correction may end a term earlier than it was set."""
    first_day: FirstDay
    count_from: CountFrom
    cut_off: time_of_day | None = None
    move_due: bool
    warn_before: TermLength
    forward: TermLength
    extend: ExtensionRule | None = None
    terms: tuple[TermRule, ...]

    @property
    def number(self) -> str:
        """The name of the policy in an event."""
        return f"{self.id}/{self.version}"

    @cached_property
    def counting(self) -> Counting:
        return Counting(self.first_day, self.count_from, self.cut_off, self.move_due)

    def term(self, kind: str, country_type: str | None = None) -> TermLength:
        """The most specific term for an appeal of *kind* and, where its country has own types, of *country_type*.

        Raises `TypeUnknown`.
        """
        if kind not in KINDS:
            raise TypeUnknown(self.number, "kind", kind, KINDS)
        own = [rule.country_type for rule in self.terms if rule.country_type and rule.kind in (None, kind)]
        if country_type is not None and country_type not in own:
            raise TypeUnknown(self.number, "country_type", country_type, own)
        rules = (rule for rule in self.terms if rule.applies_to(kind, country_type))
        return max(rules, key=lambda rule: rule.specificity).length

    def deciding_day(self, received: datetime, calendar: Calendar) -> date:
        """The day on which the policy must be in force for an appeal. Raises `CalendarMissing`."""
        if self.transition == "origin":
            return origin_day(received, self.counting, calendar)
        return calendar.local(received).date()

    def in_force(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    @model_validator(mode="after")
    def _every_appeal_has_a_term(self) -> Self:
        named = [(rule.kind, rule.country_type) for rule in self.terms]
        if (None, None) not in named or len(set(named)) < len(named):
            raise ValueError("terms: needs one entry without kind and country_type, and no duplicates")
        if self.warn_before.unit == "month":
            raise ValueError("warn_before: is counted in days")
        return self


@dataclass(frozen=True, slots=True)
class PolicyDeadline:
    """A deadline, with the policy it follows from and the day until which a body may forward the appeal.

    *latest* is the latest instant at which the term may end when it is extended; None: it may not be extended.
    """

    policy: Policy
    calendar: Calendar
    deadline: Deadline
    forward_by: date
    latest: datetime | None


@dataclass(frozen=True)
class Policies:
    """All policies and the calendars they count by."""

    by_jurisdiction: Mapping[str, Sequence[Policy]]
    calendars: Mapping[str, Calendar]

    def warning_horizon(self, jurisdiction: str, now: datetime) -> datetime:
        """No due instant in *jurisdiction* after this one is to be warned of at *now*."""
        calendar = self.calendars.get(jurisdiction)
        if calendar is None:
            return now
        today = calendar.local(now).date()
        before = [policy.warn_before for policy in self.by_jurisdiction.get(jurisdiction, ())]
        try:
            return max((calendar.end(last_warned_of(today, length, calendar)) for length in before), default=now)
        except CalendarMissing:  # the next year is not seeded yet: until then examine more rows than necessary
            return now + timedelta(weeks=max(length.amount for length in before))

    def covered(self, jurisdiction: str) -> tuple[datetime, datetime] | None:
        """The receipts outside of which no appeal in *jurisdiction* has a term: from one instant to before another."""
        calendar, policies = self.calendars.get(jurisdiction), self.by_jurisdiction.get(jurisdiction, ())
        if calendar is None or not calendar.years or not policies:
            return None
        first = min(policy.valid_from for policy in policies) - _LONGEST_WAIT
        first_year, last_year = min(calendar.years), max(calendar.years)
        return calendar.begin(max(first, date(first_year, 1, 1))), calendar.end(date(last_year, 12, 31))

    def last_receipt(self, jurisdiction: str) -> date | None:
        """The last local day of receipt for which the calendar covers every term; None without policy or calendar."""
        calendar, policies = self.calendars.get(jurisdiction), self.by_jurisdiction.get(jurisdiction, ())
        if calendar is None or not calendar.years or not policies:
            return None
        policy = max(policies, key=lambda one: one.valid_from)
        day = date(max(calendar.years), 12, 31)
        while day.year >= min(calendar.years):
            try:
                for rule in policy.terms:
                    deadline(calendar.end(day) - _INSTANT, rule.length, policy.counting, calendar)
            except CalendarMissing:
                day -= DAY
            else:
                return day
        return None

    def policy(
        self, jurisdiction: str, received: datetime, calendar: Calendar | None = None
    ) -> tuple[Policy, Calendar]:
        """The policy that applies to an appeal of *received*, and the calendar: that of *jurisdiction*, or *calendar*.

        Raises `PolicyMissing` or `CalendarMissing`.
        """
        calendar = calendar or self.calendars.get(jurisdiction)
        if calendar is None:
            raise PolicyMissing(jurisdiction, received.date())
        for policy in self.by_jurisdiction.get(jurisdiction, ()):
            if policy.valid_from - _LONGEST_WAIT > calendar.local(received).date():
                continue
            if policy.in_force(policy.deciding_day(received, calendar)):
                return policy, calendar
        raise PolicyMissing(jurisdiction, calendar.local(received).date())

    def deadline(
        self,
        jurisdiction: str,
        kind: str,
        received: datetime,
        country_type: str | None = None,
        calendar: Calendar | None = None,
    ) -> PolicyDeadline:
        """The deadline of an appeal, by the calendar of its jurisdiction or by *calendar*.

        Raises `PolicyMissing`, `CalendarMissing` or `TypeUnknown`.
        """
        policy, calendar = self.policy(jurisdiction, received, calendar)
        found = deadline(received, policy.term(kind, country_type), policy.counting, calendar)
        forward_by = deadline(received, policy.forward, policy.counting, calendar).due_on
        return PolicyDeadline(policy, calendar, found, forward_by, _latest(policy.extend, received, found, calendar))

    def warn_at(self, jurisdiction: str, received: datetime, starts: datetime, due: datetime) -> datetime:
        """The instant from which to warn of *due*. Raises `PolicyMissing` or `CalendarMissing`."""
        policy, calendar = self.policy(jurisdiction, received)
        return warn_at(starts, due, policy.warn_before, calendar)


def _latest(rule: ExtensionRule | None, received: datetime, found: Deadline, calendar: Calendar) -> datetime | None:
    """The end of the longest extension; None when there is none that is longer than the term."""
    if rule is None:
        return None
    day = found.due_on if rule.counts_from == "due" else calendar.local(received).date()
    latest = calendar.end(day_after(day, rule.length, calendar))
    return latest if latest > found.due else None


def load_policies(policies: Path = DATA, calendar_data: Path = files.DATA) -> Policies:
    """Read both folders. Raises `FileError`, also when two policies of a jurisdiction are in force on one day."""
    by_jurisdiction: dict[str, list[Policy]] = {}
    for path in sorted(policies.glob("*.yaml")):
        policy = yaml_file.load(path, Policy)
        for other in by_jurisdiction.setdefault(policy.jurisdiction, []):
            if other.in_force(policy.valid_from) or policy.in_force(other.valid_from):
                rule = f"{policy.number} and {other.number} are in force on the same day"
                raise yaml_file.error_at(path, ("valid_from",), rule)
        by_jurisdiction[policy.jurisdiction].append(policy)
    return Policies(by_jurisdiction, files.load_calendars(calendar_data))
