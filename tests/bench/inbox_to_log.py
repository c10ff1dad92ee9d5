"""From the inbox to the log: the registrar with all its checks, beside a bare transactional copy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from deploy.local.ports import free_port
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.bench import copier
from tests.bench.lifecycle_events import EVENTS, propose_lifecycles
from tests.bench.measurement import RUNS, Figure, interleaved, rate
from tests.bench.processes import CpuMeter
from tests.bench.setup import BenchSetup, decided_count, engine_of
from tests.stack import Child, Realm

from natija_chassis.postgres.engine import create_service_tables
from natija_events.topics import INBOX
from natija_intake.registrar import tables
from natija_intake.registrar.app import RegistrarSettings

APPEALS = 6_000
"""Of a run, each with a whole life."""
SHARDS = 2
"""One registrar each: a core is what one of them can fill."""
BATCH: int = RegistrarSettings.model_fields["batch_records"].default
_SPARE = 5_000
"""Appeals more: before a run begins and when it ends, some are registered too."""


async def bench(setup: BenchSetup) -> Figure:
    """The inbox is filled beforehand, each event a proposal; measured from the first batch registered to the last."""
    return await _measure(setup, "inbox_to_log", signed=False, bound=0.5)


async def signed_bench(setup: BenchSetup) -> Figure:
    """The same with signed proposals, beside a copy that verifies a signature of each record with the same library."""
    return await _measure(setup, "inbox_to_log_signed", signed=True, bound=0.45)


async def _measure(setup: BenchSetup, name: str, *, signed: bool, bound: float) -> Figure:
    realm = await setup.realms()
    engine = engine_of(realm, "intake")
    kafka, copies = realm.servers.kafka, f"{realm.name}.bench.copies"

    async def bare() -> float:
        source, records = INBOX.name(realm.name), APPEALS * EVENTS
        return await copier.copy(kafka, source, copies, batch=BATCH, shards=SHARDS, records=records, verified=signed)

    try:
        with setup.progress_bar(name, 2 * RUNS + 1) as step:
            await copier.make_topic(kafka, copies)
            await fill_inbox(realm, signed=signed)
            step()
            cpu = CpuMeter()
            measured, floor = await interleaved(lambda: decision_rate(realm, engine, cpu), bare, on_run=step)
    finally:
        await engine.dispose()
    return Figure(name, measured, floor, "events/s", bound=bound, cpu=cpu.medians())


async def fill_inbox(realm: Realm, *, signed: bool = False) -> None:
    """Put on the inbox of *realm* what all runs decide."""
    await propose_lifecycles(realm, RUNS * (APPEALS + _SPARE), signed=signed)


async def decision_rate(realm: Realm, engine: AsyncEngine, cpu: CpuMeter | None = None) -> float:
    """A run: how many proposals a second a registrar for every shard decides, once each has its own."""
    async with registrars(realm):
        if cpu:
            await cpu.watch(realm)
        before = await decided_count(engine)

        async def since() -> int:
            return await decided_count(engine) - before

        return await rate(since, APPEALS * EVENTS, every=0.05, meter=cpu)


@asynccontextmanager
async def registrars(realm: Realm) -> AsyncIterator[None]:
    """A registrar for every shard, while the block lasts."""
    async with AsyncExitStack() as stack:
        engine = engine_of(realm, "intake")
        stack.push_async_callback(engine.dispose)
        await create_service_tables(engine, tables.own)
        await realm.run("registrar", "shards", str(SHARDS))
        stack.push_async_callback(realm.run, "registrar", "shards", "1")
        children = []
        for _ in range(SHARDS):
            child = await realm.serve("registrar", ready=False, NATIJA_REGISTRAR_PORT=str(free_port()))
            stack.push_async_callback(child.stop)
            children.append(child)
        await asyncio.gather(*(_until_deciding(child) for child in children))
        yield


async def _until_deciding(registrar: Child) -> None:
    """Until it has its one shard, and no other."""
    async with httpx.AsyncClient(timeout=2, trust_env=False) as client, asyncio.timeout(60):
        while True:
            try:
                if "deciding on 1 shard" in (await client.get(f"{registrar.management_url}/ready")).text:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)
