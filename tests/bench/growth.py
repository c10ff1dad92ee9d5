"""The same figures on a grown log: a million appeals, six million events."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from statistics import median

from sqlalchemy import text
from tests.bench import inbox_to_log, lifecycles
from tests.bench.ground import Ground, decided, ends, engine_of
from tests.bench.lifecycles import FOLLOWERS, followed, taken_in_by_all
from tests.bench.lives import EVENTS, fill
from tests.bench.measuring import Figure
from tests.bench.watching import mebibytes, processes
from tests.stack import Realm

from natija_events.topics import INBOX, TOPICS

APPEALS = 1_000_000
_AT_ONCE = 20_000
"""Appeals on the inbox at one time: so many wait in memory and on the disk twice."""


async def bench(ground: Ground) -> AsyncIterator[Figure]:
    """`inbox_to_log` and `lifecycles` again, each beside what it was on a log that was empty."""
    empty = {name: await ground.figure(name) for name in ("inbox_to_log", "lifecycles")}
    realm = await ground.realms()

    def grown(name: str, rates: Sequence[float], note: str) -> Figure:
        return Figure(f"{name}_grown", median(rates), empty[name].rate, empty[name].unit, bound=0.9, note=note)

    async with followed(realm):
        pass  # all tables are there now
    await _register(ground, realm)
    inbox = await inbox_to_log.registrars_alone(ground, realm, "inbox_to_log, grown")
    yield grown("inbox_to_log", inbox, "")
    note = await _followed(ground, realm)
    yield grown("lifecycles", await lifecycles.lives(ground, realm, "lifecycles, grown"), note)


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
    """Let all services take in whatever was proposed; what topics, databases and processes take then."""
    everything = sum((await ends(realm.servers.kafka, INBOX.name(realm.name))).values())
    with ground.showing(f"{everything:,} events taken in", 100) as step:
        async with followed(realm, ready=False) as engines:
            for percent in range(1, 101):
                await _until(lambda: taken_in_by_all(engines), everything * percent // 100)
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
    return "disk: " + ", ".join(f"{name} {taken / 2**20:,.0f} MiB" for name, taken in sizes.items())


async def _memory(realm: Realm) -> str:
    """What each process takes."""
    taken = {name: mebibytes(process) for name, process in (await processes(realm)).items()}
    return "memory: " + ", ".join(f"{name} {size:,.0f} MiB" for name, size in taken.items())
