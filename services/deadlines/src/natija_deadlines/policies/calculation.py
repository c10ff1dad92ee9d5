"""A term that an appeal would have: its days, its instants and its derivation, for HTTP and the command."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from pydantic import BaseModel, ConfigDict

from natija_deadlines.policies.policy import Policies
from natija_events.words import Language
from natija_terms.derivation import Step, derive


class CalendarUnknown(LookupError):
    """There is no calendar of this id; *known* are those that are."""

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
    warn_at: datetime
    """The instant at which the warning is recorded."""
    forward_by: date
    """The local day by which the appeal must be forwarded."""
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
    steps = derive(at, policy.term(kind, country_type), policy.counting, calendar, deadline)
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
        warn_at=calendar.local(policies.warn_at(jurisdiction, at, deadline.starts, deadline.due)),
        forward_by=found.forward_by,
        provisional=deadline.provisional,
        derivation=told(steps, language),
    )
