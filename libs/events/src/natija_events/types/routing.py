"""Events of the desk: who must answer, what is decided, how it is answered."""

from typing import Self

from pydantic import model_validator

from natija_events.encryption import Sealed
from natija_events.types.base import (
    AnswerOutcome,
    AnswerReason,
    AppealNumber,
    Attachment,
    Code,
    Count,
    EventData,
    Instant,
    Language,
    NonConsiderationReason,
    TerminationReason,
)


class TopicSuggested(EventData):
    """A classifier's suggestion, kept to measure it by what an official then assigned."""

    type = "appeal.topic-suggested.v1"

    topic: Code
    model: Code


class TopicAssigned(EventData):
    """What the appeal is about."""

    type = "appeal.topic-assigned.v1"

    topic: Code


class AddresseeDetected(EventData):
    """A suggestion of who is competent."""

    type = "appeal.addressee-detected.v1"

    body: Code
    rule: Code


class Routed(EventData):
    """The body that must answer and, where named, the official. *rule* is the competence rule that said so."""

    type = "appeal.routed.v1"

    body: Code
    executor: Code | None = None
    co_executors: tuple[Code, ...] = ()
    rule: Code | None = None
    resolution: Sealed | None = None


class ExecutorChanged(EventData):
    """Another official; all resolutions below end."""

    type = "appeal.executor-changed.v1"

    executor: Code
    co_executors: tuple[Code, ...] = ()


class ForwardPrepared(EventData):
    """A letter of forwarding is drafted."""

    type = "appeal.forward-prepared.v1"

    body: Code


class ForwardApproved(EventData):
    """The letter of forwarding is approved."""

    type = "appeal.forward-approved.v1"

    body: Code
    approver: Code


class Forwarded(EventData):
    """The appeal goes to the competent body, the applicant is told. *external*: a body outside this register.

    *due* is the term at the new body where it is known at once; without it the appeal has no term until one is set.
    """

    type = "appeal.forwarded.v1"

    body: Code
    external: bool = False
    signer: Code | None = None
    reason: Sealed | None = None
    due: Instant | None = None


class ForwardedInPart(EventData):
    """A part goes to another body as an appeal of its own, the *child*; this one goes on."""

    type = "appeal.forwarded-in-part.v1"

    body: Code
    child: AppealNumber
    part: Count
    signer: Code | None = None


class Returned(EventData):
    """Back to the applicant, with reasons."""

    type = "appeal.returned.v1"

    reason: Code
    explanation: Sealed | None = None
    signer: Code | None = None


class DataRequested(EventData):
    """The applicant is asked for what is missing, until *until*."""

    type = "appeal.data-requested.v1"

    missing: tuple[Code, ...]
    until: Instant


class DataProvided(EventData):
    """The applicant brought what was missing."""

    type = "appeal.data-provided.v1"

    text: Sealed | None = None
    attachments: tuple[Attachment, ...] = ()


class HearingScheduled(EventData):
    """The applicant is to be heard."""

    type = "appeal.hearing-scheduled.v1"

    at: Instant


class HearingHeld(EventData):
    """The applicant was heard."""

    type = "appeal.hearing-held.v1"

    protocol: Sealed | None = None


class HearingWaived(EventData):
    """No hearing, with the reason the law asks for."""

    type = "appeal.hearing-waived.v1"

    reason: Code


class PreliminaryDecisionSent(EventData):
    """The applicant sees the decision before it is taken."""

    type = "appeal.preliminary-decision-sent.v1"

    text: Sealed | None = None


class DecisionPrepared(EventData):
    """A draft of the decision; a new draft replaces the old one."""

    type = "appeal.decision-prepared.v1"

    outcome: AnswerOutcome
    text: Sealed | None = None


class DecisionApproved(EventData):
    """The draft goes to the signer."""

    type = "appeal.decision-approved.v1"

    approver: Code


class DecisionDeclined(EventData):
    """The draft goes back to the executor."""

    type = "appeal.decision-declined.v1"

    by: Code
    remarks: Sealed | None = None


class Answered(EventData):
    """The answer is signed: the end of the term's clock."""

    type = "appeal.answered.v1"

    outcome: AnswerOutcome
    reason: AnswerReason | None = None
    signer: Code | None = None
    language: Language | None = None
    law: tuple[Code, ...] = ()
    text: Sealed | None = None

    @model_validator(mode="after")
    def _an_end_without_an_answer_has_a_reason(self) -> Self:
        if self.outcome in ("terminated", "not_considered") and self.reason is None:
            raise ValueError("this outcome needs a reason")
        return self


class AnswerDelivered(EventData):
    """The answer reached the applicant; of a collective appeal, the first named."""

    type = "appeal.answer-delivered.v1"

    channel: Code
    language: Language | None = None


class AnswerClarified(EventData):
    """The answer is explained; its substance stays."""

    type = "appeal.answer-clarified.v1"

    text: Sealed | None = None
    signer: Code | None = None


class AnswerCorrected(EventData):
    """A slip in the answer is corrected; its substance stays."""

    type = "appeal.answer-corrected.v1"

    text: Sealed | None = None
    signer: Code | None = None


class LeftWithoutConsideration(EventData):
    """A conclusion, approved by the head, that the law does not let this appeal be considered."""

    type = "appeal.left-without-consideration.v1"

    reason: NonConsiderationReason
    approver: Code | None = None


class ReviewTerminated(EventData):
    """The consideration ends without an answer on the substance."""

    type = "appeal.review-terminated.v1"

    reason: TerminationReason
    signer: Code | None = None
