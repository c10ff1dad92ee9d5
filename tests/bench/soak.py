"""Whole lifecycles for a long time at half of the possible rate, and the memory of every process meanwhile."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median

from tests.bench.lifecycle_events import EVENTS
from tests.bench.lifecycles import all_services, answer_appeals, applied_by_all
from tests.bench.measurement import Figure
from tests.bench.processes import memory_mib, processes
from tests.bench.setup import BenchSetup
from tests.stack import Realm

EVERY = 2.0
"""Seconds between two looks at the memory."""
WARM_UP, WINDOW = 1 / 6, 1 / 10
"""Parts of the whole time: what does not count, and how long one looks to say what is taken."""
FLAT = 1.05
_AT_THE_END = 10.0
"""Seconds until every service must have applied what the desk saw answered."""


async def bench(setup: BenchSetup, minutes: float) -> list[Figure]:
    """The memory of each process at the end beside that after the warm-up, and the rate of whole lifecycles.

    Raises TimeoutError when a service lags at the end.
    """
    pace = (await setup.figure("lifecycles")).rate / 2
    appeals = int(pace * minutes * 60)
    samples: dict[str, list[float]] = defaultdict(list)
    realm = await setup.realms()
    async with all_services(realm) as engines:
        with setup.progress_bar(f"{minutes:g} minutes at {pace:.0f} appeals a second", appeals) as step:
            began = time.perf_counter()
            watching = asyncio.create_task(_watch(realm, samples))
            living = asyncio.create_task(answer_appeals(realm, appeals, pace=pace))
            try:
                done = 0
                while not living.done():
                    await asyncio.wait([living], timeout=1)
                    now = await applied_by_all(engines) // EVENTS
                    for _ in range(now - done):
                        step()
                    done = now
                await living
                async with asyncio.timeout(_AT_THE_END):
                    while await applied_by_all(engines) < appeals * EVENTS:
                        await asyncio.sleep(0.05)
                rate = appeals / (time.perf_counter() - began)
            finally:
                for task in (living, watching):
                    task.cancel()
    return [Figure("soak", rate, pace, "appeals/s", bound=0.95), *_memory(samples)]


async def _watch(realm: Realm, samples: dict[str, list[float]]) -> None:
    """Add to *samples* what each process takes, in MiB."""
    while True:
        for name, process in (await processes(realm)).items():
            samples[name].append(memory_mib(process))
        await asyncio.sleep(EVERY)


def _memory(samples: Mapping[str, Sequence[float]]) -> list[Figure]:
    figures = []
    for name, values in samples.items():
        warm, window = values[int(len(values) * WARM_UP) :], max(1, int(len(values) * WINDOW))
        before, after = median(warm[:window]), median(warm[-window:])
        note = f"{min(warm):.0f} to {max(warm):.0f}"
        figures.append(Figure(f"soak_{name}", after, before, "MiB PSS", bound=FLAT, better="less", note=note))
    return figures
