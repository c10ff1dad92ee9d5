"""The same figures on a grown log: a million appeals, six million events."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from sqlalchemy import text
from tests.bench import inbox_to_log, lifecycles
from tests.bench.ground import Ground, decided, ends, engine_of
from tests.bench.lifecycles import FOLLOWERS, applied_by_all, followed
from tests.bench.lives import EVENTS, fill
from tests.bench.measuring import RUNS, Figure, by_turns
from tests.bench.watching import mebibytes, processes
from tests.stack import Realm

from natija_events.topics import INBOX, TOPICS

APPEALS = 1_000_000
AS_FAST = 0.9
"""Of the rate on an empty log."""
_AT_ONCE = 20_000
"""Appeals on the inbox at one time: so many wait in memory and on the disk twice."""


async def bench(ground: Ground) -> AsyncIterator[Figure]:
    """`inbox_to_log` and `lifecycles` again, each by turns with the same on a log that is empty."""
    realm = await ground.realms()
    async with followed(realm):
        pass  # all tables are there now
    await _register(ground, realm)
    yield await _inbox_to_log(ground, realm, await ground.realms())
    note = await _followed(ground, realm)
    yield await _lifecycles(ground, realm, await ground.realms(), note)


async def _inbox_to_log(ground: Ground, grown: Realm, empty: Realm) -> Figure:
    ours, theirs = engine_of(grown, "intake"), engine_of(empty, "intake")
    with ground.showing("inbox_to_log, grown", 2 * RUNS + 2) as step:
        for realm in (grown, empty):
            await inbox_to_log.fill_inbox(realm)
            step()
        on_grown, on_empty = await by_turns(
            lambda: inbox_to_log.deciding(grown, ours), lambda: inbox_to_log.deciding(empty, theirs), told=step
        )
    await ours.dispose()
    await theirs.dispose()
    return Figure("inbox_to_log_grown", on_grown, on_empty, "events/s", bound=AS_FAST)


async def _lifecycles(ground: Ground, grown: Realm, empty: Realm, note: str) -> Figure:
    """The services of both run all the time; those of one have nothing to do while the other's are measured."""
    async with followed(grown) as ours, followed(empty) as theirs:
        with ground.showing("lifecycles, grown") as step:
            on_grown, on_empty = await by_turns(
                lambda: lifecycles.living(grown, ours), lambda: lifecycles.living(empty, theirs), told=step
            )
    return Figure("lifecycles_grown", on_grown, on_empty, "lives/s", bound=AS_FAST, note=note)


async def _register(ground: Ground, realm: Realm) -> None:
    """Register a million whole lives, portion by portion, and always one portion ahead."""
    engine = engine_of(realm, "intake")
    try:
        with ground.showing(f"{APPEALS:,} appeals registered", APPEALS // _AT_ONCE) as step:
            async with inbox_to_log.registrars(realm):
                for portion in range(APPEALS // _AT_ONCE):
                    await fill(realm, _AT_ONCE)
                    await _until(lambda: decided(engine), portion * _AT_ONCE * EVENTS)
                    step()
                await _until(lambda: decided(engine), APPEALS * EVENTS)
    finally:
        await engine.dispose()


async def _followed(ground: Ground, realm: Realm) -> str:
    """Let all services apply whatever was proposed; what topics, databases and processes take then."""
    everything = sum((await ends(realm.servers.kafka, INBOX.name(realm.name))).values())
    with ground.showing(f"{everything:,} events applied", 100) as step:
        async with followed(realm, ready=False) as engines:
            for percent in range(1, 101):
                await _until(lambda: applied_by_all(engines), everything * percent // 100)
                step()
            return f"{await _disk(realm)}; {await _memory(realm)}"


async def _until(count: Callable[[], Awaitable[int]], wanted: int) -> None:
    while await count() < wanted:
        await asyncio.sleep(0.2)


async def _disk(realm: Realm) -> str:
    """What each topic and each database takes."""
    sizes = {}
    files = [Path(one.path) for one in (await processes(realm))["kafka"].open_files()]
    for topic in TOPICS:
        segments = [file for file in files if file.parent.name.startswith(f"{topic.name(realm.name)}-")]
        sizes[topic.purpose] = sum(file.stat().st_size for file in segments if file.suffix == ".log")
    for service in FOLLOWERS:
        engine = engine_of(realm, service)
        async with engine.connect() as connection:
            sizes[service] = int(await connection.scalar(text("select pg_database_size(current_database())")) or 0)
        await engine.dispose()
    return "disk: " + ", ".join(f"{name} {size / 2**20:,.0f} MiB" for name, size in sizes.items())


async def _memory(realm: Realm) -> str:
    """What each process takes."""
    taken = {name: mebibytes(process) for name, process in (await processes(realm)).items()}
    return "memory: " + ", ".join(f"{name} {size:,.0f} MiB" for name, size in taken.items())
