"""The facts about one appeal in the order in which they happened, and what was in force at an instant."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

from natija_events.terms.facts import TermFact

_DUES = ("set", "resumed", "extended", "corrected")
_MERGES = ("opened", "merged", "unmerged")


class DueSpan(NamedTuple):
    """A due instant of a term: the fact that sets it, the *next* one that moves it, and the term as it was set.

    *origin* is the sequence of the event from which the term counts.
    """

    fact: TermFact
    next: TermFact | None
    set: TermFact
    origin: int

    @property
    def term(self) -> str:
        """The id of the term."""
        return self.fact.term or ""

    @property
    def due(self) -> datetime:
        """The due instant."""
        return due_of(self.fact)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Facts as of an instant. *life* concerns the appeal, *ends* are its ends, *spans* the due instants of its terms.

    *closed* is None while the appeal is open. A merged appeal does not end.
    """

    at: datetime
    seen: tuple[TermFact, ...]
    life: tuple[TermFact, ...]
    ends: tuple[TermFact, ...]
    closed: datetime | None
    spans: tuple[DueSpan, ...]

    @classmethod
    def of(cls, facts: Iterable[TermFact], at: datetime, known: datetime | None = None) -> Self:
        """The *facts* dated at or before *at*, and recorded by *known*, if it is given. Both are aware."""
        counted = (one for one in facts if one.time <= at and (known is None or one.recordedtime <= known))
        seen = tuple(sorted(counted, key=order))
        life = tuple(one for one in seen if one.term is None)
        ends, closed = _closing(life)
        return cls(at, seen, life, ends, closed, _spans(seen))

    def first_end(self, span: DueSpan, by: datetime) -> TermFact | None:
        """The first event dated by then that ended the term of *span*: one that it names, or an end of the appeal.

        It comes after the event from which the term counts. A registration may end the term that counts from it.
        """
        named = span.set.ends or ()
        ends = (one for one in self.life if one.name in named or one in self.ends)
        after = (one for one in ends if one.sequence > span.origin or one.change == "opened")
        return next((one for one in after if one.time <= by), None)

    def is_paused(self, span: DueSpan, instant: datetime) -> bool:
        """Whether the term of *span* was paused at *instant*."""
        pauses, last = span.set.pauses or (), None
        for one in self.seen:
            resumed = one.change == "resumed" and one.term == span.term
            paused = one.term is None and one.name in pauses and one.sequence > span.origin
            if one.time <= instant and (resumed or paused):
                last = one
        return last is not None and last.change != "resumed"

    def merge(self, instant: datetime) -> TermFact | None:
        """The fact by which the appeal was merged with another at *instant*; None when it was not."""
        marks = [one for one in self.life if one.change in _MERGES and one.time <= instant]
        return marks[-1] if marks and marks[-1].change == "merged" else None

    def unmerge(self, merge: TermFact) -> TermFact | None:
        """The fact that took the link of *merge* back."""
        return next((one for one in self.life if one.change == "unmerged" and order(one) > order(merge)), None)

    def holder(self, instant: datetime, origin: int = 0, before: TermFact | None = None) -> str | None:
        """The body that had the appeal at *instant*, and *before* that fact; None when none was named.

        A term cannot pass before it counts: an earlier *instant* is that of its *origin*, or else of the registration.
        """
        opened = min((one.time for one in self.life if one.change == "opened"), default=instant)
        since = next((one.time for one in self.seen if one.sequence == origin), opened)
        held = [one for one in self.life if one.holder is not None and one.time <= max(instant, since)]
        holders = [one.holder for one in held if before is None or order(one) < order(before)]
        return holders[-1] if holders else None


def order(fact: TermFact) -> tuple[datetime, int, int]:
    """The place of *fact* among the facts of its appeal: by time, then by sequence."""
    return fact.time, fact.sequence, fact.place


def due_of(fact: TermFact) -> datetime:
    """The due instant that *fact* names."""
    assert fact.due is not None
    return fact.due


def _spans(seen: tuple[TermFact, ...]) -> tuple[DueSpan, ...]:
    """The due instants of every term. A correction leaves no earlier one of its term."""
    spans: dict[str, list[DueSpan]] = {}
    for fact in seen:
        if fact.term is None or fact.change not in _DUES:
            continue
        before = spans.setdefault(fact.term, [])
        if before:
            before[-1] = before[-1]._replace(next=fact)
        set = fact if fact.change == "set" or not before else before[-1].set
        if fact.change == "corrected":
            before.clear()
        before.append(DueSpan(fact, None, set, _origin(set, seen)))
    return tuple(one for of_term in spans.values() for one in of_term)


def _origin(set: TermFact, seen: tuple[TermFact, ...]) -> int:
    if set.origin_sequence is not None:
        return set.origin_sequence
    return max((one.sequence for one in seen if one.change == "opened" and one.sequence < set.sequence), default=0)


def _closing(life: tuple[TermFact, ...]) -> tuple[tuple[TermFact, ...], datetime | None]:
    """The ends of the appeal, and since when it is closed."""
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
    return tuple(ends), closing.time if closing else None
