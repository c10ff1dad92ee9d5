"""The same figures on a grown log: a million appeals, six million events."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from sqlalchemy import text
from tests.bench import inbox_to_log, lifecycles
from tests.bench.lifecycle_events import EVENTS, propose_lifecycles
from tests.bench.lifecycles import FOLLOWERS, all_services, applied_by_all
from tests.bench.measurement import RUNS, Figure, interleaved
from tests.bench.processes import memory_mib, processes
from tests.bench.setup import BenchSetup, decided_count, end_offsets, engine_of
from tests.stack import Realm

from natija_events.topics import INBOX, TOPICS

APPEALS = 1_000_000
AS_FAST = 0.9
"""Of the rate on an empty log."""
_AT_ONCE = 20_000
"""Appeals on the inbox at one time: so many wait in memory and on the disk twice."""


async def bench(setup: BenchSetup) -> AsyncIterator[Figure]:
    """`inbox_to_log` and `lifecycles` again, each by turns with the same on a log that is empty."""
    realm = await setup.realms()
    async with all_services(realm):
        pass  # all tables are there now
    await _register(setup, realm)
    yield await _inbox_to_log(setup, realm, await setup.realms())
    note = await _followed(setup, realm)
    yield await _lifecycles(setup, realm, await setup.realms(), note)


async def _inbox_to_log(setup: BenchSetup, grown: Realm, empty: Realm) -> Figure:
    ours, theirs = engine_of(grown, "intake"), engine_of(empty, "intake")
    with setup.progress_bar("inbox_to_log, grown", 2 * RUNS + 2) as step:
        for realm in (grown, empty):
            await inbox_to_log.fill_inbox(realm)
            step()
        on_grown, on_empty = await interleaved(
            lambda: inbox_to_log.decision_rate(grown, ours),
            lambda: inbox_to_log.decision_rate(empty, theirs),
            on_run=step,
        )
    await ours.dispose()
    await theirs.dispose()
    return Figure("inbox_to_log_grown", on_grown, on_empty, "events/s", bound=AS_FAST)


async def _lifecycles(setup: BenchSetup, grown: Realm, empty: Realm, note: str) -> Figure:
    """The services of both run all the time; those of one have nothing to do while the other's are measured."""
    async with all_services(grown) as ours, all_services(empty) as theirs:
        with setup.progress_bar("lifecycles, grown") as step:
            on_grown, on_empty = await interleaved(
                lambda: lifecycles.lifecycle_rate(grown, ours),
                lambda: lifecycles.lifecycle_rate(empty, theirs),
                on_run=step,
            )
    return Figure("lifecycles_grown", on_grown, on_empty, "appeals/s", bound=AS_FAST, note=note)


async def _register(setup: BenchSetup, realm: Realm) -> None:
    """Register a million whole lifecycles, portion by portion, and always one portion ahead."""
    engine = engine_of(realm, "intake")
    try:
        with setup.progress_bar(f"{APPEALS:,} appeals registered", APPEALS // _AT_ONCE) as step:
            async with inbox_to_log.registrars(realm):
                for portion in range(APPEALS // _AT_ONCE):
                    await propose_lifecycles(realm, _AT_ONCE)
                    await _until(lambda: decided_count(engine), portion * _AT_ONCE * EVENTS)
                    step()
                await _until(lambda: decided_count(engine), APPEALS * EVENTS)
    finally:
        await engine.dispose()


async def _followed(setup: BenchSetup, realm: Realm) -> str:
    """Let all services apply whatever was proposed; what topics, databases and processes take then."""
    everything = sum((await end_offsets(realm.servers.kafka, INBOX.name(realm.name))).values())
    with setup.progress_bar(f"{everything:,} events applied", 100) as step:
        async with all_services(realm, ready=False) as engines:
            for percent in range(1, 101):
                await _until(lambda: applied_by_all(engines), everything * percent // 100)
                step()
            return f"{await _disk(realm)}; {await _memory(realm)}"


async def _until(count: Callable[[], Awaitable[int]], wanted: int) -> None:
    while await count() < wanted:
        await asyncio.sleep(0.2)


async def _disk(realm: Realm) -> str:
    """The disk space of each topic and each database."""
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
    """The memory of each process."""
    taken = {name: memory_mib(process) for name, process in (await processes(realm)).items()}
    return "memory: " + ", ".join(f"{name} {size:,.0f} MiB" for name, size in taken.items())
