"""`natija projection rebuild`: shows the progress of a rebuild, and prints its outcome."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

import uvloop
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from natija_chassis.postgres.table_diff import TableDiff
from natija_chassis.process import gc_tuning
from natija_chassis.projections.installed import projection_of
from natija_chassis.projections.rebuild import RebuildMismatch, RebuildResult, rebuild
from natija_chassis.settings import Settings
from natija_events.kafka import aiokafka_patch

ABORTED = 130


class _Rate(ProgressColumn):
    """Records a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:,.0f}/s")


class _Bar:
    """Draws on stderr, so that stdout holds the outcome only."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(),
            TimeRemainingColumn(compact=True), console=Console(stderr=True),
        )  # fmt: skip
        self._task: TaskID | None = None
        self._lines: list[str] = []

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        for line in self._lines:
            print(line)

    def begin(self, phase: str, records: int) -> None:
        self._task = self._progress.add_task(phase, total=records)

    def advance(self, records: int) -> None:
        if self._task is not None:
            self._progress.advance(self._task, records)

    def compared(self, table: TableDiff) -> None:
        self._lines.append(_line(table))


def _line(table: TableDiff) -> str:
    if table.rows is None:
        return f"{table.table}: not compared, since its columns changed"
    return f"{table.table}: {table.rows:,} rows compared, {'equal' if table.equal else 'DIFFERENT'}"


def run(service: str) -> int:
    """0 when rebuilt and switched, 1 when it differs, 130 when aborted."""
    gc_tuning.relax_gc()
    aiokafka_patch.apply()
    return uvloop.run(_run(Settings(), service))


async def _run(settings: Settings, service: str) -> int:
    projection = projection_of(service)
    try:
        with _Bar() as bar:
            outcome = await _abortable(rebuild(settings, projection, bar))
    except asyncio.CancelledError:
        print(f"aborted: {service} is as it was", file=sys.stderr)
        return ABORTED
    except RebuildMismatch as different:
        print(f"natija: {different}; nothing was switched", file=sys.stderr)
        return 1
    print(f"{service}: rebuilt from {outcome.records:,} records, and switched")
    return 0


async def _abortable(rebuilding: Coroutine[Any, Any, RebuildResult]) -> RebuildResult:
    """Await it, and cancel it on Ctrl-C or SIGTERM."""
    task = asyncio.create_task(rebuilding)
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, task.cancel)
    return await task
