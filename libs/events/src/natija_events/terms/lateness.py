"""Late: whether a term was kept, as one function. `lateness_sql` says the same in SQL.

The due instant itself is in time, like "24:00" of the last day. In force at an instant is the due instant that the last
event dated by then has set, resumed or extended. A correction replaces all from the term's origin. An appeal is late at
an instant if a due instant passed before it while in force, and at the due instant:

- the term was not ended: an end dated at the due instant is in time;
- the term was not paused;
- the appeal was not merged with another. Once the link is taken back, the due instant counts again.

A term that is set after its due instant, or after the end of the appeal, is judged in the same way. A recorded
breach counts, too, until it is annulled.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from natija_events.terms.facts import TermFact, facts_of
from natija_events.types.deadlines import ANSWER
from natija_events.types.intake import Registered
from natija_events.wire.record import RecordedEvent

_DUES = ("set", "resumed", "extended", "corrected")
_MERGES = ("opened", "merged", "unmerged")


class Breach(NamedTuple):
    """A term that its *holder* missed; None when no body held the appeal at the due instant."""

    term: str
    due: datetime
    holder: str | None


class Lateness(NamedTuple):
    """An appeal as of an instant. *due*: the term in force then, or when it closed. *closed*: None while open."""

    due: datetime | None
    closed: datetime | None
    breaches: tuple[Breach, ...]

    @property
    def overdue(self) -> bool:
        """True when a term was missed by then."""
        return bool(self.breaches)


class DueSpan(NamedTuple):
    """A due instant of a term: the fact that sets it, the next one that moves it, and the term as it was set."""

    fact: TermFact
    next: TermFact | None
    set: TermFact
    origin: int


def is_late(instant: datetime, due: datetime) -> bool:
    """Whether *instant* comes after *due*. Both are aware."""
    return instant > due


def lateness(events: Iterable[RecordedEvent], at: datetime, known: datetime | None = None) -> Lateness | None:
    """The lateness of one appeal at the aware instant *at*, from all its *events*. None: not received by then.

    Only events dated at or before *at* count, and only those recorded by *known*, if it is given.
    """
    facts: list[TermFact] = []
    received = None
    for event in events:
        facts += facts_of(event)
        if isinstance(event.data, Registered) and event.time <= at and (known is None or event.recordedtime <= known):
            received = event.data.received
    return judge(facts, at, known) if received is not None and received <= at else None


def judge(facts: Iterable[TermFact], at: datetime, known: datetime | None = None) -> Lateness:
    """The lateness of one appeal, from all *facts* about it, as `lateness`."""
    seen = sorted((one for one in facts if one.time <= at and (known is None or one.recordedtime <= known)), key=_order)
    life = [one for one in seen if one.term is None]
    ends, closed = _closing(life)
    spans = due_spans(seen)
    found = {(one.fact.term or "", _due(one.fact)): one for one in spans if _is_missed(one, at, seen, life, ends)}
    latest = {one.fact.term: one.set for one in spans}
    missed = {(one.term or "", _due(one)) for one in seen if one.change == "missed" and not _is_annulled(one, seen)}
    breaches = [Breach(term, due, _holder(latest.get(term), due, life)) for term, due in sorted({*found, *missed})]
    return Lateness(_due_now(spans, life), closed, tuple(breaches))


def due_spans(facts: Sequence[TermFact]) -> list[DueSpan]:
    """The due instants of every term, from *facts* in their order. A correction leaves no earlier one of its term."""
    spans: dict[str, list[DueSpan]] = {}
    for fact in facts:
        if fact.term is None or fact.change not in _DUES:
            continue
        before = spans.setdefault(fact.term, [])
        if before:
            before[-1] = before[-1]._replace(next=fact)
        set = fact if fact.change == "set" or not before else before[-1].set
        if fact.change == "corrected":
            before.clear()
        before.append(DueSpan(fact, None, set, _origin(set, facts)))
    return [one for of_term in spans.values() for one in of_term]


def _origin(set: TermFact, facts: Sequence[TermFact]) -> int:
    if set.origin_sequence is not None:
        return set.origin_sequence
    return max((one.sequence for one in facts if one.change == "opened" and one.sequence < set.sequence), default=0)


def _is_missed(
    span: DueSpan, at: datetime, seen: Sequence[TermFact], life: Sequence[TermFact], ends: Sequence[TermFact]
) -> bool:
    """Whether the due instant of *span* passed by *at* while it was in force, and the term was still to be kept."""
    due = _due(span.fact)
    if span.set.counts is False or not is_late(span.next.time if span.next else at, due):
        return False
    return not _is_ended(span, due, life, ends) and not _is_paused(span, due, seen) and not _is_excused(span, due, life)


def _is_ended(span: DueSpan, due: datetime, life: Sequence[TermFact], ends: Sequence[TermFact]) -> bool:
    named = [one for one in life if one.name in (span.set.ends or ())]
    return any(one.time <= due and one.sequence > span.origin for one in (*named, *ends))


def _is_paused(span: DueSpan, due: datetime, seen: Sequence[TermFact]) -> bool:
    pauses = span.set.pauses or ()
    last = None
    for one in seen:
        if one.time > due:
            continue
        resumed = one.change == "resumed" and one.term == span.fact.term
        if resumed or (one.term is None and one.name in pauses and one.sequence > span.origin):
            last = one
    return last is not None and last.change != "resumed"


def _is_excused(span: DueSpan, due: datetime, life: Sequence[TermFact]) -> bool:
    """Whether the appeal was merged at *due*, and the due instant was no more in force when the link was taken back."""
    last = None
    for one in life:
        if one.change in _MERGES and one.time <= due:
            last = one
    if last is None or last.change != "merged":
        return False
    back = next((one for one in life if one.change == "unmerged" and _order(one) > _order(last)), None)
    return back is None or (span.next is not None and _order(span.next) < _order(back))


def _closing(life: Sequence[TermFact]) -> tuple[list[TermFact], datetime | None]:
    """The ends of the appeal, and since when it is closed; None while it is open. A merged appeal does not end."""
    ends: list[TermFact] = []
    ended = merged = None
    for one in life:
        if one.change == "opened":
            ended = merged = None
        elif one.change == "unmerged":
            merged = None
        elif one.change == "merged":
            merged = merged or one
        elif one.change == "ended" and merged is None:
            ends.append(one)
            ended = ended or one
    closing = ended or merged
    return ends, closing.time if closing else None


def _is_annulled(missed: TermFact, seen: Sequence[TermFact]) -> bool:
    return any(
        one.change == "annulled" and (one.term, one.due) == (missed.term, missed.due) and _order(one) > _order(missed)
        for one in seen
    )


def _holder(set: TermFact | None, due: datetime, life: Sequence[TermFact]) -> str | None:
    """The holder of the term; without one, the body that held the appeal at *due*, or at first."""
    if set is not None and set.change == "set" and set.holder is not None:
        return set.holder
    opened = min((one.time for one in life if one.change == "opened"), default=due)
    holder = None
    for one in life:
        if one.holder is not None and one.time <= max(due, opened):
            holder = one.holder
    return holder


def _due_now(spans: Sequence[DueSpan], life: Sequence[TermFact]) -> datetime | None:
    """The due instant of the latest term for the answer. None: it ended, and the appeal goes on without one."""
    answers = [one for one in spans if (one.fact.term or "").startswith(ANSWER.partition("-")[0])]
    if not answers:
        return None
    latest = max(answers, key=lambda one: (_order(one.set), _order(one.fact)))
    for one in life:
        over = one.change == "stepped" and one.name in (latest.set.ends or ()) and one.sequence > latest.origin
        if over or (one.change == "opened" and one.sequence > latest.set.sequence):
            return None
    return latest.fact.due


def _due(fact: TermFact) -> datetime:
    assert fact.due is not None
    return fact.due


def _order(fact: TermFact) -> tuple[datetime, int, int]:
    return fact.time, fact.sequence, fact.place
