"""Routing events: the competent body, the decision and the answer."""

from typing import Any, Self

from pydantic import ConfigDict, model_validator

from natija_events.types.base import (
    AnswerOutcome,
    AnswerReason,
    AppealNumber,
    Attachment,
    Count,
    EventData,
    Instant,
    LanguageCode,
    NonConsiderationReason,
    TerminationReason,
)
from natija_events.types.codes import BodyCode, Channel, Code, Topic, Word
from natija_events.types.personal import Explanation, Protocol, Reason, Remarks, Resolution, Text
from natija_events.types.sealed import Sealed


class TopicSuggested(EventData):
    """A classifier suggests a topic. It is kept to compare it with the topic that an official assigns."""

    type = "appeal.topic-suggested.v1"

    topic: Topic
    """The suggested topic."""
    model: Code
    """The classifier, with its version."""


class TopicAssigned(EventData):
    """The topic of the appeal is assigned."""

    type = "appeal.topic-assigned.v1"

    topic: Topic
    """The assigned topic."""


class AddresseeDetected(EventData):
    """The competent body is suggested."""

    type = "appeal.addressee-detected.v1"

    body: BodyCode
    """The suggested body."""
    rule: Code
    """The competence rule that names the body."""


class Routed(EventData):
    """The appeal is assigned to a body and, if named, to an official. *rule* is the competence rule that applied.

    *co_bodies* take part in the answer; *body* alone is responsible for it.
    """

    type = "appeal.routed.v1"

    body: BodyCode
    """The body that is responsible for the answer."""
    co_bodies: tuple[BodyCode, ...] = ()
    """The bodies that take part in the answer."""
    executor: Code | None = None
    """The post of the official in charge."""
    co_executors: tuple[Code, ...] = ()
    """The posts of the officials who take part."""
    rule: Code | None = None
    """The competence rule that applied."""
    content: Sealed[Resolution] | None = None
    """The instruction of the head, in words. Sealed."""


class ExecutorChanged(EventData):
    """Another official is in charge. All assignments below end."""

    type = "appeal.executor-changed.v1"

    executor: Code
    """The post of the official in charge."""
    co_executors: tuple[Code, ...] = ()
    """The posts of the officials who take part."""


class Assigned(EventData):
    """A post within the body gets a task on the appeal. The official in charge stays.

    All tasks end when another official or another body is in charge.
    """

    type = "appeal.assigned.v1"

    post: Code
    """The post that has the task."""
    by: Code
    """The post that gave it."""
    until: Instant | None = None
    """The instant until which the task is to be done."""
    content: Sealed[Text] = Text()
    """The task, in words. Sealed."""


class NoteAdded(EventData):
    """An internal note of an official. The applicant does not see it."""

    type = "appeal.note-added.v1"

    by: Code
    """The post that wrote it."""
    content: Sealed[Text] = Text()
    """The note. Sealed."""


class ForwardPrepared(EventData):
    """A forwarding letter is drafted."""

    type = "appeal.forward-prepared.v1"

    body: BodyCode
    """The body to which the appeal is to go."""


class ForwardApproved(EventData):
    """The forwarding letter is approved."""

    type = "appeal.forward-approved.v1"

    body: BodyCode
    """The body to which the appeal is to go."""
    approver: Code
    """The post that approved it."""


class Forwarded(EventData):
    """The appeal goes to the competent body and the applicant is notified. *external*: a body outside this register.

    The term of the body before ends. The appeal has no term until one is set for the new body.
    """

    type = "appeal.forwarded.v1"

    body: BodyCode
    """The body to which the appeal goes."""
    external: bool = False
    """True for a body outside this register."""
    signer: Code | None = None
    """The post that signed it."""
    content: Sealed[Reason] | None = None
    """The reason, in words. Sealed."""


class ForwardedInPart(EventData):
    """A part goes to another body as an appeal of its own, the *child*. This appeal continues."""

    type = "appeal.forwarded-in-part.v1"

    body: BodyCode
    """The body to which the part goes."""
    child: AppealNumber
    """The number of the appeal that is the part."""
    part: Count
    """The number of the part, from 1."""
    signer: Code | None = None
    """The post that signed it."""


class Returned(EventData):
    """The appeal is returned to the applicant, with reasons."""

    type = "appeal.returned.v1"

    reason: Code
    """The legal ground of the return."""
    content: Sealed[Explanation] | None = None
    """The explanation to the applicant, in words. Sealed."""
    signer: Code | None = None
    """The post that signed it."""


class DataRequested(EventData):
    """The applicant is asked to provide the missing data until *until*."""

    type = "appeal.data-requested.v1"

    missing: tuple[Code, ...]
    """The names of the missing fields or documents."""
    until: Instant
    """The instant until which the data are to be provided."""


class DataProvided(EventData):
    """The applicant provided the missing data."""

    type = "appeal.data-provided.v1"

    content: Sealed[Text] = Text()
    """The data, in the applicant's words. Sealed."""
    attachments: tuple[Attachment, ...] = ()
    """The files that came with them."""


class HearingScheduled(EventData):
    """A hearing of the applicant is scheduled."""

    type = "appeal.hearing-scheduled.v1"

    at: Instant
    """The instant at which the hearing begins."""
    place: Word | None = None
    """The public place of the hearing. Never an applicant's home."""


class HearingHeld(EventData):
    """The applicant was heard."""

    type = "appeal.hearing-held.v1"

    heard_by: Code | None = None
    """The post of the official who heard the applicant."""
    content: Sealed[Protocol] = Protocol()
    """The record of the hearing, in words. Sealed."""


class HearingWaived(EventData):
    """No hearing takes place, for a *reason* that the law requires."""

    type = "appeal.hearing-waived.v1"

    reason: Code
    """The legal ground of the waiver."""


class PreliminaryDecisionSent(EventData):
    """The preliminary decision is sent to the applicant."""

    type = "appeal.preliminary-decision-sent.v1"

    content: Sealed[Text] = Text()
    """The text of the preliminary decision. Sealed."""


class DecisionPrepared(EventData):
    """A decision is drafted. A new draft replaces the old one."""

    type = "appeal.decision-prepared.v1"

    outcome: AnswerOutcome
    """The outcome of the draft."""
    content: Sealed[Text] = Text()
    """The text of the draft. Sealed."""


class DecisionApproved(EventData):
    """The draft is approved and goes to the signer."""

    type = "appeal.decision-approved.v1"

    approver: Code
    """The post that approved it."""


class DecisionDeclined(EventData):
    """The draft is declined and goes back to the official."""

    type = "appeal.decision-declined.v1"

    by: Code
    """The post that declined it."""
    content: Sealed[Remarks] = Remarks()
    """The remarks on the draft, in words. Sealed."""


_NEEDS_REASON: tuple[AnswerOutcome, ...] = ("terminated", "not_considered")
_REQUIRE_REASON: dict[str, Any] = {
    "if": {"properties": {"outcome": {"enum": list(_NEEDS_REASON)}}, "required": ["outcome"]},
    "then": {"properties": {"reason": {"type": "string"}}, "required": ["reason"]},
}


class Answered(EventData):
    """The answer is signed, which ends the term."""

    model_config = ConfigDict(json_schema_extra=_REQUIRE_REASON)

    type = "appeal.answered.v1"

    outcome: AnswerOutcome
    """The outcome of the appeal."""
    reason: AnswerReason | None = None
    """The legal reason of an end without an answer on the substance."""
    signer: Code | None = None
    """The post that signed it."""
    language: LanguageCode | None = None
    """The language of the answer (ISO 639)."""
    law: tuple[Word, ...] = ()
    """The articles of law on which the answer rests."""
    content: Sealed[Text] = Text()
    """The text of the answer. Sealed."""

    @model_validator(mode="after")
    def _require_reason(self) -> Self:
        if self.outcome in _NEEDS_REASON and self.reason is None:
            raise ValueError("reason is required for this outcome")
        return self


class AnswerDelivered(EventData):
    """The answer reached the applicant; for a collective appeal, the first named one."""

    type = "appeal.answer-delivered.v1"

    channel: Channel
    """The channel by which the answer was delivered."""
    language: LanguageCode | None = None
    """The language of the answer (ISO 639)."""


class AnswerClarified(EventData):
    """The answer is explained. Its substance stays."""

    type = "appeal.answer-clarified.v1"

    content: Sealed[Text] = Text()
    """The explanation. Sealed."""
    signer: Code | None = None
    """The post that signed it."""


class AnswerCorrected(EventData):
    """An error in the answer is corrected. Its substance stays."""

    type = "appeal.answer-corrected.v1"

    content: Sealed[Text] = Text()
    """The corrected answer. Sealed."""
    signer: Code | None = None
    """The post that signed it."""


class LeftWithoutConsideration(EventData):
    """The appeal is not considered, for a *reason* in law. The head has approved that conclusion."""

    type = "appeal.left-without-consideration.v1"

    reason: NonConsiderationReason
    """The reason in law."""
    approver: Code | None = None
    """The post that approved the conclusion."""


class ReviewTerminated(EventData):
    """Consideration ends without an answer on the substance."""

    type = "appeal.review-terminated.v1"

    reason: TerminationReason
    """The reason in law."""
    signer: Code | None = None
    """The post that signed it."""


class Reopened(EventData):
    """A court or a higher body decided that the appeal must be considered again. An earlier breach stays.

    The term, the outcome and the official in charge are void; the body starts again.
    """

    type = "appeal.reopened.v1"

    body: BodyCode
    """The body that is to consider the appeal again."""
    authority: BodyCode
    """The court or higher body that decided it."""
    decided: Instant
    """The instant of its decision, from which a new term counts."""
    case_number: Word | None = None
    """The number of the case, if a court decided."""
    content: Sealed[Reason] | None = None
    """The reason, in words. Sealed."""
