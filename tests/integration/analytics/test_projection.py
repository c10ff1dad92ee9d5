"""History and facts on a real PostgreSQL: they equal the fold, however the events come in batches."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.unit.events.histories import Log, appeal_number, hour, random_log, registered

from natija_analytics.projection import projection
from natija_analytics.projection.state import history_row
from natija_chassis.projections.dead_letters import is_poison
from natija_events.lifecycle.fold import fold
from natija_events.types.intake import Address, Applicant
from natija_events.types.routing import Answered

_SAME = ("kind", "form", "channel", "received", "region", "topic", "body", "closed", "duplicate_of", "repeat_of")
"""Columns of facts that the contract's fold has under the same name."""


async def rows(engine: AsyncEngine, table: str, order: str) -> list[dict[str, Any]]:
    async with engine.connect() as connection:
        found = await connection.execute(text(f"select * from {table} order by {order}"))
        return [dict(row) for row in found.mappings()]


async def project(engine: AsyncEngine, log: Log, *sizes: int) -> None:
    """Apply the log in batches of *sizes*, the last one again and again until the end."""
    start, turn = 0, 0
    while start < len(log.events):
        size = sizes[min(turn, len(sizes) - 1)]
        async with engine.begin() as connection:
            await projection.build().apply(connection, log.events[start : start + size])
        start, turn = start + size, turn + 1


async def test_history_has_every_event(engine: AsyncEngine) -> None:
    """As it is on the log."""
    log = random_log(200, seed=1)
    await project(engine, log, 97)
    found = await rows(engine, "history", "recordedtime")
    assert found == [history_row(event)._asdict() for event in log.events]


@pytest.mark.parametrize("sizes", [(100_000,), (1, 7, 300), (61,)])
async def test_facts_equal_the_fold(engine: AsyncEngine, sizes: tuple[int, ...]) -> None:
    """For every size of batches."""
    log = random_log(700, seed=2)
    await project(engine, log, *sizes)
    found = {row["appeal"]: row for row in await rows(engine, "facts", "appeal")}
    assert set(found) == set(log.appeals)
    for number, row in found.items():
        appeal = fold(log.of(number))
        assert appeal is not None
        last = log.of(number)[-1]
        assert (row["sequence"], row["recordedtime"]) == (appeal.standing.sequence, last.recordedtime)
        for name in _SAME:
            assert row[name] == getattr(appeal, name), (number, name)
        assert row["opened"] == appeal.standing.opened
        assert row["ending"] == (None if appeal.closed is None else appeal.standing.state)
        if appeal.standing.state != "FORWARDED":
            assert row["outcome"] == appeal.outcome


async def test_external_forward_is_an_outcome(engine: AsyncEngine) -> None:
    log = random_log(700, seed=2)
    await project(engine, log, 500)
    out = [row for row in await rows(engine, "facts", "appeal") if row["ending"] == "FORWARDED"]
    assert {row["outcome"] for row in out} == {"forwarded"}


async def test_rolled_back_batch_leaves_nothing(engine: AsyncEngine) -> None:
    log = random_log(20, seed=4)
    async with engine.connect() as connection:
        await projection.build().apply(connection, log.events)
        await connection.rollback()
    assert await rows(engine, "history", "1") == []
    assert await rows(engine, "facts", "1") == []


async def test_refused_event_is_poison(engine: AsyncEngine) -> None:
    """A savepoint cuts it out of its batch."""
    log = random_log(20, seed=5)
    await project(engine, log, 1000)
    fresh = Log()
    fresh.add(appeal_number(900), hour(0), registered(hour(0)))
    async with engine.begin() as connection:
        with pytest.raises(Exception) as refused:  # noqa: PT011 - which class, the next line says
            async with connection.begin_nested():
                await projection.build().apply(connection, [*fresh.events, log.events[0]])
        assert is_poison(refused.value)
        await projection.build().apply(connection, fresh.events)
    assert [row["appeal"] for row in await rows(engine, "history", "recordedtime, appeal")].count(
        appeal_number(900)
    ) == 1


async def test_region_of_applicant_counts(engine: AsyncEngine) -> None:
    """When the appeal names none."""
    log = Log()
    applicant = Applicant(kind="legal", address=Address(region="talas", district="d"))
    log.add(appeal_number(0), hour(0), registered(hour(0), applicant=applicant))
    log.add(appeal_number(0), hour(0), Answered(outcome="explained"))
    await project(engine, log, 1)
    (row,) = await rows(engine, "facts", "appeal")
    assert (row["region"], row["district"], row["applicant_kind"]) == ("talas", "d", "legal")
