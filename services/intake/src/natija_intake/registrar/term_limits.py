"""Limits of terms: who may extend which term, until when and how far. The head keeps them.

The clock writes the limits with the term, by its policy. So the registrar needs no policy.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from natija_events.types.base import EventData
from natija_events.types.deadlines import Term, TermCorrected, TermExtended, TermResumed, TermSet

TermLimit = Sequence[Any]
"""Of one extendable term: due, latest, times left, until (None: the due instant), roles. Instants in microseconds."""

TermLimits = Mapping[str, TermLimit]
"""By the id of the term. In JSON at most half a KB: see `MAX_TERMS`."""

NO_LIMITS: TermLimits = {}
MAX_TERMS = 4
"""The extendable terms that a head keeps: the last ones that were set. An event sets no more of them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def evolve_limits(limits: TermLimits, data: EventData | None) -> TermLimits:
    """The limits after one more registered event."""
    if isinstance(data, TermSet):
        return _with_terms(limits, data.terms or ())
    if not isinstance(data, (TermExtended, TermResumed, TermCorrected)) or data.term not in limits:
        return limits
    _, latest, times, until, roles = limits[data.term]
    left = times - isinstance(data, TermExtended)
    return {**limits, data.term: [microseconds(data.due), latest, left, until, roles]}


def _with_terms(limits: TermLimits, terms: Sequence[Term]) -> TermLimits:
    if not terms:
        return limits
    kept = {id: limit for id, limit in limits.items() if all(id != term.id for term in terms)}
    for term in terms:
        if (extension := term.extension) is not None:
            until = None if extension.until is None else microseconds(extension.until)
            kept[term.id] = [
                microseconds(term.due),
                microseconds(extension.latest),
                extension.times,
                until,
                [*extension.roles],
            ]
    return dict(list(kept.items())[-MAX_TERMS:])


def microseconds(instant: datetime) -> int:
    """*instant* as a limit holds it."""
    return (instant - _EPOCH) // _MICROSECOND
