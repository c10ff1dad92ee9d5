"""The numbers of rows and lines that an import checks and tells."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.intake.imports.test_csv_rows import HEADER, MAPPING, row

from natija_events.kafka import OutcomePending, ProposalOutcome
from natija_events.wire.envelope import Event
from natija_intake.imports import importer
from natija_intake.imports.csv_file import CsvFile, CsvFileError
from natija_intake.imports.csv_rows import CsvRow
from natija_intake.imports.importer import ImportCounts, Importer, RejectedRow
from natija_intake.imports.job import check_count, undecided_lines
from natija_intake.imports.mapper import MappedRow
from natija_intake.imports.mapping import parse
from natija_intake.imports.report import ImportSummary, as_json, print_table


def register(path: Path, *rows: str) -> CsvFile:
    path.write_text("\n".join([",".join(HEADER), *rows, ""]))
    return CsvFile(path, parse(MAPPING))


def test_expected_number_is_that_of_rows(tmp_path: Path) -> None:
    """A letter of several lines is one row."""
    found = register(tmp_path / "r.csv", row("A1", '"Dear all,\nthe road"'), row("A2"))
    check_count(found, 2)
    check_count(found, None)


def test_swallowed_row_is_missed(tmp_path: Path) -> None:
    """A stray quote in each of two rows joins them. The lines are told before anything is proposed."""
    found = register(tmp_path / "r.csv", row("A1", '"about the road'), row("A2", 'my name is Ivan"'), row("A3"))
    with pytest.raises(CsvFileError, match=r"it has 2 rows, and not 3 as --rows says; .*: 2 to 3\. Nothing") as caught:
        check_count(found, 3)
    assert "Ivan" not in str(caught.value)


def test_missing_row_is_missed(tmp_path: Path) -> None:
    with pytest.raises(CsvFileError, match=r"it has 1 rows, and not 1,000 as --rows says\. Nothing is proposed"):
        check_count(register(tmp_path / "r.csv", row("A1")), 1000)


def test_summary_tells_lines_of_rejected_rows(capsys: pytest.CaptureFixture[str]) -> None:
    """A rejected row may span many lines of the file, and several rows may stand on them."""
    counts = ImportCounts()
    for first, last in ((3, 3), (5, 64)):
        counts.reject(RejectedRow(first, last, "", "unreadable", "row", "a quote is missing", ""))
    summary = ImportSummary("osh", counts, Counter(), 1.0, Path("r.rejected.csv"))
    assert json.loads(as_json(summary))["rejected_lines"] == 61
    print_table(summary)
    assert "Rejected rows, on 61 lines: r.rejected.csv" in capsys.readouterr().out


class Unlimited:
    """There is always room for one more proposal."""

    def __init__(self, *_: object, **__: object) -> None:
        self.capacity = asyncio.Event()
        self.capacity.set()

    async def monitor(self) -> None:
        await asyncio.Event().wait()


class Publisher:
    """The outcome of one row never comes."""

    async def propose(self, event: Event, *, wait: float) -> ProposalOutcome:
        if event.subject == "A17":
            raise OutcomePending("no decision")
        return ProposalOutcome(event.subject, 1, datetime(2026, 3, 31, tzinfo=UTC), None)


async def test_lost_outcome_names_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import cannot say what became of the row, but it says which one it is."""
    monkeypatch.setattr(importer, "Backpressure", Unlimited)
    mapper: Any = SimpleNamespace(map=lambda cells: MappedRow(cells[0], (SimpleNamespace(subject=cells[0]),), (0,)))  # type: ignore[arg-type]
    settings: Any = SimpleNamespace(import_in_flight=10, import_inbox_lag=10, import_patience=1)
    nothing: Any = None
    proposing: Any = Publisher()
    found = Importer(mapper, proposing, nothing, nothing, settings, print)
    with pytest.raises(OutcomePending):
        await found.run([CsvRow(line, line, [f"A{line}"]) for line in range(2, 18)])
    assert undecided_lines(found) == "; without an outcome are the rows of lines 17"
    assert found.counts.rows == 15
