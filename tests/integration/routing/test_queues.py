"""Queues of the desk on a real PostgreSQL: page after page, each appeal comes once."""

import secrets
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tests.stack import Servers
from tests.unit.deadlines.history import Given, at, history, registered
from tests.unit.routing.desk.given import BODY, DUE, EXECUTOR, IN_WORK, NOW, OTHER, ROUTED, TERM

from natija_chassis.postgres.engine import create_schema, create_tables
from natija_events.ids import derived_appeal_number
from natija_events.types.deadlines import Missed
from natija_events.types.routing import Answered
from natija_routing.desk.cases import projection, queues, tables
from natija_routing.desk.cases.queues import Filters, Queue, QueueDay, QueuePlace, Viewer

VIEWER = Viewer(BODY, (EXECUTOR,))
DAY = QueueDay(NOW, at("2026-03-10T18:00"))
MISSED: Given = (DUE.isoformat(), Missed(term="answer-1", due=DUE))
ENDED: Given = ("2026-03-24T05:00", Answered(outcome="explained"))


@pytest_asyncio.fixture(loop_scope="session")
async def engine(servers: Servers) -> AsyncIterator[AsyncEngine]:
    """A schema of its own with the tables of the desk."""
    url = servers.postgres.replace("postgresql://", "postgresql+asyncpg://")
    schema = f"t{secrets.token_hex(4)}"
    made = create_async_engine(url, connect_args={"server_settings": {"search_path": schema}})
    async with made.begin() as connection:
        await create_schema(connection, schema)
        await create_tables(connection, tables.projected, schema)
    yield made
    async with made.begin() as connection:
        await connection.execute(text(f"drop schema {schema} cascade"))
    await made.dispose()


async def fill(engine: AsyncEngine, *lives: Sequence[Given]) -> list[str]:
    """Appeals to the body with these lives: their numbers."""
    numbers = [derived_appeal_number("KG", "queue", str(place)) for place in range(len(lives))]
    opened: Given = ("2026-03-02T04:00", registered("2026-03-02T04:00", addressee=BODY))
    async with engine.begin() as connection:
        for number, life in zip(numbers, lives, strict=True):
            await projection.build().apply(connection, history(opened, *life, appeal=number))
    return numbers


async def all_pages(engine: AsyncEngine, queue: Queue, viewer: Viewer = VIEWER) -> list[str]:
    """The numbers in *queue*, read in pages of two, each by the cursor in the address of the one before."""
    found: list[str] = []
    cursor = ""
    async with engine.connect() as connection:
        for _ in range(10):
            after = QueuePlace.parse(cursor) if cursor else None
            page = await queues.page(connection, projection.build(), queue, viewer, Filters(), DAY, after, 2)
            found += [one.appeal for one in page.cases]
            if page.next is None:
                return found
            cursor = str(page.next)
    raise AssertionError(f"it does not end: {found}")


@pytest.mark.parametrize(
    ("queue", "life"),
    [
        ("waiting", []), ("waiting", [ROUTED, TERM]), ("mine", [IN_WORK]), ("work", [IN_WORK, TERM]),
        ("breach", [ROUTED, TERM, MISSED]), ("closed", [ROUTED, ENDED]),
    ],
    ids=["no term", "one instant", "mine without term", "work", "breach", "closed"],
)  # fmt: skip
async def test_pages_show_each_appeal_once(engine: AsyncEngine, queue: Queue, life: list[Given]) -> None:
    """Also where all have the same instant, or none."""
    numbers = await fill(engine, *[life] * 5)
    assert sorted(await all_pages(engine, queue)) == sorted(numbers)


async def test_appeals_without_term_come_last(engine: AsyncEngine) -> None:
    numbers = await fill(engine, [ROUTED], [ROUTED, TERM], [ROUTED], [ROUTED, TERM], [ROUTED])
    found = await all_pages(engine, "waiting")
    assert (set(found[:2]), sorted(found)) == ({numbers[1], numbers[3]}, sorted(numbers))


async def test_counts_are_lengths_of_queues(engine: AsyncEngine) -> None:
    await fill(engine, [], [ROUTED, TERM], [IN_WORK], [IN_WORK, TERM, MISSED], [ROUTED, ENDED])
    async with engine.connect() as connection:
        counted = await queues.counts(connection, VIEWER, DAY)
    assert counted == {queue: len(await all_pages(engine, queue)) for queue in counted}


async def test_complaint_is_hidden_from_its_body(engine: AsyncEngine) -> None:
    """Also one about the handling of an appeal that the body has. A complaint to its own body waits for a router."""
    (first,) = await fill(engine, [IN_WORK])
    about = [
        registered("2026-03-02T04:00", addressee=OTHER, complained_of=OTHER),
        registered("2026-03-02T04:00", complaint_of=first),
        registered("2026-03-02T04:00", complained_of=BODY),
        registered("2026-03-02T04:00"),
    ]
    numbers = [derived_appeal_number("KG", "about", str(place)) for place in range(len(about))]
    async with engine.begin() as connection:
        for number, data in zip(numbers, about, strict=True):
            await projection.build().apply(connection, history(("2026-03-02T04:00", data), appeal=number))
    assert await all_pages(engine, "waiting", Viewer(OTHER, ())) == []
    of_router = await all_pages(engine, "waiting", VIEWER._replace(routes=True))
    assert of_router == sorted([numbers[0], numbers[3]])
