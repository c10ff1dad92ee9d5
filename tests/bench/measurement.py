"""A measurement: a rate beside its floor, alternating runs of both, the median of each."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Literal, Protocol

log = logging.getLogger(__name__)

RUNS = 5
"""Of the subject and of the floor."""
LONG_RUNS = 3
"""Of those that read the whole log, which last ten times as long."""

Run = Callable[[], Awaitable[float]]
"""One run; gives what it measured, in the figure's unit."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the table: what was measured, the floor of the same run, and how their ratio must stand to *bound*."""

    name: str
    rate: float
    floor: float
    unit: str
    bound: float
    better: Literal["more", "less"] = "more"
    note: str = ""
    cpu: Mapping[str, float] = field(default_factory=dict)
    """Microseconds of CPU time per unit of the subject, by process."""

    @property
    def ratio(self) -> float:
        return self.rate / self.floor

    @property
    def holds(self) -> bool:
        return self.ratio >= self.bound if self.better == "more" else self.ratio <= self.bound


async def interleaved(
    subject: Run, floor: Run, *, runs: int = RUNS, on_run: Callable[[], None] = lambda: None
) -> tuple[float, float]:
    """The medians of *subject* and *floor*. The order alternates, so that a load that grows or falls
    favours neither; *on_run* is called after each run."""
    measured: dict[Run, list[float]] = {subject: [], floor: []}
    for turn in range(runs):
        for run in (floor, subject) if turn % 2 else (subject, floor):
            measured[run].append(await run())
            log.info("%s: %.4g", "floor" if run is floor else "subject", measured[run][-1])
            on_run()
    return median(measured[subject]), median(measured[floor])


class Meter(Protocol):
    """Measures something else of a run: see `processes.CpuMeter`."""

    def begin(self) -> None: ...
    def end(self, units: int) -> None: ...


async def rate(
    done: Callable[[], Awaitable[int]],
    upto: int,
    *,
    seconds: float = 600,
    every: float = 0.01,
    meter: Meter | None = None,
) -> float:
    """How much is *done* a second, between the first look that finds some and the first that finds all of *upto*.

    *meter* measures the same interval. Raises TimeoutError after *seconds*.
    """
    async with asyncio.timeout(seconds):
        while not (first := await done()):
            await asyncio.sleep(every)
        began = time.perf_counter()
        if meter:
            meter.begin()
        while (last := await done()) < upto:
            await asyncio.sleep(every)
        passed = time.perf_counter() - began
        if meter:
            meter.end(last - first)
        return (last - first) / passed
