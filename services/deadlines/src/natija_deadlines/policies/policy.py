"""Policies: the law of a country about terms, as dated data under ``data/policies``.

A policy's number goes into the event, so that everybody can see the rule of a term. A change of the law is
a new version with its own dates, never an edit: terms that were set stay as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Literal, Protocol, Self, get_args

from pydantic import Field, model_validator

from natija_chassis.realm import yaml_file
from natija_deadlines.policies.rules import ExtensionRule, RuleData, TermRule
from natija_events.types.deadlines import TermKind
from natija_events.types.intake import AppealKind
from natija_terms.arithmetic import (
    CountFrom,
    Counting,
    Deadline,
    FirstDay,
    TermLength,
    day_after,
    deadline,
    origin_day,
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


class Policy(RuleData):
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
    terms: Mapping[TermKind, TermRule]
    unverified: tuple[str, ...] = ()
    """The keys whose values nobody has checked with the law, such as `terms.answer.extension`."""

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
        lengths = self.answer.lengths
        own = [rule.country_type for rule in lengths if rule.country_type and rule.kind in (None, kind)]
        if country_type is not None and country_type not in own:
            raise TypeUnknown(self.number, "country_type", country_type, own)
        return self.answer.length(kind, country_type)

    @property
    def answer(self) -> TermRule:
        """The rule for the term of the body that must answer."""
        return self.terms["answer"]

    def deciding_day(self, received: datetime, calendar: Calendar) -> date:
        """The day on which the policy must be in force for an appeal. Raises `CalendarMissing`."""
        if self.transition == "origin":
            return origin_day(received, self.counting, calendar)
        return calendar.local(received).date()

    def in_force(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    @model_validator(mode="after")
    def _unverified_keys_exist(self) -> Self:
        for key in self.unverified:
            place: object = self.model_dump()
            for name in key.split("."):
                if not isinstance(place, Mapping) or name not in place:
                    raise ValueError(f"unverified: there is no {key}")
                place = place[name]
        return self

    @model_validator(mode="after")
    def _has_answer(self) -> Self:
        if "answer" not in self.terms or self.terms["answer"].due != "counted":
            raise ValueError("terms: needs answer, with lengths")
        return self


class OriginOfTerm(Protocol):
    """A term: its *kind*, and the *instant* from which it counts."""

    @property
    def kind(self) -> str: ...

    @property
    def instant(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class PolicyDeadline:
    """A deadline, and what it follows from."""

    policy: Policy
    calendar: Calendar
    counts_from: datetime
    length: TermLength
    counting: Counting
    deadline: Deadline

    @property
    def latest(self) -> datetime | None:
        """The latest instant at which the term for the answer may end when it is extended; None: it may not be."""
        return latest_end(self.policy.answer.extension, self.counts_from, self.deadline, self.calendar)

    @property
    def forward_by(self) -> date | None:
        """The last local day for forwarding; None where the law does not say."""
        rule = self.policy.terms.get("forward")
        if rule is None:
            return None
        counting = rule.counting(self.policy.counting)
        return deadline(self.counts_from, rule.length("", None), counting, self.calendar).due_on


@dataclass(frozen=True)
class Policies:
    """All policies and the calendars they count by."""

    by_jurisdiction: Mapping[str, Sequence[Policy]]
    calendars: Mapping[str, Calendar]

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
                for rule in policy.answer.lengths:
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
        length, counting = policy.term(kind, country_type), policy.answer.counting(policy.counting)
        found = deadline(received, length, counting, calendar)
        return PolicyDeadline(policy, calendar, received, length, counting, found)

    def rule(self, number: str | None, kind: str) -> TermRule | None:
        """The rule for a *kind* of term in the policy *number*, such as kg-law-67/1; None when there is none."""
        return self._rules.get((number, kind), (None, None))[0]

    def counting(self, number: str | None, kind: str) -> Counting | None:
        """How the policy *number* counts a *kind* of term; None when there is none."""
        return self._rules.get((number, kind), (None, None))[1]

    @cached_property
    def _rules(self) -> Mapping[tuple[str | None, str], tuple[TermRule, Counting]]:
        policies = [policy for of in self.by_jurisdiction.values() for policy in of]
        return {
            (policy.number, kind): (rule, rule.counting(policy.counting))
            for policy in policies
            for kind, rule in policy.terms.items()
        }

    def recount(
        self, jurisdiction: str, appeal_kind: str, country_type: str | None, term: OriginOfTerm, calendar: Calendar
    ) -> PolicyDeadline | None:
        """The deadline of a term as today's policies count it; None for one that no calendar counts.

        Raises `PolicyMissing`, `CalendarMissing` or `TypeUnknown`.
        """
        policy, _ = self.policy(jurisdiction, term.instant, calendar)
        rule = next((rule for name, rule in policy.terms.items() if name == term.kind), None)
        if rule is None or rule.due != "counted":
            return None
        length = policy.term(appeal_kind, country_type) if term.kind == "answer" else rule.length(appeal_kind, None)
        counting = rule.counting(policy.counting)
        found = deadline(term.instant, length, counting, calendar)
        return PolicyDeadline(policy, calendar, term.instant, length, counting, found)

    @cached_property
    def digest(self) -> str:
        """A name for all policies and calendars: it is another one when any of them changes."""
        text = [one.model_dump_json() for _, of in sorted(self.by_jurisdiction.items()) for one in of]
        for _, calendar in sorted(self.calendars.items()):
            years = sorted(calendar.years)
            text += (
                [repr(calendar.opens), calendar.version(date(years[0], 1, 1), date(years[-1], 1, 1))] if years else []
            )
        return sha256("\n".join(text).encode()).hexdigest()


def latest_end(rule: ExtensionRule | None, received: datetime, found: Deadline, calendar: Calendar) -> datetime | None:
    """The end of the longest extension; None when there is none that is longer than the term. Raises
    `CalendarMissing`."""
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
