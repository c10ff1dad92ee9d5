"""The state of one appeal beside the facts about its terms, and how an event changes it (pure).

The facts judge the terms; see `natija_events.terms`. This state holds what the policies need: the events that may start
terms, the law of each term, and who holds the appeal.
"""

from datetime import datetime
from typing import NamedTuple

from natija_deadlines.policies.rules import STARTS
from natija_events.ids import derived_event_id
from natija_events.lifecycle import holding, transitions
from natija_events.lifecycle.holding import Holding
from natija_events.lifecycle.transitions import INITIAL, Standing
from natija_events.terms.facts import name_of
from natija_events.types.base import EventData
from natija_events.types.deadlines import (
    ANSWER,
    Addressee,
    DataTermExpired,
    Expiry,
    Missed,
    Term,
    TermAnnulled,
    TermCorrected,
    TermExtended,
    TermResumed,
    TermSet,
    Warned,
)
from natija_events.types.intake import Registered
from natija_events.types.routing import DataRequested, ExecutorChanged, Forwarded, Reopened, Routed
from natija_events.wire.record import RecordedEvent


class Start(NamedTuple):
    """An event that may start terms, and none is set for it yet.

    *instant*: the instant from which they count. *until*: a due instant that the event names. *outside*: the appeal
    left the register. *fed*: a register fed it. *held_from* and *held_since*: the event by which the body had got the
    appeal, and its instant.
    """

    sequence: int
    name: str
    time: datetime
    instant: datetime
    held_from: int
    held_since: datetime
    until: datetime | None = None
    outside: bool = False
    fed: bool = False


class ToldStep(NamedTuple):
    """A step of the escalation ladder that was told: *to* whom, of which *due* instant, and at which *time*."""

    step: int
    to: Addressee | None
    due: datetime
    time: datetime


class SetTerm(NamedTuple):
    """The law of a term that was set. *last* is the sequence of its last event, *told* the steps of its ladder."""

    id: str
    origin: int
    instant: datetime
    starts: datetime | None
    policy: str | None
    calendar: str | None
    expiry: Expiry
    last: int
    told: tuple[ToldStep, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of the term."""
        return self.id.rpartition("-")[0]

    @property
    def calendar_id(self) -> str:
        """The working calendar, without the version of its days; "" for a term that none counts."""
        return (self.calendar or "").partition("/")[0]

    def told_of(self, due: datetime) -> int:
        """The last step of the ladder that was told of this *due* instant; 0 before the first one."""
        return self.told[-1].step if self.told and self.told[-1].due == due else 0


class AppealTerms(NamedTuple):
    """The terms of one appeal, as policies see them.

    *confidential*, *complained_of* and *complaint_of* are as registered: they decide who may see the appeal. *fed*: the
    register that opened the appeal (*opener*) still feeds it. *opening*: the sequence of its registration,
    or of the decision to consider it again. *held_from* and *held_since*: the event by which its *holder* got it. *due*
    is the term for the answer in force, *breach* the first that was missed, *holder_breach* the first that the *holder*
    missed. At *fires_at* an event is due, unless something happens before; *data_missing* says why no term can be set.
    *final_time* and *final_recordedtime*: those of the last facts of an appeal that is closed; None while it is open.
    """

    appeal: str
    standing: Standing = INITIAL
    jurisdiction: str | None = None
    kind: str | None = None
    country_type: str | None = None
    confidential: bool = False
    complained_of: str | None = None
    complaint_of: str | None = None
    opener: str | None = None
    fed: bool = False
    received: datetime | None = None
    holder: str | None = None
    executor: str | None = None
    opening: int = 0
    held_from: int = 0
    held_since: datetime | None = None
    starts: tuple[Start, ...] = ()
    terms: tuple[SetTerm, ...] = ()
    due: datetime | None = None
    breach: datetime | None = None
    holder_breach: datetime | None = None
    fires_at: datetime | None = None
    final_time: datetime | None = None
    final_recordedtime: datetime | None = None
    data_missing: str | None = None

    @property
    def running(self) -> bool:
        """True while somebody owes an answer."""
        return self.standing.state in transitions.OPEN

    @property
    def answer(self) -> SetTerm | None:
        """The present term for the answer: the last one, unless the appeal went on since."""
        last = next((term for term in reversed(self.terms) if term.kind == "answer"), None)
        return last if last is not None and last.origin >= self.held_from else None

    def number(self, kind: str) -> int:
        """The number of the last term of *kind*."""
        return max((int(term.id.rpartition("-")[2]) for term in self.terms if term.kind == kind), default=0)


def evolve(appeal: AppealTerms, event: RecordedEvent) -> AppealTerms:
    """The state after one more event of its appeal. Total, like every fold."""
    standing = transitions.evolve(appeal.standing, event.type, event.time, event.data)
    held = holding.evolve(Holding(opener=appeal.opener, fed=appeal.fed), event.event.source, event.data)
    moved = appeal._replace(standing=standing, opener=held.opener, fed=held.fed)
    if event.data is None:
        return moved
    return _changed(_with_start(moved, event, event.data), event, event.data)


def _with_start(appeal: AppealTerms, event: RecordedEvent, data: EventData) -> AppealTerms:
    """The event is one that may start terms."""
    name = name_of(event.type)
    if name not in STARTS or (isinstance(data, Missed) and not _is_refusal(appeal, data)):
        return appeal
    instant = event.time
    if isinstance(data, Registered):
        instant = data.received
    elif isinstance(data, Reopened):
        instant = data.decided
    start = Start(
        event.sequence, name, event.time, instant, appeal.held_from, appeal.held_since or instant,
        until=data.until if isinstance(data, DataRequested) else None,
        outside=isinstance(data, Forwarded) and data.external, fed=appeal.fed,
    )  # fmt: skip
    return appeal._replace(starts=(*appeal.starts, start))


def _is_refusal(appeal: AppealTerms, data: Missed) -> bool:
    return any(term.id == data.term and term.expiry == "deemed-refusal" for term in appeal.terms)


def _changed(appeal: AppealTerms, event: RecordedEvent, data: EventData) -> AppealTerms:
    match data:
        case Registered():
            return appeal._replace(
                jurisdiction=data.jurisdiction, kind=data.kind, country_type=data.country_type, received=data.received,
                confidential=data.confidential, complained_of=data.complained_of, complaint_of=data.complaint_of,
                holder=data.addressee, opening=event.sequence, held_from=event.sequence, held_since=data.received,
            )  # fmt: skip
        case Routed():
            return appeal._replace(holder=data.body, executor=data.executor)
        case ExecutorChanged():
            return appeal._replace(executor=data.executor)
        case Forwarded() if not data.external:
            return appeal._replace(
                holder=data.body, executor=None, held_from=event.sequence, held_since=event.time
            )  # fmt: skip
        case Reopened():
            return appeal._replace(
                holder=data.body, executor=None, opening=event.sequence, held_from=event.sequence,
                held_since=data.decided,
            )  # fmt: skip
        case TermSet():
            return _set(appeal, event, data)
        case Warned():
            told = ToldStep(data.step, data.to, data.due, event.time)
            before = next((term.told for term in appeal.terms if term.id == data.term), ())
            return _term_changed(appeal, data.term, event.sequence, told=(*before, told))
        case TermCorrected():
            changed = {"policy": data.policy, "calendar": data.calendar}
            given = {name: value for name, value in changed.items() if value is not None}
            return _term_changed(appeal, data.term, event.sequence, **given)
        case TermResumed() | TermExtended() | Missed() | TermAnnulled() | DataTermExpired():
            return _term_changed(appeal, data.term, event.sequence)
    return appeal


def _set(appeal: AppealTerms, event: RecordedEvent, data: TermSet) -> AppealTerms:
    """Terms are set. The event that starts them waits no longer: it is in the id of the event, or is their origin."""
    origins = {term.origin.sequence for term in data.terms or ()}
    waiting = tuple(
        start
        for start in appeal.starts
        if start.sequence not in origins and event.id != derived_event_id(appeal.appeal, data.type, str(start.sequence))
    )
    set = [_of_term(term, event.sequence) for term in data.terms or ()]
    if data.due is not None:
        instant = appeal.held_since or event.time
        set.append(SetTerm(ANSWER, appeal.opening, instant, data.starts, data.policy, None, "breach", event.sequence))
        waiting = tuple(start for start in waiting if start.sequence > appeal.held_from)
    ids = {term.id for term in set}
    return appeal._replace(starts=waiting, terms=(*(one for one in appeal.terms if one.id not in ids), *set))


def _of_term(term: Term, sequence: int) -> SetTerm:
    origin = term.origin
    return SetTerm(
        term.id, origin.sequence, origin.instant, term.starts, term.policy, term.calendar, term.expiry, sequence
    )  # fmt: skip


def _term_changed(appeal: AppealTerms, id: str, sequence: int, **changed: object) -> AppealTerms:
    terms = tuple(
        term._replace(last=sequence, **changed) if term.id == id else term  # type: ignore[arg-type]  # fields of it
        for term in appeal.terms
    )
    return appeal._replace(terms=terms)
