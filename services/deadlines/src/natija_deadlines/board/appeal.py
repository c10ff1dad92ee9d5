"""The terms of one appeal as a page shows them: why each ends when it does, and who was told and will be."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from natija_chassis.pages.catalogs import GetText
from natija_chassis.pages.formats import Formats
from natija_deadlines.board.names import Names
from natija_deadlines.board.rights import Sight
from natija_deadlines.policies.ladder import told_at
from natija_deadlines.policies.policy import Policies
from natija_deadlines.terms.explanation import Unexplained, explain
from natija_deadlines.terms.state import AppealTerms, SetTerm
from natija_deadlines.worklists.rows import local
from natija_events.terms.facts import TermFact
from natija_events.terms.states import Status, TermState, term_states
from natija_events.terms.timeline import Timeline
from natija_terms.calendars.calendar import CalendarMissing

_GOES_ON: frozenset[Status] = frozenset(["running", "missed"])
"""States in which the ladder goes on. A pause moves its next steps, nobody knows yet by how much."""


class PersonTold(NamedTuple):
    """A step of the escalation ladder: *to* whom, and *when*. *told*: it happened."""

    to: str
    when: str
    told: bool


class TermPart(NamedTuple):
    """A term: its *name*, its *state* in words, its *last_day*, who must act, and the *policy* that set it.

    *steps* derive the last day; none where today's policies do not explain the term.
    """

    id: str
    name: str
    status: Status
    state: str
    last_day: str
    holder: str
    policy: str
    steps: Sequence[str]
    ladder: Sequence[PersonTold]


class AppealView:
    """One appeal at the instant *at*, with all *facts* about its terms. Of a confidential one a reader may see
    the dates only."""

    def __init__(
        self, appeal: AppealTerms, facts: Sequence[TermFact], sight: Sight, policies: Policies, at: datetime,
        names: Names, formats: Formats, words: GetText,
    ) -> None:  # fmt: skip
        self.appeal, self._facts, self._policies, self._at = appeal, facts, policies, at
        self.only_dates = sight != "all"
        self._names, self._formats, self._words = names, formats, words

    @property
    def summary(self) -> Sequence[tuple[str, str]]:
        """The facts about the appeal: their names and texts."""
        one, words = self.appeal, self._words
        if self.only_dates:
            found = [(words("Body"), words("Confidential"))]
        else:
            found = [
                (words("State"), self._names.word("state", one.standing.state)),
                (words("Body"), self._names.body(one.holder)),
                (words("Executor"), self._names.executor(one.holder, one.executor)),
            ]
        if one.received is not None:
            found.append((words("Received"), self._formats.time(one.received)))
        return found

    @property
    def terms(self) -> Sequence[TermPart]:
        """Its terms, that for the answer and that of all bodies first."""
        order = {"answer": 0, "overall": 1}
        states = sorted(
            term_states(self._facts, self._at), key=lambda one: (order.get(one.term.rpartition("-")[0], 2), one.term)
        )
        return [self._part(one) for one in states]

    @property
    def expected(self) -> Sequence[str]:
        """Before a term is set: how it would be counted."""
        return [] if self.appeal.terms else self._steps(None)

    def _part(self, state: TermState) -> TermPart:
        law = next((one for one in self.appeal.terms if one.id == state.term), None)
        due = self._local(state.due, law)
        return TermPart(
            state.term, self._names.term(state.term), state.status, self._names.status(state.status),
            self._names.last_day(due),
            holder="" if self.only_dates else self._names.holder(state.holder),
            policy=(law.policy if law is not None else None) or "",
            steps=self._steps(state.term),
            ladder=[] if law is None else list(self._ladder(law, state)),
        )  # fmt: skip

    def _steps(self, term: str | None) -> list[str]:
        try:
            steps = explain(self.appeal, self._facts, self._policies, term)
        except Unexplained:
            return []
        return [one.text(self._names.language) for one in steps]

    def _ladder(self, law: SetTerm, state: TermState) -> Iterator[PersonTold]:
        """Whom the ladder told; while somebody must act, also whom it will tell."""
        for one in law.told:
            if one.time <= self._at:
                yield PersonTold(self._names.addressee(one.to), self._formats.time(one.time), told=True)
        if state.status not in _GOES_ON or self.appeal.fed or self._is_over(state.term):
            return
        rule = self._policies.rule(law.policy, law.kind)
        calendar = self._policies.calendars.get(law.calendar_id or self.appeal.jurisdiction or "")
        if rule is None or calendar is None:
            return
        with suppress(CalendarMissing):
            for number, step in enumerate(rule.warnings, 1):
                if number > law.told_of(state.due) and (step.after is not None or state.status != "missed"):
                    at = told_at(step, law.starts or law.instant, state.due, calendar)
                    yield PersonTold(self._names.addressee(step.to), self._formats.time(at), told=False)

    def _is_over(self, term: str) -> bool:
        """Whether an event ended *term*, in time or late: then nobody else is told."""
        timeline = Timeline.of(self._facts, self._at)
        span = next(one for one in reversed(timeline.spans) if one.term == term)
        return timeline.first_end(span, self._at) is not None

    def _local(self, instant: datetime, law: SetTerm | None) -> datetime:
        calendars = self._policies.calendars
        found = calendars.get(law.calendar_id) if law is not None else None
        due = local(instant, found or calendars.get(self.appeal.jurisdiction or ""))
        assert due is not None
        return due
