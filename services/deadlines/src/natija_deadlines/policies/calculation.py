"""A term that an appeal would have: its days, its instants and its derivation, for HTTP and the command."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime

from pydantic import BaseModel, ConfigDict

from natija_deadlines.policies.bindings import calendar_of
from natija_deadlines.policies.ladder import told_at
from natija_deadlines.policies.policy import Policies, Policy
from natija_events.reference.data import ReferenceData
from natija_events.types.deadlines import Addressee
from natija_events.words import Language
from natija_terms.arithmetic import Deadline
from natija_terms.calendars.calendar import Calendar, CalendarMissing
from natija_terms.derivation import Step, derive


class CalendarUnknown(LookupError):
    """There is no such jurisdiction, calendar or body, as *field* says; *known* are those that are."""

    def __init__(self, field: str, known: Sequence[str]) -> None:
        super().__init__(f"not one of {', '.join(known)}")
        self.field = field


class DerivationStep(BaseModel):
    """A step from the receipt to the last day."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    code: str
    """The kind of the step."""
    values: dict[str, str]
    """Its days, times and reasons."""
    text: str
    """The step in words."""


class LadderStep(BaseModel):
    """A step of the escalation ladder."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    to: Addressee
    """The person or body that is told."""
    at: datetime
    """The instant from which it is told, unless an answer is given before."""


class Calculation(BaseModel):
    """A term as the policy counts it: local days, instants with the calendar's offset."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    jurisdiction: str
    """The jurisdiction of the policy."""
    kind: str
    """The kind of the appeal."""
    country_type: str | None
    """The country's own type of the appeal, if one was asked for."""
    received: datetime
    """The instant of receipt that was asked for."""
    policy: str
    """The id of the policy, with its version."""
    title: str
    """The title of the law."""
    calendar: str
    """The working calendar, with the version of its days."""
    known_at: date | None
    """The day as of which decrees are known, if one was asked for."""
    registered_on: date
    """The local day of its registration: that of the receipt, or the next working day."""
    first_day: date
    """The first local day that counts."""
    last_day: date
    """The last local day of the term."""
    due: datetime
    """The instant at which the term ends: 24:00 of its last day."""
    warnings: list[LadderStep]
    """The escalation ladder, before and after the end."""
    forward_by: date | None
    """The last local day on which the appeal may be forwarded; null where the law does not say."""
    unverified: list[str]
    """The keys of the policy whose values nobody has checked with the law."""
    provisional: bool
    """Whether decrees may still move days of that year."""
    derivation: list[DerivationStep]
    """Each step from the receipt to the last day."""


def told(steps: Iterable[Step], language: Language) -> list[DerivationStep]:
    """*steps* with their words."""
    return [DerivationStep(code=one.code, values=dict(one.values), text=one.text(language)) for one in steps]


def calculate(
    policies: Policies,
    jurisdiction: str,
    kind: str,
    received: datetime,
    *,
    country_type: str | None = None,
    calendar_id: str | None = None,
    known_at: date | None = None,
    language: Language = "en",
) -> Calculation:
    """The term of an appeal of *received*, which is local time if it has no offset.

    Raises `CalendarUnknown`, `PolicyMissing`, `CalendarMissing` or `TypeUnknown`.
    """
    id, field = (jurisdiction, "jurisdiction") if calendar_id is None else (calendar_id, "calendar")
    if jurisdiction not in policies.by_jurisdiction:
        raise CalendarUnknown("jurisdiction", sorted(policies.by_jurisdiction))
    if id not in policies.calendars:
        raise CalendarUnknown(field, sorted(policies.calendars))
    calendar = policies.calendars[id] if known_at is None else policies.calendars[id].known_at(known_at)
    at = (received if received.tzinfo else received.replace(tzinfo=calendar.zone)).astimezone(UTC)
    found = policies.deadline(jurisdiction, kind, at, country_type, calendar)
    policy, deadline = found.policy, found.deadline
    steps = derive(at, found.length, found.counting, calendar, deadline)
    return Calculation(
        jurisdiction=jurisdiction,
        kind=kind,
        country_type=country_type,
        received=calendar.local(at),
        policy=policy.number,
        title=policy.title,
        calendar=deadline.calendar,
        known_at=known_at,
        registered_on=deadline.registered_on,
        first_day=deadline.start_on,
        last_day=deadline.due_on,
        due=calendar.local(deadline.due),
        warnings=list(_ladder(policy, deadline, calendar)),
        forward_by=found.forward_by,
        unverified=[key for key in policy.unverified if key.startswith("terms.answer.") or "." not in key],
        provisional=deadline.provisional,
        derivation=told(steps, language),
    )


def calendar_of_body(body: str, jurisdiction: str, reference: ReferenceData) -> str:
    """The id of the working calendar of *body*. Raises `CalendarUnknown` for one that is not in the directory."""
    if body not in reference.bodies:
        raise CalendarUnknown("body", sorted(reference.bodies))
    return calendar_of(body, jurisdiction, reference)


def _ladder(policy: Policy, found: Deadline, calendar: Calendar) -> Iterator[LadderStep]:
    """The steps that the calendar covers."""
    with suppress(CalendarMissing):
        for step in policy.answer.warnings:
            at = told_at(step, found.starts, found.due, calendar)
            yield LadderStep(to=step.to, at=calendar.local(at))
