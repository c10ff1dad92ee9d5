"""The real register, row by row, where it is at hand: what it says about each case is what the city says."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.intake.boston import SEALER, boston

from natija_events.schema.registry import REGISTRY
from natija_events.types.deadlines import TermSet
from natija_events.types.routing import Answered
from natija_intake.imports.csv_file import CsvFile
from natija_intake.imports.mapper import MappedRow, Mapper

FILE = Path(__file__).resolve().parents[4] / "shared" / "data" / "boston311-2015-sample.csv.gz"
SNAPSHOT = datetime(2016, 1, 13, 3, 55, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="needs the sample of Boston's register beside the repository")


def verdicts() -> Iterator[str]:
    with gzip.open(FILE, "rt", encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            yield row["OnTime_Status"]


def due(mapped: MappedRow) -> datetime | None:
    for event in mapped.events:
        if event.type == TermSet.type:
            data = REGISTRY.decode(event.type, event.data)
            assert isinstance(data, TermSet)
            return data.due
    return None


def closed(mapped: MappedRow) -> datetime | None:
    return next((event.time for event in mapped.events if event.type == Answered.type), None)


def test_every_case_is_mapped_and_its_verdict_is_the_citys() -> None:
    mapping = boston()
    register = CsvFile(FILE, mapping)
    mapper = Mapper(mapping, register.header, "kg", SEALER)
    told: Counter[str] = Counter()
    for row, verdict in zip(register.rows(), verdicts(), strict=True):
        mapped = mapper.map(row.cells)
        end, term = closed(mapped) or SNAPSHOT, due(mapped)
        if end < mapped.events[0].time:
            told["unlawful"] += 1
        elif not verdict:
            told["not judged"] += 1
        else:
            overdue = term is not None and end > term
            told["as the city" if overdue == (verdict == "OVERDUE") else "otherwise"] += 1
    assert told == {"as the city": 48_238, "unlawful": 75, "not judged": 70}
    assert not mapper.unmapped
