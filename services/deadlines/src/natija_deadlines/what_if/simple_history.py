"""Histories in which each term for the answer has one due instant: two instants decide whether it was kept (pure).

No term was paused, corrected or extended, and the appeal was neither merged nor reopened. The rule is that of
`natija_events.terms.lateness`, which judges all others; a test holds the two equal.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from natija_events.terms.facts import TermFact
from natija_events.terms.lateness import is_late
from natija_events.terms.timeline import due_of

_LIFE = frozenset(("opened", "ended", "stepped"))
NewDuesOfTerms = Mapping[tuple[int, int], datetime | None]
"""Other due instants of terms, by the sequence and place of the fact that sets each; None: the same."""


def is_answer(fact: TermFact) -> bool:
    """Whether *fact* concerns a term for the answer."""
    return fact.term is not None and fact.term.startswith("answer-")


class SimpleHistory(NamedTuple):
    """The facts as of *at*: of the appeal, *terms* with the instant that ended each, and the terms *missed* by record.

    *closed* is None while the appeal is open.
    """

    at: datetime
    life: Sequence[TermFact]
    terms: Sequence[tuple[TermFact, datetime | None]]
    missed: frozenset[str | None]
    closed: datetime | None

    def late_bodies(self) -> dict[str | None, datetime]:
        """The bodies that missed a term, or were recorded to, each with the first due instant."""
        return self._late({}, self.missed)

    def late_bodies_with(self, dues: NewDuesOfTerms) -> dict[str | None, datetime]:
        """The bodies that would have missed one, if the terms had ended at *dues*."""
        return self._late(dues, frozenset())

    def _late(self, dues: NewDuesOfTerms, missed: frozenset[str | None]) -> dict[str | None, datetime]:
        found: dict[str | None, datetime] = {}
        for term, end in self.terms:
            due = dues.get((term.sequence, term.place)) or due_of(term)
            if is_late(end or self.at, due) or term.term in missed:
                body = term.holder or self._holder(due, term.origin_sequence)
                found[body] = min(due, found.get(body, due))
        return found

    def _holder(self, instant: datetime, origin: int | None) -> str | None:
        """The body that had the appeal then, or when the term began to count."""
        since = next((one.time for one in self.life if one.sequence == origin), instant)
        held = (one.holder for one in reversed(self.life) if one.holder is not None and one.time <= max(instant, since))
        return next(held, None)


def simple_history(facts: Sequence[TermFact], at: datetime) -> SimpleHistory | None:
    """The *facts* of one appeal in the order of the log, as of *at*; None if `lateness` must judge them."""
    life, terms, missed = list[TermFact](), dict[str, TermFact](), dict[str, datetime | None]()
    for fact in facts:
        if fact.time > at:
            continue
        if fact.term is None:
            if fact.change not in _LIFE or (life and fact.time < life[-1].time):
                return None
            life.append(fact)
        elif fact.change == "set" and is_answer(fact) and fact.term not in terms and fact.counts is not False:
            terms[fact.term] = fact
        elif fact.change == "missed" and is_answer(fact):
            missed[fact.term] = fact.due
        elif is_answer(fact):
            return None
    changes, names = [one.change for one in life], {one.name for one in life}
    if changes.count("opened") != 1 or changes.count("ended") > 1:
        return None
    if any(id not in terms or terms[id].due != due for id, due in missed.items()):
        return None
    if any(term.origin_sequence is None or names & set(term.pauses or ()) for term in terms.values()):
        return None
    ended = [(term, _end(term, life)) for term in terms.values()]
    closed = next((one.time for one in life if one.change == "ended"), None)
    return SimpleHistory(at, life, ended, frozenset(missed), closed)


def _end(term: TermFact, life: Sequence[TermFact]) -> datetime | None:
    origin, named = term.origin_sequence or 0, term.ends or ()
    ends = (one.time for one in life if one.sequence > origin and (one.change == "ended" or one.name in named))
    return next(ends, None)
