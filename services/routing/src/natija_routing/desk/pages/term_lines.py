"""The terms of an appeal in a table: each of its terms with its state, and from what it counts."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from natija_events.terms.facts import facts_of
from natija_events.terms.states import Status, term_states
from natija_events.types.deadlines import Term, TermSet
from natija_events.wire.record import RecordedEvent

_INSTANT = timedelta(microseconds=1)


class TermLine(NamedTuple):
    """One term as of an instant. *last* is an instant of its last day. *set*: how it was counted; None for that of a
    history. *origin*: the type of the event from which it counts."""

    id: str
    kind: str
    holder: str | None
    due: datetime
    last: datetime
    status: Status
    set: Term | None
    origin: str | None


def term_lines(events: Sequence[RecordedEvent], now: datetime) -> list[TermLine]:
    """The terms of the appeal with *events*, as of *now*; those of the body that must act first."""
    types = {one.sequence: one.type for one in events}
    terms = {term.id: term for one in events for term in _terms(one)}
    found = []
    for state in term_states((fact for one in events for fact in facts_of(one)), now):
        term = terms.get(state.term)
        origin = None if term is None else types.get(term.origin.sequence)
        kind = state.term.rpartition("-")[0]
        last = state.due - _INSTANT
        found.append(TermLine(state.term, kind, state.holder, state.due, last, state.status, term, origin))
    return sorted(found, key=lambda one: (one.status not in ("running", "paused", "missed"), one.due))


def _terms(event: RecordedEvent) -> Iterable[Term]:
    return event.data.terms or () if isinstance(event.data, TermSet) else ()
