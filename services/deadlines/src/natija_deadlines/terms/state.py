"""The term of one appeal, and how an event changes it (pure)."""

from datetime import datetime
from typing import NamedTuple

from natija_events.lifecycle import holding, transitions
from natija_events.lifecycle.holding import Holding
from natija_events.lifecycle.transitions import INITIAL, Standing
from natija_events.types.base import EventData
from natija_events.types.deadlines import Missed, TermExtended, TermSet, Warned
from natija_events.types.intake import Registered
from natija_events.types.routing import Forwarded, Reopened
from natija_events.wire.record import RecordedEvent


class AppealTerm(NamedTuple):
    """The term of one appeal: it runs from *counts_from*, *starts* with its first day and ends at *due*.

    *imported*: the register that opened it (*opener*) still feeds it. It gets no term or breach here.
    *warned* and *missed* hold the due instants with such an event on the log. *policy* names the rule of the term.
    """

    appeal: str
    standing: Standing = INITIAL
    jurisdiction: str | None = None
    kind: str | None = None
    country_type: str | None = None
    imported: bool = False
    opener: str | None = None
    counts_from: datetime | None = None
    starts: datetime | None = None
    due: datetime | None = None
    policy: str | None = None
    warned: tuple[datetime, ...] = ()
    missed: tuple[datetime, ...] = ()

    @property
    def running(self) -> bool:
        """True while somebody owes an answer."""
        return self.standing.state in transitions.OPEN


def evolve(term: AppealTerm, event: RecordedEvent) -> AppealTerm:
    """The clock after one more event of its appeal. Total, like every fold."""
    held = holding.evolve(Holding(opener=term.opener, fed=term.imported), event.event.source, event.data)
    standing = transitions.evolve(term.standing, event.type, event.time, event.data)
    moved = term._replace(standing=standing, imported=held.fed, opener=held.opener)
    return moved if event.data is None else _changed(moved, event.time, event.data)


def _changed(term: AppealTerm, time: datetime, data: EventData) -> AppealTerm:
    match data:
        case Registered():
            return term._replace(
                jurisdiction=data.jurisdiction,
                kind=data.kind,
                country_type=data.country_type,
                counts_from=data.received,
            )
        case TermSet():
            return term._replace(starts=data.starts, due=data.due, policy=data.policy)
        case TermExtended():
            return term._replace(due=data.due)
        case Forwarded():  # the recipient has a term of its own, from its receipt
            return term._replace(counts_from=time, starts=None, due=data.due, policy=None)
        case Reopened():  # a new term counts from the decision
            return term._replace(counts_from=data.decided, starts=None, due=None, policy=None)
        case Warned():
            return term._replace(warned=(*term.warned, data.due))
        case Missed():
            return term._replace(missed=(*term.missed, data.due))
    return term
