"""Facts about the terms of an appeal: all that decides whether a term was kept. Each event gives none, one or several.

A projection that needs terms keeps them in one table. `lateness` judges them in Python, `lateness_sql` in SQL.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args

from natija_events.lifecycle.transitions import TABLE, TERMINAL, Resume
from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData
from natija_events.wire.record import RecordedEvent

Change = Literal[
    "opened", "ended", "merged", "unmerged", "stepped",
    "set", "resumed", "extended", "corrected", "missed", "annulled",
]  # fmt: skip
"""The first row concerns the appeal, the second one of its terms. `stepped`: an event that may end or pause a term."""

LATE_EXPIRIES: tuple[deadlines.Expiry, ...] = ("breach", "deemed-refusal")
"""A body is late when a term ends so."""
APPLICANT = "applicant"
"""The holder of a term that no body must keep."""


class TermFact(NamedTuple):
    """One fact, and the event that gives it. *place* tells several of one event apart.

    *holder*: who must act, from a `set`; otherwise the body that has the appeal from now on. *term*: None for a fact
    about the appeal. *name*: the type of its event, without the version. *ends*, *pauses*, *counts* and
    *origin_sequence* belong to `set`; *counts* is false for a term whose end makes no body late. Without
    *origin_sequence* the term counts from the opening before it.
    """

    appeal: str
    sequence: int
    place: int
    time: datetime
    recordedtime: datetime
    change: Change
    name: str
    term: str | None = None
    due: datetime | None = None
    holder: str | None = None
    origin_sequence: int | None = None
    ends: tuple[str, ...] | None = None
    pauses: tuple[str, ...] | None = None
    counts: bool | None = None


class AppealFact(NamedTuple):
    """A fact about the appeal: its *change*, and the field of the data that names its new *holder*, if any does."""

    change: Change
    holder: str | None = None


class ByField(NamedTuple):
    """One of two facts: *when_set* if the data's *field* is set, else *otherwise*."""

    field: str
    when_set: AppealFact
    otherwise: AppealFact


def facts_of(event: RecordedEvent) -> tuple[TermFact, ...]:
    """The facts that *event* gives, in their order."""
    data = event.data
    if data is None:
        return ()
    if isinstance(data, deadlines.TermSet):
        return _terms_set(event, data)
    if of_term := TERM_CHANGES.get(type(data)):
        named: Any = data
        return (_fact(event, of_term, term=named.term, due=named.due),)
    fact = APPEAL_FACTS.get(type(data))
    if isinstance(fact, ByField):
        fact = fact.when_set if getattr(data, fact.field) else fact.otherwise
    if fact is None:
        return ()
    return (_fact(event, fact.change, holder=None if fact.holder is None else getattr(data, fact.holder)),)


def makes_late(term: deadlines.Term) -> bool:
    """Whether a body is late when *term* passes."""
    return term.expiry in LATE_EXPIRIES and term.holder != APPLICANT


def name_of(type: str) -> str:
    """The name of an event type: without its version."""
    return type.rpartition(".")[0]


def _fact(event: RecordedEvent, change: Change, **more: Any) -> TermFact:
    told, stamp = event.event, event.stamp
    assert event.data is not None
    name = name_of(event.data.type)
    return TermFact(told.subject, stamp.sequence, 0, told.time, stamp.recordedtime, change, name, **more)


def _terms_set(event: RecordedEvent, data: deadlines.TermSet) -> tuple[TermFact, ...]:
    found = [
        _fact(
            event, "set", term=term.id, due=term.due, holder=term.holder, origin_sequence=term.origin.sequence,
            ends=term.ends, pauses=term.pauses, counts=makes_late(term),
        )
        for term in data.terms or ()
    ]  # fmt: skip
    if data.due is not None:
        ends = deadlines.ANSWER_ENDS
        found.append(_fact(event, "set", term=deadlines.ANSWER, due=data.due, ends=ends, pauses=(), counts=True))
    return tuple(fact._replace(place=place) for place, fact in enumerate(found))


def _change_by_table(data: type[EventData]) -> Change | None:
    """The change that an event makes, by the life-cycle table; None for one that ends and pauses no term."""
    target = TABLE[data.type].target
    if data in (intake.Registered, routing.Reopened):
        return "opened"
    if data is intake.DuplicateUnlinked:
        return "unmerged"
    if target == "MERGED_AS_DUPLICATE":
        return "merged"
    if not isinstance(target, Resume) and target in TERMINAL:
        return "ended"
    return "stepped" if name_of(data.type) in get_args(deadlines.TermEvent) else None


TERM_CHANGES: Mapping[type[EventData], Change] = {
    deadlines.TermSet: "set",
    deadlines.TermResumed: "resumed",
    deadlines.TermExtended: "extended",
    deadlines.TermCorrected: "corrected",
    deadlines.Missed: "missed",
    deadlines.TermAnnulled: "annulled",
}
"""The types that give facts about terms."""

_HOLDERS: Mapping[type[EventData], str] = {
    intake.Registered: "addressee", routing.Routed: "body", routing.Reopened: "body",
}  # fmt: skip

APPEAL_FACTS: Mapping[type[EventData], AppealFact | ByField] = {
    row.data: AppealFact(change, _HOLDERS.get(row.data))
    for row in TABLE.values()
    if (change := _change_by_table(row.data)) is not None
} | {routing.Forwarded: ByField("external", AppealFact("ended"), AppealFact("stepped", "body"))}
"""The types that give a fact about the appeal. A body outside the register never holds it; a part is another appeal."""
