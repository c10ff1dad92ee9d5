"""`make bench`: what the register does a second, beside what its parts do bare. `python -m tests.bench NAME...`"""

import argparse
import json
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from tests.bench import (
    desk_pages,
    growth,
    import_rows,
    inbox_to_log,
    intake_api,
    judged_terms,
    lifecycles,
    log_readers,
    pages,
    soak,
    timers,
)
from tests.bench.measurement import Figure
from tests.bench.setup import Bench, BenchSetup
from tests.stack import REPOSITORY, Servers, provisioned_realms, running_servers

from natija_chassis.process import gc_tuning

RESULT = REPOSITORY / "bench.json"

BENCHES: dict[str, Bench] = {
    "inbox_to_log": inbox_to_log.bench,
    "inbox_to_log_signed": inbox_to_log.signed_bench,
    "log_to_facts": log_readers.log_to_facts,
    "rebuild": log_readers.rebuilding,
    "history_from_log": log_readers.history_from_log,
    "post_receipt": intake_api.post_receipt,
    "post_to_facts": intake_api.post_to_facts,
    "lifecycles": lifecycles.bench,
    "import_rows": import_rows.bench,
    "timer_delay": timers.bench,
    "what_if": judged_terms.bench,
    "desk_pages": desk_pages.bench,
}


def main() -> int:
    """Run the benches that are named, or all; 1 when a figure misses its bound."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; by default all")
    parser.add_argument("--growth", action="store_true", help="also on a log of a million appeals; takes long")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="also for so long, and watch the memory")
    parser.add_argument("--runs", action="store_true", help="tell each run, not only the median")
    arguments = parser.parse_args()
    names = arguments.names or list(BENCHES)
    if unknown := set(names) - set(BENCHES):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    logging.basicConfig(format="%(message)s", level=logging.ERROR)
    logging.getLogger("tests.bench").setLevel(logging.INFO if arguments.runs else logging.ERROR)
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    gc_tuning.relax_gc()  # as `natija projection rebuild` does; the floors that are measured here get the same
    console = Console()
    figures: dict[str, Figure] = {}
    try:
        with _progress(console) as progress:
            starting = progress.add_task("Kafka and PostgreSQL", total=1)
            with running_servers() as servers:
                progress.update(starting, completed=1)
                uvloop.run(_run(names, servers, progress, figures, grow=arguments.growth, soak_for=arguments.soak))
    finally:  # what was measured before a bench failed is told all the same
        RESULT.write_text(json.dumps([_record(figure) for figure in figures.values()], indent=2) + "\n")
        console.print(_table(list(figures.values())))
    return 0 if all(figure.holds for figure in figures.values()) else 1


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )


async def _run(
    names: Sequence[str],
    servers: Servers,
    progress: Progress,
    figures: dict[str, Figure],
    *,
    grow: bool,
    soak_for: float | None,
) -> None:
    with tempfile.TemporaryDirectory(prefix="natija-bench-") as folder:
        async with provisioned_realms(servers, Path(folder)) as realms:
            setup = BenchSetup(realms, progress, figures, BENCHES)
            for name in names:
                await setup.figure(name)
            if grow:
                async for figure in growth.bench(setup):
                    figures[figure.name] = figure
                figures["pages"] = await pages.bench(setup)
            if soak_for:
                figures |= {figure.name: figure for figure in await soak.bench(setup, soak_for)}


def _record(figure: Figure) -> dict[str, object]:
    return {
        "name": figure.name, "rate": round(figure.rate, 1), "floor": round(figure.floor, 1),
        "ratio": round(figure.ratio, 3), "unit": figure.unit,
        "cpu_us": {name: round(cpu, 1) for name, cpu in figure.cpu.items()},
    }  # fmt: skip


def _table(figures: Sequence[Figure]) -> Table:
    table = Table("name", "unit", title="Median of the runs, beside the floor of the same run")
    for heading in ("rate", "floor", "ratio", "bound", ""):
        table.add_column(heading, justify="right")
    for one in figures:
        bound = f"{'≥' if one.better == 'more' else '≤'} {one.bound:g}"
        table.add_row(
            one.name, one.unit, f"{one.rate:,.0f}", f"{one.floor:,.0f}", f"{one.ratio:.2f}", bound,
            "" if one.holds else "MISSED",
        )  # fmt: skip
        if one.cpu:
            unit = one.unit.partition("/")[0].removesuffix("s")
            table.add_row("", f"CPU µs per {unit}: " + ", ".join(f"{name} {cpu:.1f}" for name, cpu in one.cpu.items()))
        if one.note:
            table.add_row("", one.note)
    return table


if __name__ == "__main__":
    raise SystemExit(main())
