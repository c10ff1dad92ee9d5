"""The history of an appeal read from the log itself: the same rows whatever the projection knows, or what is broken."""

import asyncio

import asyncpg
import pytest
from tests.integration.analytics.register import APPEAL, Register, life
from tests.unit.events.histories import appeal_number

from natija_analytics.history import history
from natija_analytics.projection.state import history_row
from natija_chassis.projections.dead_letters import is_poison
from natija_events.wire.record import RecordedEvent


def own(events: list[RecordedEvent], appeal: str = APPEAL) -> list[RecordedEvent]:
    return [event for event in events if event.subject == appeal]


async def test_log_equals_the_projection(register: Register) -> None:
    """However much of the log the projection has applied."""
    events = life()
    await register.write(*events[:-3])
    await register.apply_batch()
    assert await register.of_log() == await register.of_projection()
    await register.write(*events[-3:-1])
    await register.write(events[-1])
    behind = await register.of_log()
    assert [row._replace(offset=0) for row in behind] == [
        history_row(event)._replace(offset=0) for event in own(events)
    ]
    await register.apply_batch()
    assert behind == await register.of_log() == await register.of_projection()
    # What is a dead letter is not in the history; it stands on the log all the same.
    last = f"from history where appeal = '{APPEAL}' and sequence > 3"
    await register.execute(
        f'insert into dead_letters (partition, "offset", appeal) select partition, "offset", appeal {last}'
    )
    await register.execute(f"delete {last}")
    assert await register.of_log() == behind
    await register.execute("drop schema live cascade")
    assert await register.of_log() == behind


async def test_first_broken_event_is_named(register: Register) -> None:
    changed, missing, unreadable = map(appeal_number, (2, 3, 4))
    events = life(changed)
    second = own(events, changed)[1]
    forged = second._replace(event=second.event._replace(data=b'{"body":"B"}'))
    await register.write(*(forged if event is second else event for event in events))
    with pytest.raises(history.BrokenChain, match=rf"event 3 of {changed} does not follow from the one before it"):
        await register.of_log(changed)

    events = own(life(missing), missing)
    await register.write(*events[:2], *events[3:])
    with pytest.raises(history.BrokenChain, match=rf"where event 3 of {missing} belongs, there is another"):
        await register.of_log(missing)

    first, *rest = own(life(unreadable), unreadable)
    await register.write(first._replace(event=first.event._replace(data=b"{}")), *rest)
    with pytest.raises(history.BrokenChain, match=r"partition \d+, offset \d+: "):
        await register.of_log(unreadable)


async def test_broken_copy_loses_nothing(
    register: Register,
) -> None:
    """The connection breaks; the next batch continues."""
    await register.write(*life())
    watcher = await asyncpg.connect(register.realm.environment["NATIJA_POSTGRES"], database=register.database)
    try:
        async with watcher.transaction():
            await watcher.execute("lock table live.history in exclusive mode")
            taking = asyncio.create_task(register.apply_batch())
            async with asyncio.timeout(20):
                while not await watcher.fetchval(f"select bool_or(pg_terminate_backend(pid)) {_COPYING}"):
                    await asyncio.sleep(0.02)
            with pytest.raises(Exception) as lost:  # noqa: PT011 - whatever the driver says of a lost server
                await taking
        assert not is_poison(lost.value)
        await register.apply_batch()
        assert len(await register.of_projection()) == 5
        assert await watcher.fetchval("select count(*) from live.history") == len(life())
    finally:
        await watcher.close()


_COPYING = "from pg_locks where not granted and relation = 'live.history'::regclass"
