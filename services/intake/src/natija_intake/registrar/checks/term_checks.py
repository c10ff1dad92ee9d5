"""The registrar's checks of terms, by the head alone: who may set a `due`, and which extension is within its limits."""

from collections.abc import Collection, Sequence
from datetime import datetime

from natija_events.lifecycle.transitions import HISTORY
from natija_events.reference.data import ReferenceData
from natija_events.types.base import EventData
from natija_events.types.deadlines import TermExtended, TermSet
from natija_events.wire.envelope import Event
from natija_events.wire.rejection import Rejection
from natija_intake.registrar.checks.authorization import meeting_roles
from natija_intake.registrar.heads import Head, advance
from natija_intake.registrar.term_limits import MAX_TERMS, TermLimit, find_limit, microseconds


def find_wrong_due(event: Event, data: EventData, reference: ReferenceData) -> Rejection | None:
    """A rejection when the publisher of *event* may not set the `due` of its *data*."""
    if isinstance(data, TermSet) and data.due is not None and HISTORY not in reference.roles(event.source):
        return Rejection("forbidden", "due", "may be set only by a publisher of histories")
    return None


def find_wrong_term(
    events: Sequence[Event], data: Sequence[EventData], head: Head, reference: ReferenceData, appended: datetime
) -> Rejection | None:
    """The first rule of terms that a proposal breaks; None when it breaks none.

    *head* is that of the appeal, *appended* is when the proposal was sent. A publisher of histories may extend any
    term: its limits are those of another register.
    """
    if not any(isinstance(one, (TermSet, TermExtended)) for one in data):
        return None
    for index, (event, one) in enumerate(zip(events, data, strict=True)):
        if wrong := _find_wrong(event, one, head, reference, appended):
            return wrong._replace(field=f"[{index}].{wrong.field}") if len(events) > 1 else wrong
        head = advance(head, event, one)
    return None


def _find_wrong(
    event: Event, data: EventData, head: Head, reference: ReferenceData, appended: datetime
) -> Rejection | None:
    roles = reference.roles(event.source)
    if isinstance(data, TermSet):
        return _find_wrong_set(data, head)
    if isinstance(data, TermExtended) and HISTORY not in roles:
        met = meeting_roles(head.holding, event.source, data, reference)
        return _find_beyond(data, find_limit(head.limits, data.term), met, microseconds(appended))
    return None


def _find_wrong_set(data: TermSet, head: Head) -> Rejection | None:
    terms = data.terms or ()
    if len({term.id for term in terms}) < len(terms):
        return Rejection("unlawful", "terms", "has two terms with one id")
    if sum(term.extension is not None for term in terms) > MAX_TERMS:
        return Rejection("unlawful", "terms", f"has more than {MAX_TERMS} terms that may be extended")
    if any(term.origin.sequence > head.standing.sequence for term in terms):
        return Rejection("unlawful", "terms", "has a term that counts from an event which is not registered")
    return None


def _find_beyond(
    data: TermExtended, limit: TermLimit | None, roles: Collection[str], appended: int
) -> Rejection | None:
    if limit is None:
        return Rejection("unlawful", "term", "is not a term of this appeal that may be extended")
    _, due, latest, times, until, allowed = limit
    if not any(role in roles for role in allowed):
        return Rejection("unlawful", "term", "may not be extended by this publisher")
    if times < 1:
        return Rejection("unlawful", "term", "was extended as often as it may be")
    if appended > (due if until is None else min(due, until)):
        return Rejection("unlawful", "term", "may not be extended any more: its time for that has passed")
    if microseconds(data.due) <= due:
        return Rejection("unlawful", "due", "is not after the instant at which the term ends now")
    if microseconds(data.due) > latest:
        return Rejection("unlawful", "due", "is after the latest instant to which the term may be extended")
    return None
