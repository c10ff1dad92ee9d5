"""A real register, when its file is present: each case is late or not, as the city itself judged it."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from tests.sealing import REALM_KEY
from tests.unit.intake.boston import boston

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


def compare(step: int) -> Counter[str]:
    """How every *step*-th case compares: as the city, otherwise, not judged by the city, or unlawful."""
    mapping = boston()
    register = CsvFile(FILE, mapping)
    mapper = Mapper(mapping, register.header, "kg", REALM_KEY)
    found: Counter[str] = Counter()
    for row, verdict in islice(zip(register.rows(), verdicts(), strict=True), 0, None, step):
        mapped = mapper.map(row.cells)
        end, term = closed(mapped) or SNAPSHOT, due(mapped)
        if end < mapped.events[0].time:
            found["unlawful"] += 1
        elif not verdict:
            found["not judged"] += 1
        else:
            overdue = term is not None and end > term
            found["as the city" if overdue == (verdict == "OVERDUE") else "otherwise"] += 1
    assert not mapper.unmapped
    return found


def test_lateness_equals_the_register() -> None:
    """Every fiftieth case is late or not as the city judged it."""
    found = compare(50)
    assert found["as the city"] > 900
    assert not found["otherwise"]


@pytest.mark.thorough
def test_lateness_of_every_case() -> None:
    assert compare(1) == {"as the city": 48_238, "unlawful": 75, "not judged": 70}
