"""A register brought in: rows through the import, the registrar and the log into facts."""

import csv
from pathlib import Path
from statistics import median

from tests.bench.measurement import RUNS, Figure, rate
from tests.bench.setup import BenchSetup, applied, engine_of
from tests.stack import REPOSITORY, Realm
from tests.unit.intake.imports.boston import CASE, cells, mapper

ROWS = 3_000
"""Of a run."""


async def bench(setup: BenchSetup) -> Figure:
    """From the first rows in facts to the last; the floor is what the registrar does when it has nobody to wait for."""
    registrar = await setup.figure("inbox_to_log")
    events = len(mapper().map(cells()).events)
    realm = await setup.realms()
    await realm.serve("registrar")
    await realm.serve("analytics")
    with setup.progress_bar("import_rows", RUNS) as step:
        rates = []
        for run in range(RUNS):
            rates.append(await _import(realm, run, events))
            step()
    return Figure(
        "import_rows", median(rates), registrar.rate / events, "rows/s", bound=0.5,
        note=f"a row is {events} events; the floor is inbox_to_log by that",
    )  # fmt: skip


async def _import(realm: Realm, run: int, events: int) -> float:
    file = realm.folder / f"cases-{run}.csv"
    _write(file, first=run * ROWS)
    engine = engine_of(realm, "analytics")

    async def since() -> int:
        return await applied(engine) // events - run * ROWS

    try:
        importing = await realm.start("import", str(file), "--mapping", str(REPOSITORY / "examples/boston311.yaml"))
        measured = await rate(since, ROWS, every=0.05)
        assert await importing.process.wait() == 0, importing.output()
    finally:
        await engine.dispose()
    return measured


def _write(file: Path, *, first: int) -> None:
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, CASE)
        writer.writeheader()
        writer.writerows(CASE | {"CASE_ENQUIRY_ID": str(number)} for number in range(first, first + ROWS))
