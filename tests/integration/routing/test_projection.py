"""Routes on a real PostgreSQL: rows equal the fold, and the unrouted ones are the work."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tests.stack import Servers
from tests.unit.deadlines.history import at, history, registered

from natija_chassis.postgres.engine import create_schema, create_tables
from natija_chassis.process_manager.proposed_event import NOT_BUSY
from natija_chassis.realm.realm_files import load_reference_data
from natija_events.ids import derived_appeal_number
from natija_events.types.intake import DuplicateLinked, DuplicateUnlinked
from natija_events.types.routing import Answered, Forwarded, Routed, TopicAssigned
from natija_events.wire.record import RecordedEvent
from natija_routing.assignment import projection, queue
from natija_routing.assignment.decide import Original
from natija_routing.assignment.state import Route, evolve
from natija_routing.competence import reference
from natija_routing.settings import RoutingSettings


@pytest_asyncio.fixture(loop_scope="session")
async def engine(servers: Servers) -> AsyncIterator[AsyncEngine]:
    """A schema of its own with the tables of routing."""
    url = servers.postgres.replace("postgresql://", "postgresql+asyncpg://")
    schema = f"t{secrets.token_hex(4)}"
    made = create_async_engine(url, connect_args={"server_settings": {"search_path": schema}})
    async with made.begin() as connection:
        await create_schema(connection, schema)
        await create_tables(connection, projection.ROUTES.metadata, schema)
    yield made
    async with made.begin() as connection:
        await connection.execute(text(f"drop schema {schema} cascade"))
    await made.dispose()


def number(place: int) -> str:
    return derived_appeal_number("KG", "route", str(place))


def life(place: int) -> list[RecordedEvent]:
    """One appeal's events; which of them it has, its place says."""
    possible = [
        ("2019-06-22", TopicAssigned(topic="health")),
        ("2019-06-22", Routed(body="ministry-health")),
        ("2019-07-13", Forwarded(body="ministry-labour")),
        ("2019-07-14", DuplicateLinked(of="KG-0000-0000-0000-00")),
        ("2019-07-15", DuplicateUnlinked(signer="s")),
        ("2019-07-16", Answered(outcome="explained")),
    ]
    chosen = [event for bit, event in enumerate(possible) if place >> bit & 1]
    return history(("2019-06-21", registered("2019-06-21", topic="roads")), *chosen, appeal=number(place))


async def apply(engine: AsyncEngine, events: list[RecordedEvent]) -> None:
    async with engine.begin() as connection:
        await projection.build().apply(connection, events)


async def test_unrouted_rows_equal_the_fold(engine: AsyncEngine) -> None:
    expected = {}
    for events in map(life, range(64)):
        route = Route(events[0].subject)
        for event in events:
            route = evolve(route, event)
        expected[route.appeal] = route
    log = [event for turn in range(8) for place in range(64) for event in life(place)[turn : turn + 1]]
    await apply(engine, log[:100])
    await apply(engine, log[100:])
    async with engine.connect() as connection:
        assert await projection.ROUTES.load(connection, expected) == expected
        found = await queue.unrouted_appeals(connection, "", 1000)
        assert await queue.count(connection) == len(found)
    unrouted = [route.appeal for route in expected.values() if route.unrouted]
    assert [case.route.appeal for case in found] == sorted(unrouted)
    assert {case.original for case in found} == {None}


async def test_covered_routes_are_proposed(engine: AsyncEngine) -> None:
    opened = [
        history(("2019-06-21", registered("2019-06-21", **more)), appeal=number(place))
        for place, more in enumerate(
            [
                {"topic": "roads"},
                {"topic": "roads", "region": "bishkek"},
                {"topic": "other"},
                {},
                {"topic": "anti-corruption", "complained_of": "prosecutor-general"},
                {"topic": "roads", "register_name": "old", "external_id": "1"},
            ]
        )
    ]
    await apply(engine, [event for events in opened for event in events])
    realm = Path(__file__).parents[3] / "deploy" / "realms" / "kg"
    competence = reference.load(RoutingSettings(realm_files=realm))
    data = reference.with_reference(competence, load_reference_data(realm))
    async with engine.connect() as connection:
        found = {
            decision.appeal: decision
            async for decision in queue.pending_proposals(lambda: data)(connection, at("2019-06-22"), NOT_BUSY)
        }
    assert {appeal: decision.basis[0] for appeal, decision in found.items()} == {
        number(0): "ministry-transport",
        number(1): "mayor-bishkek",
    }
    assert (found[number(0)].sequence, found[number(0)].basis) == (1, ("ministry-transport", "1"))


async def test_imported_history_is_not_unrouted(engine: AsyncEngine) -> None:
    brought = registered("2019-06-21", topic="roads", register_name="old", external_id="1")
    await apply(engine, history(("2019-06-21", brought), appeal=number(0)))
    async with engine.connect() as connection:
        assert await queue.unrouted_appeals(connection, "", 10) == []


async def test_complaint_knows_earlier_holder(engine: AsyncEngine) -> None:
    """Of the appeal whose handling is complained of."""
    held = history(("2019-06-21", registered("2019-06-21")), ("2019-06-22", Routed(body="b")), appeal=number(0))
    unheld = history(
        ("2019-06-21", registered("2019-06-21")), ("2019-06-22", Answered(outcome="noted")), appeal=number(1)
    )
    complaints = [
        history(("2019-07-01", registered("2019-07-01", complaint_of=number(of))), appeal=number(10 + of))
        for of in range(3)
    ]
    await apply(engine, [*held, *unheld, *(event for complaint in complaints for event in complaint)])
    async with engine.connect() as connection:
        found = {case.route.appeal: case.original for case in await queue.unrouted_appeals(connection, "", 10)}
    assert found == {number(10): Original("b"), number(11): Original(None), number(12): None}


async def test_unrouted_appeals_are_paged(engine: AsyncEngine) -> None:
    """By number."""
    opened = [history(("2019-06-21", registered("2019-06-21")), appeal=number(place)) for place in range(5)]
    await apply(engine, [event for events in opened for event in events])
    async with engine.connect() as connection:
        first = await queue.unrouted_appeals(connection, "", 2)
        rest = await queue.unrouted_appeals(connection, first[-1].route.appeal, 10)
    assert [case.route.appeal for case in (*first, *rest)] == sorted(number(place) for place in range(5))
