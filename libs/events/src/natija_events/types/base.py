"""Building blocks of event data. Free text about people is `Sealed`; every other text is a code, a word or a time."""

from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from natija_events import ids, limits
from natija_events.types.codes import MediaType


def _appeal_number(number: str) -> str:
    if not ids.is_appeal_number(number):
        raise ValueError("not an appeal number")
    return number


def _read_rfc3339(value: Any) -> datetime:
    """Parse RFC 3339 only. pydantic would accept 1700000000, too, and in strict mode no value of a validator."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and limits.RFC3339.fullmatch(value):
        with suppress(ValueError):
            return datetime.fromisoformat(value)
    raise ValueError("not an RFC 3339 time with zone")


def _within_limits(time: datetime) -> datetime:
    if not limits.EARLIEST <= time < limits.LATEST:
        raise ValueError(f"not from {limits.EARLIEST.year} to {limits.LATEST.year - 1}")
    return time


def _read_day(value: Any) -> date:
    """Parse the full date of RFC 3339 only."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and limits.FULL_DATE.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise ValueError("not a day as YYYY-MM-DD")


def _day_within_limits(day: date) -> date:
    if not limits.EARLIEST.date() <= day < limits.LATEST.date():
        raise ValueError(f"not from {limits.EARLIEST.year} to {limits.LATEST.year - 1}")
    return day


AppealNumber = Annotated[str, StringConstraints(pattern=ids.NUMBER_PATTERN), AfterValidator(_appeal_number)]
Instant = Annotated[AwareDatetime, BeforeValidator(_read_rfc3339), AfterValidator(_within_limits)]
LocalDay = Annotated[date, BeforeValidator(_read_day), AfterValidator(_day_within_limits)]
"""A day of the calendar, without zone: what a document bears."""
LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
TypeName = Annotated[str, StringConstraints(pattern=r"^appeal\.[a-z]+(-[a-z]+)*$", max_length=64)]
"""The name of an event type without its version, such as `appeal.forwarded`."""
Count = Annotated[int, Field(ge=1, le=1_000_000)]

AnswerOutcome = Literal[
    "satisfied", "partly_satisfied", "refused", "explained", "forwarded", "noted", "terminated", "not_considered",
    "withdrawn",
]  # fmt: skip
"""Outcomes of an answer. A country's own terms map many-to-one to them."""

TerminationReason = Literal[
    "essence_not_stated", "repeat_without_new_facts", "authorship_not_established", "withdrawal_accepted",
    "appeal_returned", "court_act_in_force", "own_decision_in_force", "cannot_be_summoned", "did_not_come",
    "applicant_died", "other_grounds_in_law",
]  # fmt: skip

NonConsiderationReason = Literal[
    "anonymous", "representative_without_proof", "insults", "calls_to_violence", "no_contacts", "unreadable_text",
    "nothing_asked", "late_complaint", "court_act_in_force", "returned", "withdrawn", "own_decision_in_force",
    "other_non_compliance",
]  # fmt: skip

AnswerReason = Literal[TerminationReason, NonConsiderationReason]
"""The reason for an end without an answer on the substance."""


class EventData(BaseModel):
    """The data of one event type. A publisher cannot make it with an unknown field, which may be a misspelt one.

    The schema registry reads it from the log, and ignores unknown fields there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    type: ClassVar[str]
    """The CloudEvents type, with its version."""


class NestedData(BaseModel):
    """An object inside an event's data."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Attachment(NestedData):
    """A file in the content-addressed store. Its name is personal data and is stored with the file."""

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """The SHA-256 of the file, in base 16."""
    bytes: Annotated[int, Field(ge=0, le=1 << 50)]
    """The size of the file in bytes."""
    media_type: MediaType
    """The media type of the file, without parameters."""
