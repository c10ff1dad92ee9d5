"""Late: one rule. On histories with a single term it says what the rule before it said."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.events import former_lateness
from tests.unit.events.histories import Log, appeal_number, hour, random_log, registered

from natija_events.lifecycle import transitions
from natija_events.terms.facts import facts_of
from natija_events.terms.lateness import Breach, judge, judge_answer, lateness
from natija_events.terms.states import term_states
from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData

APPEAL = appeal_number(0)
HOURS = st.integers(0, 12)
DUES = st.integers(-2, 14).map(hour)
LATER: st.SearchStrategy[EventData] = st.one_of(
    DUES.map(lambda due: deadlines.TermExtended(term="answer-1", due=due)),
    st.sampled_from(
        [
            routing.Routed(body="A"),
            routing.Forwarded(body="out", external=True),
            routing.Answered(outcome="explained"),
            routing.DataRequested(missing=("address",), until=hour(5)),
            routing.DataProvided(),
            intake.Withdrawn(),
            intake.DuplicateLinked(of="KG-0000-0000-0000-00"),
            intake.DuplicateUnlinked(signer="s"),
        ]
    ),
)


def history(*events: tuple[float, EventData]) -> Log:
    """The lawful ones of *events*, after a registration."""
    log, standing = Log(), transitions.INITIAL
    for at, data in ((0, registered(hour(0))), *events):
        if transitions.find_violation(standing, APPEAL, hour(at), data) is None:
            log.add(APPEAL, hour(at), data)
            standing = transitions.evolve(standing, data.type, hour(at), data)
    return log


def while_open(events: list[tuple[int, EventData]]) -> Iterator[tuple[int, EventData]]:
    """*events* without extensions after the end: before, those were not lawful."""
    standing = transitions.evolve(transitions.INITIAL, "appeal.registered.v1", hour(0), registered(hour(0)))
    for at, data in events:
        extension = isinstance(data, deadlines.TermExtended)
        if transitions.find_violation(standing, APPEAL, hour(at), data) is not None:
            continue
        if not extension or standing.state in transitions.OPEN:
            yield at, data
            standing = transitions.evolve(standing, data.type, hour(at), data)


@settings(max_examples=600)
@given(DUES, st.lists(st.tuples(HOURS, LATER), max_size=6), st.lists(st.integers(-1, 30), min_size=3, max_size=3))
def test_single_term_is_judged_as_before(due: datetime, later: list[tuple[int, EventData]], ats: list[int]) -> None:
    """The term, the closure, and whether it was late. Extensions are of the time before the end, as they are now."""
    log = history((0, deadlines.TermSet(due=due)), *while_open(sorted(later, key=lambda one: one[0])))
    for at in [hour(one / 2) for one in ats]:
        now, before = lateness(log.of(APPEAL), at), former_lateness.lateness(log.of(APPEAL), at)
        assert (now is None) == (before is None)
        if now and before:
            assert (now.due, now.closed, now.overdue) == (before.due, before.closed, before.overdue)


@given(st.integers(0, 2**32), st.randoms(use_true_random=False), st.integers(-1, 60))
def test_order_of_arrival_changes_nothing(seed: int, chance: Random, at: float) -> None:
    """Facts come in any order: after a restart, a rebuild, or from several partitions."""
    log = random_log(10, seed)
    for appeal in log.appeals:
        facts = [fact for event in log.of(appeal) for fact in facts_of(event)]
        shuffled = chance.sample(facts, len(facts))
        assert judge(shuffled, hour(at)) == judge(facts, hour(at))
        assert judge_answer(shuffled, hour(at)) == judge_answer(facts, hour(at))
        assert term_states(shuffled, hour(at)) == term_states(facts, hour(at))


@given(DUES, HOURS, st.integers(0, 10_000))
def test_lateness_ends_with_the_answer(due: datetime, answer: int, later: int) -> None:
    """However much later it is looked at: in time stays in time, and late is late by the same instant."""
    log = history((0, term("answer-1", due)), (answer, ANSWERED))
    then = lateness(log.of(APPEAL), hour(answer))
    assert lateness(log.of(APPEAL), hour(answer + later)) == then
    assert then is not None
    assert then.overdue == (hour(answer) > due)


def term(id: str, due: datetime, sequence: int = 1, **more: object) -> deadlines.TermSet:
    """A term that counts from the event with this *sequence*."""
    origin = {"sequence": sequence, "instant": hour(0)}
    given = {"ends": ("end", "appeal.forwarded"), **more}
    return deadlines.TermSet(terms=(deadlines.Term.model_validate({"id": id, "origin": origin, "due": due, **given}),))


def missed(log: Log, at: float) -> list[tuple[str, str | None]]:
    """The terms that were missed by the hour *at*, each with its holder."""
    found = lateness(log.of(APPEAL), hour(at))
    return [(breach.term, breach.holder) for breach in found.breaches] if found else []


ANSWERED = routing.Answered(outcome="explained")


def test_breach_stays_with_its_holder() -> None:
    """Received at A and missed there, then forwarded to B, who answers the next day."""
    log = history(
        (0, routing.Routed(body="A")),
        (0, term("answer-1", hour(10))),
        (20, routing.Forwarded(body="B")),
        (20, term("answer-2", hour(40), sequence=4, holder="B")),
        (21, ANSWERED),
    )
    assert missed(log, 10) == []
    assert missed(log, 11) == missed(log, 99) == [("answer-1", "A")]


def test_only_a_holder_is_late() -> None:
    """Neither the body of a part, nor one outside the register. Before any body is named, the addressee is."""
    termed = [(0, routing.Routed(body="A")), (0, term("answer-1", hour(10), ends=("end",)))]
    part = routing.ForwardedInPart(body="B", child=appeal_number(1), part=1)
    assert missed(history(*termed, (5, part), (20, ANSWERED)), 99) == [("answer-1", "A")]
    notice = (5, term("notice-1", hour(8), sequence=4, ends=("appeal.notice-sent",)))
    outside = (5, routing.Forwarded(body="out", external=True))
    assert missed(history(*termed, outside, notice), 99) == [("notice-1", "A")]
    log = Log()
    log.add(APPEAL, hour(0), registered(hour(0), addressee="A"))
    log.add(APPEAL, hour(0), term("answer-1", hour(10)))
    assert missed(log, 99) == [("answer-1", "A")]


def test_due_of_register_ends_at_forward() -> None:
    log = history((0, deadlines.TermSet(due=hour(10))), (5, routing.Forwarded(body="B")), (20, ANSWERED))
    assert missed(log, 99) == []


def test_reopened_late_is_the_new_body() -> None:
    """The decision is older than the reopening: the term had passed already when the appeal came to B."""
    reopened = routing.Reopened(body="B", authority="C", decided=hour(20))
    log = history(
        (0, routing.Routed(body="A")), (5, ANSWERED), (50, reopened), (50, term("answer-1", hour(40), sequence=4))
    )
    assert missed(log, 99) == [("answer-1", "B")]


def test_recorded_breach_needs_a_term_that_counts() -> None:
    breach = (10, deadlines.Missed(term="answer-1", due=hour(10)))
    assert missed(history((0, term("answer-1", hour(10), expiry="none")), breach), 99) == []


def test_forward_in_time_ends_the_term() -> None:
    log = history((0, routing.Routed(body="A")), (0, term("answer-1", hour(10))), (10, routing.Forwarded(body="B")))
    assert missed(log, 99) == []
    found = lateness(log.of(APPEAL), hour(99))
    assert found is not None
    assert found.due is None


def test_term_set_after_the_end_counts() -> None:
    late = history((15, ANSWERED), (20, term("answer-1", hour(10))))
    assert missed(late, 19) == []
    assert missed(late, 20) == [("answer-1", None)]
    early = history((5, ANSWERED), (20, term("answer-1", hour(10))))
    assert missed(early, 99) == []


def test_pause_stops_the_term_until_resumed() -> None:
    asked = routing.DataRequested(missing=("address",), until=hour(30))
    paused = [(0, term("answer-1", hour(10), pauses=("appeal.data-requested",))), (9, asked)]
    assert missed(history(*paused), 99) == []
    resumed = [*paused, (20, deadlines.TermResumed(term="answer-1", due=hour(21)))]
    assert missed(history(*resumed), 21) == []
    assert missed(history(*resumed), 22) == [("answer-1", None)]


def test_correction_counts_from_the_origin() -> None:
    """Both ways: a breach that was none, and an answer that was late after all."""
    for was, due, answer, at_first, at_last in ((10, 20, 15, True, False), (20, 10, 15, False, True)):
        corrected = deadlines.TermCorrected(term="answer-1", due=hour(due), was=hour(was), reason="decree")
        log = history((0, term("answer-1", hour(was))), (answer, ANSWERED), (30, corrected))
        assert bool(missed(log, 29)) is at_first
        assert bool(missed(log, 30)) is at_last


def test_recorded_breach_stands_until_annulled() -> None:
    breach = deadlines.Missed(term="answer-1", due=hour(10))
    annulled = deadlines.TermAnnulled(term="answer-1", due=hour(10), reason="calendar")
    log = history((0, term("answer-1", hour(10))), (9, ANSWERED), (10, breach), (20, annulled))
    assert missed(log, 10) == missed(log, 19) == [("answer-1", None)]
    assert missed(log, 20) == []


def test_term_of_the_applicant_makes_nobody_late() -> None:
    log = history((0, term("data-1", hour(5), holder="applicant", expiry="return")))
    assert missed(log, 99) == []


def test_end_of_appeal_ends_every_term() -> None:
    """Also one that does not name it; but not one that counts from it."""
    forward = term("forward-1", hour(10), ends=("appeal.forwarded",))
    assert missed(history((0, forward), (5, ANSWERED)), 99) == []
    clarification = term("clarification-1", hour(10), sequence=2, ends=("appeal.answer-clarified",))
    log = history((5, ANSWERED), (5, clarification))
    assert missed(log, 99) == [("clarification-1", None)]


def test_only_what_was_known_counts() -> None:
    log = history((0, term("answer-1", hour(10))), (9, ANSWERED))
    events = log.of(APPEAL)
    found = lateness(events, hour(99), known=events[1].recordedtime + timedelta(microseconds=1))
    assert found is not None
    assert found.breaches == (Breach("answer-1", hour(10), None),)
