"""Whole lifecycles: an appeal comes in, routing and deadlines process it, officials answer, all services follow."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from statistics import median

from sqlalchemy.ext.asyncio import AsyncEngine
from tests.bench.lifecycle_events import EVENTS, registered
from tests.bench.measurement import RUNS, Figure, rate
from tests.bench.processes import CpuMeter
from tests.bench.setup import BenchSetup, applied, end_offsets, engine_of
from tests.stack import SERVICES, Realm

from natija_chassis.projections.installed import services
from natija_events.ids import new_appeal_number
from natija_events.kafka import Publisher, read
from natija_events.topics import LOG
from natija_events.types.intake import Registered
from natija_events.types.routing import Answered, DecisionApproved, DecisionPrepared

APPEALS = 1_200
"""Of a run."""
AT_ONCE = 300
"""Lives that are open at one time."""
WANTED = 200.0
FOLLOWERS = tuple(services())
_BY_SERVICES = 3
"""The sequence that a life has reached once routing and deadlines have done their part."""
_TOPIC, _HOLDER = "health", "/desks/ministry-health"
"""The topic of all appeals, and the desk of the body to which routing assigns it."""
_BY_OFFICIALS = (
    DecisionPrepared(outcome="satisfied"), DecisionApproved(approver="head-7"), Answered(outcome="satisfied"),
)  # fmt: skip


async def bench(setup: BenchSetup) -> Figure:
    """Lives a second that every service has applied whole, from the first to the last."""
    realm, rates, cpu = await setup.realms(), [], CpuMeter()
    async with all_services(realm) as engines:
        await cpu.watch(realm, bench=True)
        with setup.progress_bar("lifecycles", RUNS) as step:
            for _ in range(RUNS):
                rates.append(await lifecycle_rate(realm, engines, cpu))
                step()
    return Figure("lifecycles", median(rates), WANTED, "appeals/s", bound=1.0, cpu=cpu.medians())


@asynccontextmanager
async def all_services(realm: Realm, *, ready: bool = True) -> AsyncIterator[Sequence[AsyncEngine]]:
    """All processes of *realm*, while the block lasts, from when they are *ready* or at once; gives the databases of
    those that follow the log."""
    children = [await realm.serve(service, ready=ready) for service in SERVICES]
    engines = [engine_of(realm, service) for service in FOLLOWERS]
    try:
        yield engines
    finally:
        for engine in engines:
            await engine.dispose()
        for child in children:
            await child.stop()


async def applied_by_all(engines: Sequence[AsyncEngine]) -> int:
    """How many events every one of them has applied."""
    return min([await applied(engine) for engine in engines])


async def lifecycle_rate(realm: Realm, engines: Sequence[AsyncEngine], cpu: CpuMeter | None = None) -> float:
    """A run: appeals a second that all whose databases *engines* are have applied whole."""
    before = await applied_by_all(engines)

    async def whole() -> int:
        return (await applied_by_all(engines) - before) // EVENTS

    working = asyncio.create_task(answer_appeals(realm, APPEALS))
    try:
        measured = await rate(whole, APPEALS, every=0.05, meter=cpu)
        await working
    finally:
        working.cancel()
    return measured


async def answer_appeals(realm: Realm, appeals: int, *, pace: float = math.inf) -> None:
    """Open *appeals* appeals, *pace* a second at most, and answer each as soon as it is routed and has its term."""
    kafka = realm.servers.kafka
    start = await end_offsets(kafka, LOG.name(realm.name))
    places = asyncio.Semaphore(AT_ONCE)
    async with (
        Publisher(kafka, realm.name, "/desks/bench", realm_key=realm.public_key) as publisher,
        Publisher(kafka, realm.name, _HOLDER, realm_key=realm.public_key) as officials,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(_answer(realm, start, officials, places, appeals))
        began = time.perf_counter()
        for count in range(appeals):
            await asyncio.sleep(began + count / pace - time.perf_counter())
            await places.acquire()
            now = datetime.now(UTC)
            opening = publisher.event(new_appeal_number(realm.name), now, _registered(now))
            group.create_task(publisher.send(opening))


def _registered(now: datetime) -> Registered:
    return registered(now).model_copy(update={"topic": _TOPIC})


async def _answer(
    realm: Realm, start: Mapping[int, int], officials: Publisher, places: asyncio.Semaphore, appeals: int
) -> None:
    answered = 0
    async with asyncio.TaskGroup() as group:
        async for event in read(realm.servers.kafka, realm.name, positions=start, follow=True):
            if event.sequence == _BY_SERVICES:
                group.create_task(_decide(officials, event.subject))
            elif event.type == Answered.type:
                places.release()
                answered += 1
                if answered == appeals:
                    return


async def _decide(officials: Publisher, appeal: str) -> None:
    for sequence, data in enumerate(_BY_OFFICIALS, start=_BY_SERVICES):
        await officials.send(officials.event(appeal, datetime.now(UTC), data, expectedsequence=sequence))
