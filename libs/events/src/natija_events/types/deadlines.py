"""Deadlines events: terms, extensions, warnings and breaches. Each names its term, but a `TermSet` of a history."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from natija_events.types.base import Count, EventData, Instant, NestedData
from natija_events.types.codes import Code, Word
from natija_events.types.personal import Reason
from natija_events.types.sealed import Sealed

TermKind = Literal[
    "registration", "answer", "overall", "forward", "data", "notice", "complaint", "objection", "clarification",
]  # fmt: skip
"""The kinds of terms. `answer` is that of the body which holds the appeal, `overall` that of all bodies together."""

TermId = Annotated[
    str,
    StringConstraints(
        pattern=r"^(registration|answer|overall|forward|data|notice|complaint|objection|clarification)-[1-9][0-9]{0,2}$"
    ),
]
"""The kind of the term, and its number among those of the kind in this appeal."""

MAX_NUMBER: Final = 999
"""The greatest number in the id of a term."""

ANY_END: Final = "end"
"""Every event that ends the appeal, as an end of a term. A merge with another appeal is none."""

TermEvent = Literal[
    "end", "appeal.registered", "appeal.routed", "appeal.forwarded", "appeal.forwarded-in-part", "appeal.returned",
    "appeal.data-requested", "appeal.data-provided", "appeal.hearing-scheduled", "appeal.hearing-held",
    "appeal.preliminary-decision-sent", "appeal.answered", "appeal.answer-delivered", "appeal.answer-clarified",
    "appeal.answer-corrected", "appeal.complaint-filed", "appeal.left-without-consideration",
    "appeal.review-terminated", "appeal.withdrawn", "appeal.notice-sent", "appeal.court-noted",
    "appeal.court-closed",
]  # fmt: skip
"""Events that can end or pause a term: types without their version, or `end`."""

ANSWER_ENDS: Final[tuple[TermEvent, ...]] = (ANY_END, "appeal.forwarded")
"""The ends of a term for the answer: the next body inside the register has a term of its own."""

Expiry = Literal["breach", "return", "deemed-refusal", "none"]
ExtensionRole = Literal["desk", "oversight"]
Addressee = Literal["executor", "head", "superior", "prosecutor"]
"""Those who are told of a term, from the one who must act to the one who supervises the law."""
CorrectionReason = Literal["decree", "calendar", "policy", "origin"]

ANSWER = "answer-1"
"""The term that a `TermSet` with `due` sets."""


class TermOrigin(NestedData):
    """The event from which a term counts."""

    sequence: Count
    """The sequence of the event."""
    instant: Instant
    """The instant from which the term counts."""


class TermExtension(NestedData):
    """The limits of the extensions of a term."""

    latest: Instant
    """The latest instant at which the extended term may end."""
    times: Annotated[int, Field(ge=1, le=9)] = 1
    """How often the term may be extended."""
    until: Instant | None = None
    """The instant until which it may be extended. Without it: until the term ends."""
    roles: Annotated[tuple[ExtensionRole, ...], Field(min_length=1, max_length=2)] = ("desk",)
    """The roles of the publishers that may extend it."""


class Term(NestedData):
    """A term: the time in which somebody must act."""

    id: TermId
    """The kind of the term, and its number among those of the kind in this appeal."""
    holder: Word | None = None
    """The body that must act, or `applicant`. Without it: the body that holds the appeal."""
    origin: TermOrigin
    """The event from which the term counts."""
    starts: Instant | None = None
    """The instant at which the first counted day begins."""
    due: Instant
    """The instant at which the term ends: 24:00 of its last day."""
    policy: Code | None = None
    """The policy that gives the term, with its version."""
    calendar: Code | None = None
    """The working calendar by which it is counted, with its version."""
    zonedata: Code | None = None
    """The version of the time zone data by which it is counted."""
    ends: Annotated[tuple[TermEvent, ...], Field(min_length=1, max_length=8)] = (ANY_END,)
    """The events that end the term."""
    pauses: Annotated[tuple[TermEvent, ...], Field(max_length=8)] = ()
    """The events that pause the term, until it is resumed."""
    expiry: Expiry = "breach"
    """The consequence when nobody has acted."""
    extension: TermExtension | None = None
    """The limits of its extensions. Without them nobody may extend it."""

    @property
    def kind(self) -> str:
        """The kind of the term, one of `TermKind`."""
        return self.id.rpartition("-")[0]


_TERMS_OR_DUE: dict[str, Any] = {
    "anyOf": [
        {"required": ["terms"], "properties": {"terms": {"type": "array"}}},
        {"required": ["due"], "properties": {"due": {"type": "string"}}},
    ]
}


class TermSet(EventData):
    """Legal terms are set. A history of another register may name `due` instead: one term, which every end ends."""

    model_config = ConfigDict(json_schema_extra=_TERMS_OR_DUE)

    type = "appeal.term-set.v1"

    terms: Annotated[tuple[Term, ...], Field(min_length=1, max_length=8)] | None = None
    """The terms."""
    due: Instant | None = None
    """Of a history: the instant at which the term `answer-1` ends."""
    starts: Instant | None = None
    """Of a history: the instant at which the first counted day begins."""
    policy: Code | None = None
    """Of a history: the policy that gives the term, with its version."""

    @model_validator(mode="after")
    def _require_terms_or_due(self) -> Self:
        if self.terms is None and self.due is None:
            raise ValueError("terms is required, or due of a history")
        return self


def answer_term(data: TermSet) -> tuple[str, datetime] | None:
    """The id and the due instant of the last term for the answer that *data* sets; None when it sets none."""
    if data.due is not None:
        return ANSWER, data.due
    return next(((term.id, term.due) for term in reversed(data.terms or ()) if term.kind == "answer"), None)


class TermResumed(EventData):
    """A term that was paused runs again. Its `time` is that of the event that ended the pause."""

    type = "appeal.term-resumed.v1"

    term: TermId
    """The term."""
    due: Instant
    """The instant at which the term ends now."""


class TermExtended(EventData):
    """The extension is in force and the applicant is notified. It does not cure an earlier breach."""

    type = "appeal.term-extended.v1"

    term: TermId
    """The term."""
    due: Instant
    """The instant at which the extended term ends."""
    signer: Code | None = None
    """The post that signed it."""
    content: Sealed[Reason] | None = None
    """The reason, in words. Sealed."""


class TermCorrected(EventData):
    """A term was counted wrongly. The corrected one is in force from its origin, in place of all before."""

    type = "appeal.term-corrected.v1"

    term: TermId
    """The term."""
    due: Instant
    """The instant at which the term ends."""
    was: Instant
    """The instant at which it ended before."""
    reason: CorrectionReason
    """The cause: a later decree, or an error in the calendar, the policy or the origin."""
    policy: Code | None = None
    """The policy that gives the term now, with its version."""
    calendar: Code | None = None
    """The working calendar by which it is counted now, with its version."""
    zonedata: Code | None = None
    """The version of the time zone data by which it is counted now."""


class TermAnnulled(EventData):
    """A breach was recorded in error, and does not count."""

    type = "appeal.term-annulled.v1"

    term: TermId
    """The term."""
    due: Instant
    """The due instant of the breach."""
    reason: CorrectionReason
    """The cause: a later decree, or an error in the calendar, the policy or the origin."""


class ExtensionPrepared(EventData):
    """An extension of the term is drafted."""

    type = "appeal.extension-prepared.v1"

    term: TermId
    """The term."""
    due: Instant
    """The instant at which the extended term ends."""
    content: Sealed[Reason] | None = None
    """The reason, in words. Sealed."""


class ExtensionApproved(EventData):
    """The draft of the extension is approved."""

    type = "appeal.extension-approved.v1"

    term: TermId
    """The term."""
    approver: Code
    """The post that approved it."""


class ExtensionDeclined(EventData):
    """The extension is declined; the term stays."""

    type = "appeal.extension-declined.v1"

    term: TermId
    """The term."""
    by: Code
    """The post that declined it."""


class Warned(EventData):
    """The term will end soon, or has ended and nobody has acted: a step of the escalation ladder."""

    type = "appeal.warned.v1"

    term: TermId
    """The term."""
    due: Instant
    """The instant at which the term ends."""
    step: Annotated[int, Field(ge=1, le=9)] = 1
    """The step of the ladder of the policy, from 1."""
    to: Addressee | None = None
    """The person or body that is told."""


class Missed(EventData):
    """The term ended before its holder acted. The time of the event is the due instant, but never before the appeal."""

    type = "appeal.missed.v1"

    term: TermId
    """The term."""
    due: Instant
    """The instant at which the term ended."""


class DataTermExpired(EventData):
    """The applicant did not provide the missing data in time. Its `time` is the due instant."""

    type = "appeal.data-term-expired.v1"

    term: TermId
    """The term of the applicant."""
    due: Instant
    """The instant until which the data were to be provided."""
