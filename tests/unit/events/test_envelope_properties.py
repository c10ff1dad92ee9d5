"""The envelope, by random events and random records: read back the same, or unreadable, and nothing else."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.events.test_envelope import APPEAL, EVENT, STAMP, batch, item

from natija_events.wire.envelope import Event, Headers, Stamp, read_log_record_strictly, write_headers
from natija_events.wire.identity import event_digest
from natija_events.wire.log_record import read_log_record
from natija_events.wire.proposal import read_proposal, write_proposal
from natija_events.wire.values import Unreadable, causation_id

visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(datetime(1901, 1, 1), datetime(9998, 1, 1), timezones=zones)
texts = st.text(max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
nested = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2))
objects = st.dictionaries(texts, nested, max_size=3)
events = st.builds(
    Event,
    id=st.uuids(),
    source=visible,
    type=visible,
    subject=st.just(APPEAL),
    time=times,
    data=objects.map(lambda data: json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()),
    expectedsequence=st.none() | st.integers(0, 10**19 - 1),
    causationid=st.none() | st.builds(causation_id, visible, st.uuids(), st.none() | st.just(APPEAL)),
    correlationid=st.none() | visible,
    traceparent=st.none() | visible,
    publisherkey=st.none(),
    signature=st.none(),
    wrappedkey=st.none(),
)
wrapped_keys = st.none() | visible


@given(events, wrapped_keys)
def test_any_event_is_read_as_written(event: Event, wrappedkey: str | None) -> None:
    event = event._replace(wrappedkey=wrappedkey)
    _, value, written = write_proposal([event])

    assert read_proposal(value, written).events == (event,)


@given(st.lists(events, min_size=2, max_size=3, unique_by=lambda event: event.id), wrapped_keys)
def test_any_batch_is_read_as_written(several: list[Event], wrappedkey: str | None) -> None:
    first = several[0]
    shared: dict[str, Any] = {
        "expectedsequence": first.expectedsequence, "source": first.source, "wrappedkey": wrappedkey,
    }  # fmt: skip
    several = [event._replace(**shared) for event in several]
    _, value, written = write_proposal(several)

    read = read_proposal(value, written).events

    assert [event._replace(data=b"") for event in read] == [event._replace(data=b"") for event in several]
    assert [json.loads(event.data) for event in read] == [json.loads(event.data) for event in several]
    parsed = read_proposal(value, written).values
    assert list(map(event_digest, read, parsed)) == list(map(event_digest, read)), "parsed once is as good as twice"
    again = write_proposal(read)
    assert read_proposal(again[1], again[2]).events == read, "read once, it stays the same bytes"


NAMES = [name for name, _ in write_headers(EVENT, STAMP)]
contents = st.none() | st.binary(max_size=30) | st.sampled_from([content for _, content in write_headers(EVENT, STAMP)])
any_headers = st.lists(
    st.tuples(st.sampled_from(NAMES) | st.text(max_size=20) | st.text(max_size=9).map("ce_{}".format), contents)
)
edits = st.lists(st.tuples(st.integers(0, len(NAMES)), contents), min_size=1, max_size=3)
anything = st.none() | st.binary() | objects.map(lambda value: json.dumps(value).encode()) | st.just(EVENT.data)


def _read(value: bytes | None, headers: Headers) -> None:
    try:
        proposal = read_proposal(value, headers)
    except Unreadable:
        return
    assert proposal.events
    assert all(isinstance(json.loads(event.data), dict) for event in proposal.events)


@given(anything, any_headers)
@example(None, [])
def test_any_record_reads_or_is_unreadable(value: bytes | None, given_headers: Headers) -> None:
    """No record of the inbox raises anything but `Unreadable`."""
    _read(value, given_headers)


@given(anything, edits)
def test_nearly_right_record(value: bytes | None, edits: list[tuple[int, bytes | None]]) -> None:
    """A record with a few wrong headers is read or unreadable."""
    written: list[tuple[str, bytes | None]] = [*write_headers(EVENT)]
    for place, content in edits:
        written[place % len(written)] = (written[place % len(written)][0], content)
    _read(value, written)


_members = st.sampled_from([*item(), "sequence", "datacontenttype", "data", "x"])


@given(st.lists(st.dictionaries(_members, scalars | objects), max_size=3), st.data())
def test_nearly_right_batch(changes: list[dict[str, Any]], data: st.DataObject) -> None:
    """A batch with a few wrong members is read or unreadable."""
    value = json.dumps([item(id=str(uuid4())) | change for change in changes]).encode()
    cut = data.draw(st.sampled_from([len(value), len(value) - 1, len(value) // 2]))
    _read(value[:cut], batch()[1])


def _outcome(
    read: Callable[[bytes | None, Headers], tuple[Event, Stamp]], value: bytes | None, headers: Headers
) -> tuple[Event, Stamp] | tuple[str, str]:
    try:
        return read(value, headers)
    except Unreadable as error:
        return error.field, error.rule


few_headers = any_headers.filter(lambda one: len(one) < 3)


class TestLogRecord:
    """The fast reader of the log equals the strict one, whatever the record holds."""

    @given(events)
    def test_any_event_is_read_equally(self, event: Event) -> None:
        written = write_headers(event, STAMP)
        assert read_log_record(event.data, written) == read_log_record_strictly(event.data, written) == (event, STAMP)

    @given(
        anything, edits, st.lists(st.integers(0, len(NAMES)), max_size=2), any_headers.filter(lambda one: len(one) < 3)
    )
    def test_changed_record_is_read_equally(
        self, value: bytes | None, edits: list[tuple[int, bytes | None]], dropped: list[int], added: Headers
    ) -> None:
        """Contents are changed, headers left out, doubled and added."""
        written: list[tuple[str, bytes | None]] = [*write_headers(EVENT, STAMP)]
        for place, content in edits:
            written[place % len(written)] = (written[place % len(written)][0], content)
        for place in dropped:
            del written[place % len(written)]
        written += added
        assert _outcome(read_log_record, value, written) == _outcome(read_log_record_strictly, value, written)

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("sequence", "+5"), ("sequence", " 5"), ("sequence", "1_0"), ("sequence", "٥"), ("sequence", "9" * 20),
            ("time", "2024-03-04T12:00:00Z"), ("time", "2024-03-04 12:00:00.000000Z"),
            ("time", "2024-13-04T12:00:00.000000Z"),
            ("time", "1899-03-04T12:00:00.000000Z"),
            ("time", "9999-03-04T12:00:00.000000Z"),
            ("time", "2024-03-04T12:00:00.000000+06:00"), ("id", "6F1C1E0A-6A0E-4F0E-8A51-0A1B2C3D4E5F"),
            ("dataschema", "urn:natija:other"), ("specversion", "1.0.2"), ("subject", "KG-7K3M-9QX4-T2R8-M5"),
            ("causationid", "cause"), ("later", "x"),
        ],
    )  # fmt: skip
    def test_odd_attribute_is_read_equally(self, name: str, content: str) -> None:
        written = dict(write_headers(EVENT, STAMP)) | {f"ce_{name}": content.encode()}
        found = [
            _outcome(read, EVENT.data, list(written.items())) for read in (read_log_record, read_log_record_strictly)
        ]
        assert found[0] == found[1]
