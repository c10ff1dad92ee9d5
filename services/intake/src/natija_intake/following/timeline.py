"""The timeline of an appeal for its applicant, and the term for the answer, from its events. Pure.

Only types of the table `SHOWN` appear. Notes, drafts, tasks and approvals are of the body alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData
from natija_events.wire.record import RecordedEvent

_ANSWER = "answer-"
"""Terms of other kinds are of bodies among each other, or stand beside what they are about."""


ANSWERS = (routing.Answered, routing.Returned, routing.LeftWithoutConsideration, routing.ReviewTerminated)
"""The types with which a body answers an appeal, or ends it and says why."""


class TimelineStep(NamedTuple):
    """A step that the applicant sees: its *type*, and when it happened.

    *body* is the id of the body to which the appeal went, *until* the instant until which somebody must act, and *at*
    the instant of a hearing.
    """

    type: str
    time: datetime
    body: str | None = None
    until: datetime | None = None
    at: datetime | None = None


class AnswerTerm(NamedTuple):
    """The reasons for the present term for the answer: it counts from *origin* by *policy* and *calendar*.

    *moved* are the types of the events that have moved it since: extended, resumed, corrected.
    """

    origin: datetime | None = None
    policy: str | None = None
    calendar: str | None = None
    moved: tuple[str, ...] = ()


class AppealTimeline(NamedTuple):
    """The *steps* of an appeal in their order, and the reasons for its *term*; None without a term.

    *asks_to_withdraw*: the applicant has asked for that, and nobody has answered. *data_until* is the instant until
    which data were asked for last. *sequence* is that of the last event, which may be hidden. *answered*: an answer can
    be read, also one that counts no more.
    """

    steps: tuple[TimelineStep, ...] = ()
    term: AnswerTerm | None = None
    asks_to_withdraw: bool = False
    data_until: datetime | None = None
    sequence: int = 0
    answered: bool = False


SHOWN: frozenset[type[EventData]] = frozenset(
    {
        intake.Registered, intake.Supplemented, intake.ApplicantCorrected, intake.WithdrawalRequested,
        intake.Withdrawn, intake.WithdrawalDeclined, intake.DuplicateLinked, intake.DuplicateUnlinked,
        intake.AccessCodeReplaced, intake.PersonErased, routing.Routed, routing.Forwarded, routing.ForwardedInPart,
        routing.Returned, routing.DataRequested, routing.DataProvided, routing.HearingScheduled, routing.HearingHeld,
        routing.HearingWaived, routing.PreliminaryDecisionSent, routing.Answered, routing.AnswerDelivered,
        routing.AnswerClarified, routing.AnswerCorrected, routing.LeftWithoutConsideration, routing.ReviewTerminated,
        routing.Reopened, deadlines.TermSet, deadlines.TermResumed, deadlines.TermCorrected, deadlines.TermExtended,
        deadlines.TermAnnulled, deadlines.Missed, deadlines.DataTermExpired,
    }
)  # fmt: skip
"""The types that an applicant sees. A type that is not here is left out, also one that a later version adds."""


def read_timeline(events: Sequence[RecordedEvent]) -> AppealTimeline:
    """The timeline of an appeal with these *events*, in their order."""
    asked = [one.data.until for one in events if isinstance(one.data, routing.DataRequested)]
    return AppealTimeline(
        tuple(_steps(events)),
        _answer_term(events),
        _asks_to_withdraw(events),
        asked[-1] if asked else None,
        events[-1].sequence if events else 0,
        any(isinstance(one.data, ANSWERS) for one in events),
    )


def _steps(events: Iterable[RecordedEvent]) -> Iterator[TimelineStep]:
    holder: str | None = None
    for event in events:
        data = event.data
        if data is None or type(data) not in SHOWN or not _is_about_the_answer(data):
            continue
        if isinstance(data, routing.Routed) and data.body == holder:  # another official of the same body
            continue
        if isinstance(data, (routing.Routed, routing.Reopened)) or (
            isinstance(data, routing.Forwarded) and not data.external
        ):
            holder = data.body
        at = data.at if isinstance(data, routing.HearingScheduled) else None
        yield TimelineStep(data.type, event.time, getattr(data, "body", None), _until(data), at)


def _answer_term(events: Iterable[RecordedEvent]) -> AnswerTerm | None:
    found: AnswerTerm | None = None
    for event in events:
        match event.data:
            case deadlines.TermSet() as data if deadlines.answer_term(data) is not None:
                found = _as_set(data)
            case routing.Forwarded(external=False) | routing.Reopened():
                found = None
            case deadlines.TermCorrected() as data if found is not None and _is_about_the_answer(data):
                found = found._replace(
                    policy=data.policy or found.policy,
                    calendar=data.calendar or found.calendar,
                    moved=(*found.moved, data.type),
                )
            case deadlines.TermResumed() | deadlines.TermExtended() as data if found is not None:
                if _is_about_the_answer(data):
                    found = found._replace(moved=(*found.moved, data.type))
    return found


def _asks_to_withdraw(events: Sequence[RecordedEvent]) -> bool:
    types = (intake.WithdrawalRequested, intake.WithdrawalDeclined)
    last = next((one.data for one in reversed(events) if isinstance(one.data, types)), None)
    return isinstance(last, intake.WithdrawalRequested)


def _as_set(data: deadlines.TermSet) -> AnswerTerm:
    term = next((one for one in reversed(data.terms or ()) if one.kind == "answer"), None)
    if term is None:  # of a history
        return AnswerTerm(policy=data.policy)
    return AnswerTerm(term.origin.instant, term.policy, term.calendar)


def _until(data: EventData) -> datetime | None:
    match data:
        case deadlines.TermSet():
            answer = deadlines.answer_term(data)
            return None if answer is None else answer[1]
        case deadlines.TermResumed() | deadlines.TermCorrected() | deadlines.TermExtended():
            return data.due
        case routing.DataRequested():
            return data.until
    return None


def _is_about_the_answer(data: EventData) -> bool:
    if isinstance(data, deadlines.TermSet):
        return deadlines.answer_term(data) is not None
    if isinstance(data, deadlines.DataTermExpired):
        return True
    term: str | None = getattr(data, "term", None)
    return term is None or term.startswith(_ANSWER)
