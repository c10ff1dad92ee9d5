"""The results of an import: the rejected rows in a file, and a summary in figures."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from natija_chassis.reports.output import as_csv
from natija_intake.imports.importer import ImportCounts, RejectedRow


class ImportSummary(NamedTuple):
    """An import in figures. *seconds* is how long it took; *unmapped* counts rows per column."""

    register: str
    counts: ImportCounts
    unmapped: Counter[str]
    seconds: float
    rejected_file: Path

    @property
    def events(self) -> int:
        """Events of rows that are registered, now or before."""
        return self.counts.registered_events + self.counts.already_registered_events

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds if self.seconds else 0.0


def write_rejected(path: Path, rows: Sequence[RejectedRow]) -> None:
    """Write *rows* in the order of the register's lines, a header alone when there are none. Raises OSError."""
    path.write_text(as_csv(RejectedRow._fields, sorted(rows)), encoding="utf-8", newline="")


def as_json(summary: ImportSummary) -> str:
    """The summary as one JSON object."""
    counts = summary.counts
    found: dict[str, Any] = {
        "register": summary.register,
        "rows": counts.rows,
        "events": summary.events,
        "registered": {"rows": counts.registered, "events": counts.registered_events},
        "already_registered": {"rows": counts.already_registered, "events": counts.already_registered_events},
        "rejected": dict(counts.reasons),
        "rejected_lines": counts.rejected_lines,
        "unmapped": dict(summary.unmapped),
        "seconds": round(summary.seconds, 1),
        "events_per_second": round(summary.rate),
        "rejected_file": str(summary.rejected_file),
    }
    return json.dumps(found)


def print_table(summary: ImportSummary) -> None:
    """Print the summary for a person."""
    counts = summary.counts
    table = Table("", "rows", "events", box=None, pad_edge=False)
    for figures in table.columns[1:]:
        figures.justify = "right"
        figures.no_wrap = True
    table.add_row("registered", f"{counts.registered:,}", f"{counts.registered_events:,}")
    table.add_row("already registered", f"{counts.already_registered:,}", f"{counts.already_registered_events:,}")
    for reason, count in sorted(counts.reasons.items()):
        table.add_row(f"rejected: {reason}", f"{count:,}", "")
    for column, count in sorted(summary.unmapped.items()):
        table.add_row(f"unmapped values passed through: {column}", f"{count:,}", "")
    table.add_row("all", f"{counts.rows:,}", f"{summary.events:,}")
    console = Console(highlight=False)
    console.print(table)
    console.print(f"{summary.seconds:,.1f} s, {summary.rate:,.0f} events a second", soft_wrap=True)
    if counts.rejected:
        console.print(f"Rejected rows, on {counts.rejected_lines:,} lines: {summary.rejected_file}", soft_wrap=True)
