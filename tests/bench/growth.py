"""The same figures on a grown log: that of `make million`."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from sqlalchemy import text
from tests.bench import inbox_to_log, lifecycles, million
from tests.bench.lifecycles import FOLLOWERS, all_services
from tests.bench.measurement import RUNS, Figure, interleaved
from tests.bench.processes import memory_mib, processes
from tests.bench.setup import BenchSetup, engine_of
from tests.stack import Realm, provisioned_realms

from natija_events.topics import TOPICS

AS_FAST = 0.9
"""Of the rate on an empty log."""


async def bench(setup: BenchSetup) -> AsyncIterator[Figure]:
    """`inbox_to_log` and `lifecycles` again, each by turns with the same on a log that is empty."""
    with tempfile.TemporaryDirectory(prefix="natija-") as folder:
        async with million.opened() as realm, provisioned_realms(realm.servers, Path(folder)) as realms:
            yield await _inbox_to_log(setup, realm, await realms())
            yield await _lifecycles(setup, realm, await realms())


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


async def _lifecycles(setup: BenchSetup, grown: Realm, empty: Realm) -> Figure:
    """The services of both run all the time; those of one have nothing to do while the other's are measured."""
    async with all_services(grown) as ours, all_services(empty) as theirs:
        with setup.progress_bar("lifecycles, grown") as step:
            on_grown, on_empty = await interleaved(
                lambda: lifecycles.lifecycle_rate(grown, ours),
                lambda: lifecycles.lifecycle_rate(empty, theirs),
                on_run=step,
            )
        note = f"{await _disk(grown)}; {await _memory(grown)}"
    return Figure("lifecycles_grown", on_grown, on_empty, "appeals/s", bound=AS_FAST, note=note)


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
