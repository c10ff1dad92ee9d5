"""The term of one appeal, and how an event changes it (pure)."""

from datetime import datetime
from typing import NamedTuple

from natija_events.lifecycle import holding, transitions
from natija_events.lifecycle.holding import Holding
from natija_events.lifecycle.transitions import INITIAL, Standing
from natija_events.terms.facts import makes_late, name_of
from natija_events.types.base import EventData
from natija_events.types.deadlines import (
    Missed,
    TermAnnulled,
    TermCorrected,
    TermExtended,
    TermResumed,
    TermSet,
    Warned,
    answer_term,
)
from natija_events.types.intake import Registered
from natija_events.types.routing import Forwarded, Reopened
from natija_events.wire.record import RecordedEvent


class AppealTerm(NamedTuple):
    """The term for the answer of one appeal: it counts from *counts_from*, starts with its first day and ends at *due*.

    *fed*: the register that opened the appeal (*opener*) still feeds it. *origin* is the sequence of the event from
    which the next term counts. *term* is the id of the present term, *terms* the greatest number of those that were
    set, *last* the sequence of the last event of the present one. *warned* and *missed* hold its due instants with such
    an event on the log. *policy* names the rule of the term. *counts* is false when its end makes no body late. It is
    *paused* after an event of *pauses*, until it is resumed.
    """

    appeal: str
    standing: Standing = INITIAL
    jurisdiction: str | None = None
    kind: str | None = None
    country_type: str | None = None
    opener: str | None = None
    fed: bool = False
    received: datetime | None = None
    counts_from: datetime | None = None
    origin: int = 0
    terms: int = 0
    term: str | None = None
    last: int = 0
    starts: datetime | None = None
    due: datetime | None = None
    policy: str | None = None
    warned: tuple[datetime, ...] = ()
    missed: tuple[datetime, ...] = ()
    counts: bool = True
    pauses: tuple[str, ...] = ()
    paused: bool = False

    @property
    def running(self) -> bool:
        """True while somebody owes an answer."""
        return self.standing.state in transitions.OPEN

    @property
    def watched(self) -> bool:
        """True while the end of a term is watched."""
        return self.running and self.due is not None and not self.fed and self.counts and not self.paused

    @property
    def unset(self) -> bool:
        """True when a term is to be set, also after the end: then it tells whether the appeal ended in time."""
        return self.term is None and self.origin > 0 and not self.fed


def evolve(term: AppealTerm, event: RecordedEvent) -> AppealTerm:
    """The clock after one more event of its appeal. Total, like every fold."""
    standing = transitions.evolve(term.standing, event.type, event.time, event.data)
    held = holding.evolve(Holding(opener=term.opener, fed=term.fed), event.event.source, event.data)
    paused = term.paused or name_of(event.type) in term.pauses
    moved = term._replace(standing=standing, opener=held.opener, fed=held.fed, paused=paused)
    return moved if event.data is None else _changed(moved, event, event.data)


def _changed(term: AppealTerm, event: RecordedEvent, data: EventData) -> AppealTerm:
    match data:
        case Registered():
            return term._replace(
                jurisdiction=data.jurisdiction, kind=data.kind, country_type=data.country_type,
                received=data.received, counts_from=data.received, origin=event.sequence,
            )  # fmt: skip
        case TermSet():
            return _set(term, event.sequence, data)
        case TermResumed() | TermExtended() if data.term == term.term:
            paused = term.paused and not isinstance(data, TermResumed)
            return term._replace(due=data.due, last=event.sequence, paused=paused)
        case TermCorrected() if data.term == term.term:
            return term._replace(due=data.due, last=event.sequence, policy=data.policy or term.policy)
        case Warned() if data.term == term.term:
            return term._replace(warned=(*term.warned, data.due), last=event.sequence)
        case Missed() if data.term == term.term:
            return term._replace(missed=(*term.missed, data.due), last=event.sequence)
        case TermAnnulled() if data.term == term.term:
            return term._replace(last=event.sequence)
        case Forwarded() if not data.external:  # the recipient has a term of its own, from its receipt
            return _void(term, event.sequence, event.time)
        case Reopened():
            return _void(term, event.sequence, data.decided)
    return term


def _set(term: AppealTerm, sequence: int, data: TermSet) -> AppealTerm:
    answer = answer_term(data)
    if answer is None:
        return term
    id, due = answer
    found = next((one for one in data.terms or () if one.id == id), None)
    counts, pauses = (True, ()) if found is None else (makes_late(found), found.pauses)
    named = found or data
    changed = term._replace(
        term=id, due=due, starts=named.starts, policy=named.policy, last=sequence, counts=counts, pauses=pauses,
        paused=False,
    )  # fmt: skip
    if id == term.term:
        return changed
    return changed._replace(terms=max(term.terms, int(id.rpartition("-")[2])), warned=(), missed=())


def _void(term: AppealTerm, sequence: int, counts_from: datetime) -> AppealTerm:
    """The present term has ended, and the next one counts from *counts_from*."""
    return term._replace(
        counts_from=counts_from, origin=sequence, term=None, starts=None, due=None, policy=None, warned=(), missed=(),
        counts=True, pauses=(), paused=False,
    )  # fmt: skip
