"""Routing events: the competent body, the decision and the answer."""

from typing import Self

from pydantic import model_validator

from natija_events.encryption import Sealed
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


class TopicSuggested(EventData):
    """A classifier suggests a topic. It is kept to compare it with the topic that an official assigns."""

    type = "appeal.topic-suggested.v1"

    topic: Topic
    model: Code


class TopicAssigned(EventData):
    """The topic of the appeal is assigned."""

    type = "appeal.topic-assigned.v1"

    topic: Topic


class AddresseeDetected(EventData):
    """The competent body is suggested."""

    type = "appeal.addressee-detected.v1"

    body: BodyCode
    rule: Code


class Routed(EventData):
    """The appeal is assigned to a body and, if named, to an official. *rule* is the competence rule that applied.

    *co_bodies* take part in the answer; *body* alone is responsible for it.
    """

    type = "appeal.routed.v1"

    body: BodyCode
    co_bodies: tuple[BodyCode, ...] = ()
    executor: Code | None = None
    co_executors: tuple[Code, ...] = ()
    rule: Code | None = None
    resolution: Sealed | None = None


class ExecutorChanged(EventData):
    """Another official is in charge. All assignments below end."""

    type = "appeal.executor-changed.v1"

    executor: Code
    co_executors: tuple[Code, ...] = ()


class ForwardPrepared(EventData):
    """A forwarding letter is drafted."""

    type = "appeal.forward-prepared.v1"

    body: BodyCode


class ForwardApproved(EventData):
    """The forwarding letter is approved."""

    type = "appeal.forward-approved.v1"

    body: BodyCode
    approver: Code


class Forwarded(EventData):
    """The appeal goes to the competent body and the applicant is notified. *external*: a body outside this register.

    *due* is the term at the new body, if known. Without it the appeal has no term until one is set.
    """

    type = "appeal.forwarded.v1"

    body: BodyCode
    external: bool = False
    signer: Code | None = None
    reason: Sealed | None = None
    due: Instant | None = None


class ForwardedInPart(EventData):
    """A part goes to another body as an appeal of its own, the *child*. This appeal continues."""

    type = "appeal.forwarded-in-part.v1"

    body: BodyCode
    child: AppealNumber
    part: Count
    signer: Code | None = None


class Returned(EventData):
    """The appeal is returned to the applicant, with reasons."""

    type = "appeal.returned.v1"

    reason: Code
    explanation: Sealed | None = None
    signer: Code | None = None


class DataRequested(EventData):
    """The applicant is asked to provide the missing data until *until*."""

    type = "appeal.data-requested.v1"

    missing: tuple[Code, ...]
    until: Instant


class DataProvided(EventData):
    """The applicant provided the missing data."""

    type = "appeal.data-provided.v1"

    text: Sealed | None = None
    attachments: tuple[Attachment, ...] = ()


class HearingScheduled(EventData):
    """A hearing of the applicant is scheduled."""

    type = "appeal.hearing-scheduled.v1"

    at: Instant


class HearingHeld(EventData):
    """The applicant was heard."""

    type = "appeal.hearing-held.v1"

    protocol: Sealed | None = None


class HearingWaived(EventData):
    """No hearing takes place, for a *reason* that the law requires."""

    type = "appeal.hearing-waived.v1"

    reason: Code


class PreliminaryDecisionSent(EventData):
    """The preliminary decision is sent to the applicant."""

    type = "appeal.preliminary-decision-sent.v1"

    text: Sealed | None = None


class DecisionPrepared(EventData):
    """A decision is drafted. A new draft replaces the old one."""

    type = "appeal.decision-prepared.v1"

    outcome: AnswerOutcome
    text: Sealed | None = None


class DecisionApproved(EventData):
    """The draft is approved and goes to the signer."""

    type = "appeal.decision-approved.v1"

    approver: Code


class DecisionDeclined(EventData):
    """The draft is declined and goes back to the official."""

    type = "appeal.decision-declined.v1"

    by: Code
    remarks: Sealed | None = None


class Answered(EventData):
    """The answer is signed, which ends the term."""

    type = "appeal.answered.v1"

    outcome: AnswerOutcome
    reason: AnswerReason | None = None
    signer: Code | None = None
    language: LanguageCode | None = None
    law: tuple[Word, ...] = ()
    text: Sealed | None = None

    @model_validator(mode="after")
    def _require_reason(self) -> Self:
        if self.outcome in ("terminated", "not_considered") and self.reason is None:
            raise ValueError("reason is required for this outcome")
        return self


class AnswerDelivered(EventData):
    """The answer reached the applicant; for a collective appeal, the first named one."""

    type = "appeal.answer-delivered.v1"

    channel: Channel
    language: LanguageCode | None = None


class AnswerClarified(EventData):
    """The answer is explained. Its substance stays."""

    type = "appeal.answer-clarified.v1"

    text: Sealed | None = None
    signer: Code | None = None


class AnswerCorrected(EventData):
    """An error in the answer is corrected. Its substance stays."""

    type = "appeal.answer-corrected.v1"

    text: Sealed | None = None
    signer: Code | None = None


class LeftWithoutConsideration(EventData):
    """The appeal is not considered, for a *reason* in law. The head has approved that conclusion."""

    type = "appeal.left-without-consideration.v1"

    reason: NonConsiderationReason
    approver: Code | None = None


class ReviewTerminated(EventData):
    """Consideration ends without an answer on the substance."""

    type = "appeal.review-terminated.v1"

    reason: TerminationReason
    signer: Code | None = None
