"""Limits of terms: who may extend which term, until when and how far. The head keeps them.

The clock writes the limits with the term, by its policy. So the registrar needs no policy.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from natija_events.types.base import EventData
from natija_events.types.deadlines import Term, TermCorrected, TermExtended, TermResumed, TermSet


class TermLimit(NamedTuple):
    """The limits of one extendable term. Instants are in microseconds; *times* are left.

    *until* None: until the due instant.
    """

    id: str
    due: int
    latest: int
    times: int
    until: int | None
    roles: Sequence[str]


TermLimits = tuple[TermLimit, ...]
"""The limits of an appeal's terms, the last one set last. In JSON at most half a KB: see `MAX_TERMS`."""

NO_LIMITS: TermLimits = ()
MAX_TERMS = 4
"""The extendable terms that a head keeps: the last ones that were set. An event sets no more of them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def find_limit(limits: TermLimits, id: str) -> TermLimit | None:
    """The limits of the term *id*; None when it may not be extended."""
    return next((limit for limit in limits if limit.id == id), None)


def evolve_limits(limits: TermLimits, data: EventData | None) -> TermLimits:
    """The limits after one more registered event."""
    if isinstance(data, TermSet):
        return _with_terms(limits, data.terms or ())
    if not isinstance(data, (TermExtended, TermResumed, TermCorrected)):
        return limits
    extended, due = isinstance(data, TermExtended), microseconds(data.due)
    return tuple(
        limit._replace(due=due, times=limit.times - extended) if limit.id == data.term else limit for limit in limits
    )


def without_answers(limits: TermLimits) -> TermLimits:
    """The limits without those of terms for the answer: the body that they bound no longer holds the appeal."""
    return tuple(limit for limit in limits if not limit.id.startswith("answer-"))


def read_limits(stored: Sequence[Sequence[Any]]) -> TermLimits:
    """The limits from JSON values: they are written as lists."""
    return tuple(TermLimit(*limit) for limit in stored)


def _with_terms(limits: TermLimits, terms: Sequence[Term]) -> TermLimits:
    if not terms:
        return limits
    ids = {term.id for term in terms}
    kept = [limit for limit in limits if limit.id not in ids]
    kept += [_limit(term) for term in terms if term.extension is not None]
    return tuple(kept[-MAX_TERMS:])


def _limit(term: Term) -> TermLimit:
    extension = term.extension
    assert extension is not None
    until = None if extension.until is None else microseconds(extension.until)
    latest = microseconds(extension.latest)
    return TermLimit(term.id, microseconds(term.due), latest, extension.times, until, [*extension.roles])


def microseconds(instant: datetime) -> int:
    """*instant* as a limit holds it."""
    return (instant - _EPOCH) // _MICROSECOND
