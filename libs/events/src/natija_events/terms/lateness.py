"""Late: whether a term was kept, as one function. `lateness_sql` says the same in SQL.

The due instant itself is in time, like "24:00" of the last day. In force at an instant is the due instant that the last
event dated by then has set, resumed or extended. A correction replaces all from the term's origin. An appeal is late at
an instant if a due instant passed before it while in force, and at the due instant:

- the term was not ended: an end dated at the due instant is in time;
- the term was not paused;
- the appeal was not merged with another. Once the link is taken back, the due instant counts again.

A term that is set after its due instant, or after the end of the appeal, is judged in the same way. A recorded
breach counts, too, also beside an end in time that came later, until it is annulled.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from natija_events.terms.facts import TermFact, facts_of, name_of
from natija_events.terms.timeline import DueSpan, Timeline, due_of, order
from natija_events.types.deadlines import ANSWER, TermKind
from natija_events.types.intake import Registered
from natija_events.types.routing import Answered
from natija_events.wire.record import RecordedEvent

ANSWERED = name_of(Answered.type)
"""The name of the event that answers an appeal."""
ANSWER_KINDS: tuple[TermKind, ...] = ("answer", "overall")
"""The kinds of terms by which an appeal is late. The others concern a step on the way."""


class Breach(NamedTuple):
    """A term that its *holder* missed; None when no body held the appeal at the due instant."""

    term: str
    due: datetime
    holder: str | None

    @property
    def kind(self) -> str:
        """The kind of the term."""
        return self.term.rpartition("-")[0]


class Lateness(NamedTuple):
    """An appeal as of an instant. *due*: the term in force then, or when it closed. *closed*: None while open."""

    due: datetime | None
    closed: datetime | None
    breaches: tuple[Breach, ...]

    @property
    def overdue(self) -> bool:
        """True when the applicant had no answer in time: a term for the answer, or the overall one, was missed."""
        return any(breach.kind in ANSWER_KINDS for breach in self.breaches)


class AnswerGiven(NamedTuple):
    """The answer by which an appeal was closed. *late*: its last term had been missed, by *body*. Otherwise *body* is
    the one that had the appeal; None when none was named."""

    time: datetime
    body: str | None
    late: bool


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
    timeline = Timeline.of(facts, at, known)
    return Lateness(due_now(timeline), timeline.closed, breaches_of(timeline))


def judge_answer(facts: Iterable[TermFact], at: datetime, known: datetime | None = None) -> AnswerGiven | None:
    """The answer by which one appeal was closed at the aware instant *at*, from all *facts* about it, as `lateness`.

    None: it was open, or had ended in another way. A term that the body before had missed does not make it late.
    """
    timeline = Timeline.of(facts, at, known)
    answer = next((one for one in timeline.ends if one.name == ANSWERED and one.time == timeline.closed), None)
    if answer is None:
        return None
    last = _last_answer_term(timeline)
    breach = next((one for one in breaches_of(timeline) if last is not None and one.term == last.term), None)
    body = timeline.holder(answer.time) if breach is None else breach.holder
    return AnswerGiven(answer.time, body, breach is not None)


def breaches_of(timeline: Timeline) -> tuple[Breach, ...]:
    """The terms that were missed by the instant of *timeline*, each due instant once, in the order of terms."""
    last = {span.term: span for span in timeline.spans}
    found = {(span.term, span.due) for span in timeline.spans if _is_missed(span, timeline)}
    for fact in timeline.seen:
        if fact.change == "missed" and not _is_annulled(fact, timeline) and _may_be_missed(last.get(fact.term or "")):
            found.add((fact.term or "", due_of(fact)))
    return tuple(Breach(term, due, _holder(last.get(term), due, timeline)) for term, due in sorted(found))


def due_now(timeline: Timeline) -> datetime | None:
    """The due instant of the latest term for the answer. None: it ended, and the appeal goes on without one."""
    latest = _last_answer_term(timeline)
    if latest is None:
        return None
    for one in timeline.life:
        over = one.change == "stepped" and one.name in (latest.set.ends or ()) and one.sequence > latest.origin
        if over or (one.change == "opened" and one.sequence > latest.set.sequence):
            return None
    return latest.due


def _may_be_missed(span: DueSpan | None) -> bool:
    return span is None or span.set.counts is not False


def _holder(span: DueSpan | None, due: datetime, timeline: Timeline) -> str | None:
    if span is None:
        return timeline.holder(due)
    named = span.set.holder if span.set.change == "set" else None
    return named or timeline.holder(due, span.origin)


def _is_missed(span: DueSpan, timeline: Timeline) -> bool:
    """Whether the due instant of *span* passed while it was in force, and the term was still to be kept then."""
    if not _may_be_missed(span) or not is_late(span.next.time if span.next else timeline.at, span.due):
        return False
    if timeline.first_end(span, span.due) is not None or timeline.is_paused(span, span.due):
        return False
    merge = timeline.merge(span.due)
    if merge is None:
        return True
    back = timeline.unmerge(merge)
    return back is not None and (span.next is None or order(span.next) > order(back))


def _is_annulled(missed: TermFact, timeline: Timeline) -> bool:
    return any(
        one.change == "annulled" and (one.term, one.due) == (missed.term, missed.due) and order(one) > order(missed)
        for one in timeline.seen
    )


def _last_answer_term(timeline: Timeline) -> DueSpan | None:
    answers = [span for span in timeline.spans if span.term.startswith(ANSWER.partition("-")[0])]
    return max(answers, key=lambda span: (order(span.set), order(span.fact)), default=None)
