"""Two real registers, when their files are present: the registrar admits every row, with its own names."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.sealing import KEYS, REALM_KEY
from tests.unit.intake.imports.boston import boston

from natija_events.kafka import partition_of
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import PublisherEntry
from natija_events.wire.envelope import Event
from natija_events.wire.proposal import write_proposal
from natija_events.wire.rejection import Rejection
from natija_intake.imports import mapping_check
from natija_intake.imports.csv_file import CsvFile
from natija_intake.imports.mapper import Mapper
from natija_intake.imports.mapping import RegisterMapping, parse
from natija_intake.registrar import admission
from natija_intake.registrar.admission import AdmissionState, PolledRecord

DATA = Path(__file__).resolve().parents[5] / "shared" / "data"
BOSTON, KURSK = DATA / "boston311-2015-sample.csv.gz", DATA / "kursk-appeals.csv"
NOW = datetime(2026, 3, 31, tzinfo=UTC)
REFERENCE = ReferenceData(publishers={"/registers/*": PublisherEntry(roles=frozenset({"history"}), unsigned=True)})
UNLAWFUL = 75
"""Cases of Boston that are closed before they were opened."""


def kursk() -> RegisterMapping:
    """The mapping of Kursk's file. It has no dates: the test adds a column."""
    registered = {
        "kind": {"const": "application"}, "form": {"const": "electronic"}, "channel": {"const": "Портал «Госуслуги»"},
        "received": {"time": "received"}, "topic": "topic", "text": {"sealed": "text"},
    }  # fmt: skip
    events = [
        {"type": "appeal.registered.v1", "time": "received", "data": registered},
        {
            "type": "appeal.routed.v1",
            "time": "received",
            "when": "responsible_body",
            "data": {"body": "responsible_body"},
        },
    ]
    head = {"register": "kursk", "jurisdiction": "RU", "external_id": "id", "zone": "Europe/Moscow"}
    return mapping_check.check(parse({**head, "events": events}))


def boston_rows() -> Iterator[Sequence[str]]:
    return (row.cells for row in CsvFile(BOSTON, boston()).rows())


def kursk_rows() -> Iterator[Sequence[str]]:
    with KURSK.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream)
        next(rows)
        for row in rows:
            yield [*row, "2022-04-29T09:30"]


def with_new_name(rows: Iterable[Sequence[str]], columns: Sequence[int]) -> Iterator[Sequence[str]]:
    """The rows that have a name which no row before them has."""
    seen: set[tuple[int, str]] = set()
    for row in rows:
        names = {(column, row[column]) for column in columns}
        if not names <= seen:
            seen |= names
            yield row


def decide(events: Sequence[Event]) -> Rejection | None:
    """The registrar's refusal of a row; None when it is admitted."""
    key, value, headers = write_proposal(events)
    record = PolledRecord(partition_of(key), 0, key, value, headers, timedelta(0))
    proposal = admission.read(record)
    assert not isinstance(proposal, Rejection), proposal
    result = admission.admit(proposal, record, AdmissionState(), REFERENCE, KEYS.realm, "kg", NOW)
    return result if isinstance(result, Rejection) else None


def refusals(mapper: Mapper, rows: Iterable[Sequence[str]]) -> tuple[int, list[Rejection]]:
    """How many rows there are, and what is refused of them."""
    decided = [decide(mapper.map(row).events) for row in rows]
    return len(decided), [one for one in decided if one is not None]


@pytest.mark.skipif(not BOSTON.exists(), reason="needs the sample of Boston's register beside the repository")
def test_every_name_of_boston_is_admitted() -> None:
    mapper = Mapper(boston(), header := CsvFile(BOSTON, boston()).header, "kg", REALM_KEY)
    names = [header.index(name) for name in ("TYPE", "Department", "neighborhood", "ward", "Source")]
    count, refused = refusals(mapper, with_new_name(boston_rows(), names))
    assert count > 100
    assert not [one for one in refused if one.reason != "unlawful"]


@pytest.mark.thorough
@pytest.mark.timeout(300)
@pytest.mark.skipif(not BOSTON.exists(), reason="needs the sample of Boston's register beside the repository")
def test_every_row_of_boston_is_admitted() -> None:
    mapper = Mapper(boston(), CsvFile(BOSTON, boston()).header, "kg", REALM_KEY)
    count, refused = refusals(mapper, boston_rows())
    assert (count, len(refused)) == (48_383, UNLAWFUL)
    assert {one.reason for one in refused} == {"unlawful"}


@pytest.mark.skipif(not KURSK.exists(), reason="needs the appeals of Kursk beside the repository")
def test_every_row_of_kursk_is_admitted() -> None:
    header = ("id", "text", "topic", "responsible_body", "category", "received")
    assert refusals(Mapper(kursk(), header, "kg", REALM_KEY), kursk_rows()) == (1_419, [])
