"""Appeals that come in over HTTP: how many are answered a second, and how soon one is seen in facts."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from statistics import median, quantiles

from deploy.local.ports import free_port
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.bench import copier
from tests.bench.http_client import Connection, post_concurrently
from tests.bench.inbox_to_log import BATCH
from tests.bench.measurement import RUNS, Figure, interleaved
from tests.bench.processes import CpuMeter, cpu_seconds, processes
from tests.bench.setup import BenchSetup, engine_of
from tests.stack import REPOSITORY, SERVICES, Realm

CONNECTIONS = 256
POSTS = 3_000
"""Of a run."""
PACE = 200.0
"""Appeals a second, while one measures how soon each is seen."""
SECONDS = 5
WITHIN_MS = 250.0
_LOOK_EVERY = 0.01
"""Seconds between two looks at facts: more often, and the looking is what one measures."""
_SEEN = text("select appeal from facts where appeal = any(cast(:numbers as text[]))")


async def post_receipt(setup: BenchSetup) -> Figure:
    """`POST /appeals` until its receipt says registered, beside an app that seals, signs and waits for a copy."""
    realm = await setup.realms()
    await realm.serve("registrar")
    await realm.serve("intake")
    cpu = CpuMeter()
    await cpu.watch(realm, bench=True)
    async with _bare(realm) as bare:
        with setup.progress_bar("post_receipt") as step:
            measured, floor = await interleaved(
                lambda: _answers_a_second(realm.url("intake"), cpu), lambda: _answers_a_second(bare), on_run=step
            )
    return Figure("post_receipt", measured, floor, "posts/s", bound=0.5, cpu=cpu.medians())


async def _answers_a_second(url: str, cpu: CpuMeter | None = None) -> float:
    answers: list[float] = []
    if cpu:
        cpu.begin()
    await post_concurrently(url, POSTS, CONNECTIONS, lambda: answers.append(time.perf_counter()))
    if cpu:
        cpu.end(POSTS)
    return (len(answers) - 1) / (answers[-1] - answers[0])


@asynccontextmanager
async def _bare(realm: Realm) -> AsyncIterator[str]:
    """The URL of the bare app, with its copier beside it."""
    kafka, source, target = realm.servers.kafka, f"{realm.name}.bench.inbox", f"{realm.name}.bench.log"
    for topic in (source, target):
        await copier.make_topic(kafka, topic)
    port = free_port()
    bare = ("tests.bench.floor_api", kafka, source, target, str(port))
    started = [
        await copier.start(kafka, source, target, "--verified", batch=BATCH),
        await asyncio.create_subprocess_exec(sys.executable, "-m", *bare, cwd=REPOSITORY),
    ]
    url = f"http://127.0.0.1:{port}"
    try:
        await _until_it_answers(url)
        yield url
    finally:
        for process in started:
            process.kill()
            await process.wait()


async def _until_it_answers(url: str) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                connection = await Connection.open(url)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                await connection.post()
                connection.close()
                return


async def post_to_facts(setup: BenchSetup) -> Figure:
    """Appeals at a steady pace; the time from each POST until the appeal is a row of facts, 99th percentile."""
    realm = await setup.realms()
    for service in SERVICES:
        # The client has one address. On a slow machine its first seconds need more connections than one may have.
        await realm.serve(service, NATIJA_MAX_CONNECTIONS_PER_ADDRESS="1000")
    engine = engine_of(realm, "analytics")
    shares: list[Mapping[str, float]] = []
    slowest = []
    try:
        with setup.progress_bar("post_to_facts", RUNS + 1) as step:
            await _seen_after(realm, engine)  # the first seconds are those of caches and connections
            step()
            for _ in range(RUNS):
                async with _cpu(realm, shares):
                    waited = await _seen_after(realm, engine)
                slowest.append(quantiles(waited, n=100)[98] * 1000)
                step()
    finally:
        await engine.dispose()
    told = ", ".join(f"{name} {median(one[name] for one in shares):.0f} %" for name in shares[0])
    return Figure(
        "post_to_facts", median(slowest), WITHIN_MS, "ms p99", bound=1.0, better="less", note=f"CPU of one core: {told}"
    )


async def _seen_after(realm: Realm, engine: AsyncEngine) -> list[float]:
    """Seconds from each POST to its row."""
    sent: dict[str, float] = {}
    waited: list[float] = []
    url = realm.url("intake")
    free = [await Connection.open(url) for _ in range(16)]

    async def post(due: float) -> None:
        connection = free.pop() if free else await Connection.open(url)
        if connection.closed:
            connection = await Connection.open(url)
        number = json.loads(await connection.post())["number"]
        free.append(connection)
        sent[number] = due

    async def look() -> None:
        async with engine.connect() as connection:
            connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
            while len(waited) < PACE * SECONDS:
                found = list(await connection.scalars(_SEEN, {"numbers": list(sent)}))
                now = time.perf_counter()
                waited.extend(now - sent.pop(number) for number in found)
                await asyncio.sleep(_LOOK_EVERY)

    try:
        async with asyncio.timeout(10 * SECONDS), asyncio.TaskGroup() as group:
            group.create_task(look())
            began = time.perf_counter()
            for count in range(int(PACE * SECONDS)):
                due = began + count / PACE
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(post(due))
    finally:
        for connection in free:
            connection.close()
    return waited


@asynccontextmanager
async def _cpu(realm: Realm, shares: list[Mapping[str, float]]) -> AsyncIterator[None]:
    """Add to *shares* what part of a core each process took while the block ran, in per cent."""
    watched = await processes(realm)
    began, before = time.perf_counter(), {name: cpu_seconds(one) for name, one in watched.items()}
    yield
    passed = time.perf_counter() - began
    shares.append({name: 100 * (cpu_seconds(one) - before[name]) / passed for name, one in watched.items()})
