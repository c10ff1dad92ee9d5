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
from tests.unit.events import former_lateness
from tests.unit.intake.imports.boston import boston

from natija_events.schema.registry import REGISTRY
from natija_events.terms.lateness import Lateness, lateness
from natija_events.wire.envelope import Stamp
from natija_events.wire.hash_chain import GENESIS
from natija_events.wire.record import RecordedEvent
from natija_intake.imports.csv_file import CsvFile
from natija_intake.imports.mapper import MappedRow, Mapper

FILE = Path(__file__).resolve().parents[5] / "shared" / "data" / "boston311-2015-sample.csv.gz"
SNAPSHOT = datetime(2016, 1, 13, 3, 55, tzinfo=UTC)
MIDYEAR = datetime(2015, 7, 1, 4, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="needs the sample of Boston's register beside the repository")


def verdicts() -> Iterator[str]:
    with gzip.open(FILE, "rt", encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            yield row["OnTime_Status"]


def recorded(mapped: MappedRow) -> list[RecordedEvent]:
    """The events of a case as on the log, recorded at the snapshot."""
    return [
        RecordedEvent(
            0, place, event, Stamp(place, place, SNAPSHOT, place, 0, GENESIS),
            REGISTRY.decode(event.type, event.data), [],
        )
        for place, event in enumerate(mapped.events, 1)
    ]  # fmt: skip


def is_unlawful(events: list[RecordedEvent]) -> bool:
    """Whether the case was closed before it was opened."""
    return any(event.time < events[0].time for event in events)


def compare(step: int) -> Counter[str]:
    """How every *step*-th case compares: as the city, otherwise, not judged by the city, or unlawful.

    The rule of before says the same of each, as of the snapshot and of midyear.
    """
    mapping = boston()
    register = CsvFile(FILE, mapping)
    mapper = Mapper(mapping, register.header, "kg", REALM_KEY)
    found: Counter[str] = Counter()
    for row, verdict in islice(zip(register.rows(), verdicts(), strict=True), 0, None, step):
        events = recorded(mapper.map(row.cells))
        if is_unlawful(events):
            found["unlawful"] += 1
            continue
        at_midyear, at_snapshot = judged(events, MIDYEAR), judged(events, SNAPSHOT)
        assert at_snapshot is not None
        if at_midyear is not None:
            found["received by midyear"] += 1
            found["closed by midyear"] += at_midyear.closed is not None
            found["late by midyear"] += at_midyear.overdue
        as_the_city = at_snapshot.overdue == (verdict == "OVERDUE")
        found["not judged" if not verdict else "as the city" if as_the_city else "otherwise"] += 1
    assert not mapper.unmapped
    return found


def judged(events: list[RecordedEvent], at: datetime) -> Lateness | None:
    now, before = lateness(events, at), former_lateness.lateness(events, at)
    assert (now is None) == (before is None)
    if now and before:
        assert (now.due, now.closed, now.overdue) == (before.due, before.closed, before.overdue)
    return now


def test_lateness_equals_the_register() -> None:
    """Every fiftieth case is late or not as the city judged it."""
    found = compare(50)
    assert found["as the city"] > 900
    assert not found["otherwise"]


@pytest.mark.thorough
def test_lateness_of_every_case() -> None:
    assert compare(1) == {
        "as the city": 48_238,
        "unlawful": 75,
        "not judged": 70,
        "received by midyear": 23_275,
        "closed by midyear": 17_692,
        "late by midyear": 5_429,
    }
