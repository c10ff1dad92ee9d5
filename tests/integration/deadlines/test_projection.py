"""Clocks on a real PostgreSQL: rows equal the fold, however the events come in batches."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.unit.deadlines.history import APPEAL, at, history, registered

from natija_chassis.process_manager.proposed_event import NOT_BUSY, Busy, state_of
from natija_deadlines.policies.policy import load_policies
from natija_deadlines.policies.rules import LengthRule
from natija_deadlines.terms import queue
from natija_deadlines.terms.decide import BREACH_DELAY, decide, outlook
from natija_deadlines.terms.projection import TermsProjection, load_facts
from natija_deadlines.terms.replan import replan
from natija_deadlines.terms.state import AppealTerms, evolve
from natija_deadlines.what_if.comparison import compare
from natija_events.ids import derived_appeal_number
from natija_events.terms.facts import TermFact, facts_of
from natija_events.terms.lateness import judge, lateness
from natija_events.types.deadlines import Missed, TermExtended, TermSet, Warned
from natija_events.types.intake import DuplicateLinked, DuplicateUnlinked
from natija_events.types.routing import Answered, DataRequested, Forwarded, Routed
from natija_events.wire.record import RecordedEvent

POLICIES = load_policies()
PROJECTION = TermsProjection(POLICIES)
TIMERS = queue.TimerQueue(PROJECTION, lambda appeal: POLICIES.calendars.get(appeal.jurisdiction or ""))
PENDING, NEXT = TIMERS.pending, TIMERS.next_instant
DUE, LATER = at("2019-07-11T18:00"), at("2019-08-01T18:00")


def life(number: int) -> list[RecordedEvent]:
    """One appeal's events; which of them it has, its number says."""
    appeal = derived_appeal_number("KG", str(number))
    possible = [
        ("2019-06-21", TermSet(due=DUE, starts=at("2019-06-23T18:00"), policy="kg-law-67/1")),
        ("2019-06-22", Routed(body="ministry-health")),
        ("2019-06-23", DataRequested(missing=("address",), until=LATER)),
        ("2019-07-08", Warned(term="answer-1", due=DUE)),
        ("2019-07-11T18:00", Missed(term="answer-1", due=DUE)),
        ("2019-07-12", TermExtended(term="answer-1", due=LATER)),
        ("2019-07-13", Forwarded(body="ministry-labour")),
        ("2019-07-14", DuplicateLinked(of="KG-0000-0000-0000-00")),
        ("2019-07-15", DuplicateUnlinked(signer="s")),
        ("2019-07-16", Answered(outcome="explained")),
    ]
    chosen = [event for place, event in enumerate(possible) if number >> place & 1]
    return history(("2019-06-21", registered("2019-06-21")), *chosen, appeal=appeal)


def planned(events: list[RecordedEvent]) -> AppealTerms:
    """The row of an appeal: the fold of its events, with its timer."""
    appeal, facts = AppealTerms(events[0].subject), list[TermFact]()
    for event in events:
        appeal = evolve(appeal, event)
        facts += facts_of(event)
    found = outlook(appeal, facts, POLICIES)
    return appeal._replace(
        due=found.due, breach=found.breach, holder_breach=found.holder_breach,
        fires_at=found.next.at if found.next else None, data_missing=found.data_missing,
        final_time=max(fact.time for fact in facts) if found.closed else None,
        final_recordedtime=max(fact.recordedtime for fact in facts) if found.closed else None,
    )  # fmt: skip


async def test_rows_equal_the_fold(engine: AsyncEngine) -> None:
    """For every size of batches."""
    lives = [life(number) for number in range(1024)]
    expected = {events[0].subject: planned(events) for events in lives}
    log = [event for place in range(12) for events in lives for event in events[place : place + 1]]
    for size, start in ((700, 0), (1, 700), (3000, 701), (len(log), 3701)):
        async with engine.begin() as connection:
            await PROJECTION.apply(connection, log[start : start + size])
    async with engine.connect() as connection:
        assert await PROJECTION.load(connection, expected) == expected
        running = await connection.scalar(text("select count(*) from appeals where running"))
    assert running == sum(term.running for term in expected.values())


NOWS = [
    "2019-06-21T00:00:02",
    "2019-07-04",
    "2019-07-09",
    "2019-07-11T18:00",
    "2019-07-11T18:00:01",
    "2019-08-01",
    "2020-01-01",
]


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("now", NOWS)
async def test_queue_finds_every_decision(engine: AsyncEngine, now: str, step: int) -> None:
    """The timers find what `decide` says of all rows."""
    strange = history(("2019-06-21", registered("2019-06-21", jurisdiction="US-MA")), appeal=APPEAL)
    imported = [
        history(
            ("2019-06-21", registered("2019-06-21", register_name="old", external_id="1")),
            *([("2019-06-21", TermSet(due=at(due)))] if due else []),
            appeal=derived_appeal_number("KG", "imported", due),
        )
        for due in ("", "2019-06-20", "2019-07-11T18:00")
    ]
    async with engine.connect() as connection:
        for events in (strange, *imported, *map(life, range(0, 1024, step))):
            await PROJECTION.apply(connection, events)
        rows = [PROJECTION.of(row._mapping) for row in await connection.execute(text("select * from appeals"))]
        facts = await load_facts(connection, [row.appeal for row in rows])
        found = [decision async for decision in PENDING(connection, at(now), NOT_BUSY)]
        await connection.rollback()
    expected = {row.appeal: decide(row, facts[row.appeal], at(now), POLICIES) for row in rows}
    wanted = {appeal: event.data for appeal, event in expected.items() if event is not None}
    assert len(found) > 200 / step  # with every life, more than a page
    assert {decision.appeal: decision.data for decision in found} == wanted
    assert len(found) == len(wanted)


async def test_busy_appeals_are_left_out(engine: AsyncEngine) -> None:
    """A term does not wait for routing; a proposal holds it back: in flight, or registered and not applied yet."""
    now = at("2019-06-21")
    fresh = history(("2019-06-21", registered("2019-06-21")), appeal=derived_appeal_number("KG", "fresh"))
    routed = history(
        ("2019-06-21", registered("2019-06-21")), ("2019-06-21", Routed(body="ministry-health")),
        appeal=derived_appeal_number("KG", "routed"),
    )  # fmt: skip
    async with engine.connect() as connection:
        await PROJECTION.apply(connection, [*fresh, *routed])

        async def due(*appeals: str, states: Sequence[str] = ()) -> set[str]:
            return {one.appeal async for one in PENDING(connection, now, Busy(appeals, states))}

        assert await due() == {routed[0].subject, fresh[0].subject}
        assert await due(fresh[0].subject) == {routed[0].subject}
        assert await due(states=[state_of(routed[0].subject, 2)]) == {fresh[0].subject}
        assert await due(states=[state_of(routed[0].subject, 1)]) == {routed[0].subject, fresh[0].subject}
        await connection.rollback()


async def test_facts_judge_as_the_log(engine: AsyncEngine) -> None:
    """The stored facts of an appeal give the same verdict as its events."""
    async with engine.connect() as connection:
        for number in range(0, 1024, 7):
            events = life(number)
            await PROJECTION.apply(connection, events)
            _, facts = await PROJECTION.find(connection, events[0].subject) or (None, [])
            assert judge(facts, at("2020-01-01")) == lateness(events, at("2020-01-01"))
        await connection.rollback()


async def test_rolled_back_batch_leaves_nothing(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await PROJECTION.apply(connection, life(0))
        await connection.rollback()
        assert await PROJECTION.load(connection, [life(0)[0].subject]) == {}


async def test_other_policy_is_compared(engine: AsyncEngine) -> None:
    """The same policy changes nothing, a shorter one makes more appeals late. The rows stay as they are."""
    now = at("2019-07-03")  # the term of 14 working days ends on 11 July
    (kyrgyz,) = POLICIES.by_jurisdiction["KG"]
    answer = kyrgyz.answer.model_copy(update={"lengths": (LengthRule(amount=5, unit="working"),)})
    shorter = kyrgyz.model_copy(update={"terms": {**kyrgyz.terms, "answer": answer}})
    found = []
    for one in (kyrgyz, shorter):
        async with engine.connect() as connection:
            for number in range(300):
                await PROJECTION.apply(connection, life(number))
            facts = await connection.scalar(text("select count(*) from term_facts"))
            found.append(await compare(connection, one, POLICIES.calendars["KG"], at("2019-01-01"), now, now))
            assert await connection.scalar(text("select count(*) from term_facts")) == facts
            await connection.rollback()
    same, less = found
    assert same.before == same.after == less.before == []
    assert 100 < len(less.after) < 300
    sums = less.by_body()
    assert sum(one.appeals for one in sums) == len(less.holders) == 300
    assert sum(one.late_after for one in sums) == len(less.after)
    assert sum(one.late_before + one.newly_late - one.no_longer_late for one in sums) == len(less.after)


async def test_comparison_judges_as_the_fold(engine: AsyncEngine) -> None:
    """Of lives of every kind, plain or not: late as it was, by the body and from the instant that the fold says."""
    (kyrgyz,) = POLICIES.by_jurisdiction["KG"]
    lives = [life(number) for number in range(0, 1024, 3)]
    async with engine.connect() as connection:
        for events in lives:
            await PROJECTION.apply(connection, events)
        late = 0
        for now in map(at, ("2019-07-11T18:00", "2019-07-13T12:00", "2019-09-01")):
            found = await compare(connection, kyrgyz, POLICIES.calendars["KG"], at("2019-01-01"), now, now)
            expected = {
                (events[0].subject, breach.holder, breach.due, judged.closed)
                for events in lives
                if (judged := lateness(events, now))
                for breach in judged.breaches
            }
            first = {(one[0], one[1]): min(of[2] for of in expected if of[:2] == one[:2]) for one in expected}
            assert {tuple(one) for one in found.before} == {
                (*one[:2], first[one[0], one[1]], one[3]) for one in expected
            }
            late += len(found.before)
        assert late > 300
        await connection.rollback()


async def test_new_calendar_sets_new_timers(engine: AsyncEngine) -> None:
    """An appeal whose year had no calendar gets its term when there is one; a second start changes nothing."""
    received = "2029-12-20T10:00"
    late = history((received, registered(received)), appeal=derived_appeal_number("KG", "no calendar"))
    kyrgyz = POLICIES.calendars["KG"]
    years = {**kyrgyz.years, 2030: kyrgyz.years[2019]}
    corrected = replace(POLICIES, calendars={**POLICIES.calendars, "KG": replace(kyrgyz, years=years)})
    async with engine.begin() as connection:
        await PROJECTION.apply(connection, late)
        row = (await PROJECTION.load(connection, [late[0].subject]))[late[0].subject]
    assert (row.fires_at, row.data_missing) == (None, "no working calendar of KG for 2030")
    assert await replan(engine, PROJECTION) > 0
    assert await replan(engine, PROJECTION) == 0
    assert await replan(engine, TermsProjection(corrected)) > 0
    async with engine.connect() as connection:
        row = (await PROJECTION.load(connection, [late[0].subject]))[late[0].subject]
    assert row.data_missing is None
    assert row.fires_at is not None
    async with engine.begin() as connection:
        await connection.execute(text("delete from appeals"))
        await connection.execute(text("delete from term_facts"))


async def test_next_timer_is_known(engine: AsyncEngine) -> None:
    """The process manager sleeps until then: the warning, then the breach."""
    events = history(
        ("2019-06-21", registered("2019-06-21")), ("2019-06-21", TermSet(due=DUE, policy="kg-law-67/1")),
        appeal=derived_appeal_number("KG", "asleep"),
    )  # fmt: skip
    async with engine.connect() as connection:
        await connection.execute(text("delete from appeals"))
        await PROJECTION.apply(connection, events)
        warned = await NEXT(connection, at("2019-06-22"))
        assert [one async for one in PENDING(connection, at("2019-06-22"), NOT_BUSY)] == []
        assert warned == at("2019-07-08T03:00")
        (due,) = [one async for one in PENDING(connection, warned, NOT_BUSY)]
        assert due.data == Warned(term="answer-1", due=DUE, to="executor")
        after = DUE + timedelta(minutes=1)  # nobody was warned in time: the breach waits for answers on their way
        assert [one async for one in PENDING(connection, after, NOT_BUSY)] == []
        assert await NEXT(connection, after) == DUE + BREACH_DELAY
        await connection.rollback()
