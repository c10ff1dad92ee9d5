"""Clocks on a real PostgreSQL: rows equal the fold, however the events come in batches."""

import secrets
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tests.stack import Servers
from tests.unit.deadlines.history import APPEAL, at, history, registered

from natija_chassis.postgres.engine import create_schema, create_tables
from natija_deadlines.policies import policy
from natija_deadlines.terms import projection, queue
from natija_deadlines.terms.decide import NextEvent, decide
from natija_deadlines.terms.state import AppealTerm, evolve
from natija_deadlines.what_if.comparison import compare
from natija_events.ids import derived_appeal_number
from natija_events.terms.lateness import judge, lateness
from natija_events.types.deadlines import Missed, TermExtended, TermSet, Warned
from natija_events.types.intake import DuplicateLinked, DuplicateUnlinked
from natija_events.types.routing import Answered, DataRequested, Forwarded, Routed
from natija_events.wire.record import RecordedEvent

DUE, LATER = at("2019-07-11T18:00"), at("2019-08-01T18:00")


@pytest_asyncio.fixture(loop_scope="session")
async def engine(servers: Servers) -> AsyncIterator[AsyncEngine]:
    """A schema of its own with the tables of deadlines."""
    url = servers.postgres.replace("postgresql://", "postgresql+asyncpg://")
    schema = f"t{secrets.token_hex(4)}"
    made = create_async_engine(url, connect_args={"server_settings": {"search_path": schema}})
    async with made.begin() as connection:
        await create_schema(connection, schema)
        await create_tables(connection, projection.TERMS.metadata, schema)
    yield made
    async with made.begin() as connection:
        await connection.execute(text(f"drop schema {schema} cascade"))
    await made.dispose()


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


async def test_rows_equal_the_fold(engine: AsyncEngine) -> None:
    """For every size of batches."""
    lives = [life(number) for number in range(1024)]
    expected = {}
    for events in lives:
        term = AppealTerm(events[0].subject)
        for event in events:
            term = evolve(term, event)
        expected[term.appeal] = term
    log = [event for place in range(12) for events in lives for event in events[place : place + 1]]
    terms = projection.build()
    for size, start in ((700, 0), (1, 700), (3000, 701), (len(log), 3701)):
        async with engine.begin() as connection:
            await terms.apply(connection, log[start : start + size])
    async with engine.connect() as connection:
        assert await projection.TERMS.load(connection, expected) == expected
        running = await connection.scalar(text("select count(*) from terms where running"))
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
    """The indexed queries find what `decide` says of all rows."""
    policies = policy.load_policies()
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
            await projection.build().apply(connection, events)
        rows = [projection.TERMS.of(row._mapping) for row in await connection.execute(text("select * from terms"))]
        found = [decision async for decision in queue.pending_proposals(policies)(connection, at(now), [])]
        await connection.rollback()
    expected = {term.appeal: decide(term, at(now), policies) for term in rows}
    wanted = {appeal: event.data for appeal, event in expected.items() if isinstance(event, NextEvent)}
    assert len(found) > 200 / step  # with every life, more than a page
    assert {decision.appeal: decision.data for decision in found} == wanted
    assert len(found) == len(wanted)


async def test_busy_appeals_are_left_out(engine: AsyncEngine) -> None:
    """A term does not wait for routing; only a proposal in flight holds it back."""
    policies, now = policy.load_policies(), at("2019-06-21")
    fresh = history(("2019-06-21", registered("2019-06-21")), appeal=derived_appeal_number("KG", "fresh"))
    routed = history(
        ("2019-06-21", registered("2019-06-21")), ("2019-06-21", Routed(body="ministry-health")),
        appeal=derived_appeal_number("KG", "routed"),
    )  # fmt: skip
    async with engine.connect() as connection:
        await projection.build().apply(connection, [*fresh, *routed])

        async def due(*busy: str) -> set[str]:
            return {one.appeal async for one in queue.pending_proposals(policies)(connection, now, list(busy))}

        assert await due() == {routed[0].subject, fresh[0].subject}
        assert await due(fresh[0].subject) == {routed[0].subject}
        await connection.rollback()


async def test_facts_judge_as_the_log(engine: AsyncEngine) -> None:
    """The stored facts of an appeal give the same verdict as its events."""
    async with engine.connect() as connection:
        for number in range(0, 1024, 7):
            events = life(number)
            await projection.build().apply(connection, events)
            _, facts = await projection.TERMS.find(connection, events[0].subject) or (None, [])
            assert judge(facts, at("2020-01-01")) == lateness(events, at("2020-01-01"))
        await connection.rollback()


async def test_rolled_back_batch_leaves_nothing(engine: AsyncEngine) -> None:
    terms = projection.build()
    async with engine.connect() as connection:
        await terms.apply(connection, life(0))
        await connection.rollback()
        assert await projection.TERMS.load(connection, [life(0)[0].subject]) == {}


async def test_other_policy_is_compared_on_copies(engine: AsyncEngine) -> None:
    """The same policy changes nothing, a shorter one makes more appeals late. The rows stay as they are."""
    policies, now = policy.load_policies(), at("2019-07-03")  # the term of 14 working days ends on 11 July
    (kyrgyz,) = policies.by_jurisdiction["KG"]
    shorter = kyrgyz.model_copy(update={"terms": (kyrgyz.terms[0].model_copy(update={"amount": 5}),)})
    found = []
    for one in (kyrgyz, shorter):
        async with engine.connect() as connection:
            for number in range(300):
                await projection.build().apply(connection, life(number))
            facts = await connection.scalar(text("select count(*) from term_facts"))
            found.append(await compare(connection, one, policies.calendars["KG"], at("2019-01-01"), now, now))
            assert facts
            assert await connection.scalar(text("select count(*) from term_facts")) == 0
    same, less = found
    assert same.before == same.after == less.before == []
    assert 100 < len(less.after) < 300
    sums = less.by_body()
    assert sum(one.appeals for one in sums) == len(less.holders) == 300
    assert sum(one.late_after for one in sums) == len(less.after)
    assert sum(one.late_before + one.newly_late - one.no_longer_late for one in sums) == len(less.after)
