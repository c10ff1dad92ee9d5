"""The hash chain covers the stored bytes, and every change of them changes the hash."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.events.examples import LEAST
from tests.unit.events.given import START, Dated, register

from natija_events.ids import appeal_number
from natija_events.wire.envelope import Event, Headers, Stamp, write_headers
from natija_events.wire.hash_chain import ALGORITHM, GENESIS, event_hash

EVENT = Event(
    UUID("6f1c1e0a-6a0e-4f0e-8a51-0a1b2c3d4e5f"),
    "/desks/one",
    "appeal.routed.v1",
    appeal_number("KG", 7),
    datetime(2024, 3, 4, 12, tzinfo=UTC),
    '{"body":"ош"}'.encode(),
)
HEADERS = write_headers(EVENT, Stamp(1, 1, datetime(2024, 3, 4, 12, 0, 1, tzinfo=UTC), 0, 7, GENESIS))

VECTORS: list[tuple[Headers, bytes, str]] = [
    ([], b"", "af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc"),
    ([("ce_a", b"1")], b"{}", "7e08f6dcc7c00c6d7ff19c83b8aa3a29ab840407eec39d9ae51dac082d790ccc"),
    (
        [("ce_a", b"1"), ("content-type", b"x"), ("traceparent", b"y")],
        b"{}",
        "7e08f6dcc7c00c6d7ff19c83b8aa3a29ab840407eec39d9ae51dac082d790ccc",
    ),
    (
        [("ce_a", b""), ("ce_b", "ә".encode())],
        b"\x00\xff",
        "5767b8ebc91276f7baa9b1e5e3824fceb13a6538dda2f3f8346073c4c2d6d76f",
    ),
    (HEADERS, EVENT.data, "08cf18f88b25c306e2a49bfbb01e68591fa0ce8365ba5258c96d18c3809eb5e7"),
]
"""Computed once. Logs are kept forever, so these hashes must never change."""


@pytest.mark.parametrize(("given_headers", "value", "hexadecimal"), VECTORS)
def test_hash_never_changes(given_headers: Headers, value: bytes, hexadecimal: str) -> None:
    assert event_hash(given_headers, value) == f"{ALGORITHM}:{hexadecimal}"


def test_chain_begins_with_zeros() -> None:
    assert GENESIS == "sha256-1:" + "0" * 64


@given(st.permutations(HEADERS))
def test_header_order_does_not_matter(shuffled: Headers) -> None:
    assert event_hash(shuffled, EVENT.data) == event_hash(HEADERS, EVENT.data)


def test_foreign_headers_do_not_matter() -> None:
    assert event_hash([*HEADERS, ("traceparent", b"x")], EVENT.data) == event_hash(HEADERS, EVENT.data)


def test_changed_byte_changes_hash() -> None:
    right = event_hash(HEADERS, EVENT.data)
    for place in range(len(EVENT.data)):
        assert event_hash(HEADERS, _flipped(EVENT.data, place)) != right
    for index, (name, content) in enumerate(HEADERS):
        for place in range(len(content)):
            changed = [*HEADERS[:index], (name, _flipped(content, place)), *HEADERS[index + 1 :]]
            assert (event_hash(changed, EVENT.data) != right) == name.startswith("ce_")


def test_changed_header_changes_hash() -> None:
    """Removing, adding, doubling or renaming any header changes the hash."""
    right = event_hash(HEADERS, EVENT.data)
    for index, (name, content) in enumerate(HEADERS):
        if name.startswith("ce_"):
            rest = [*HEADERS[:index], *HEADERS[index + 1 :]]
            assert event_hash(rest, EVENT.data) != right
            assert event_hash([*rest, (f"{name}x", content)], EVENT.data) != right
            assert event_hash([*HEADERS, (name, content)], EVENT.data) != right
    assert event_hash([*HEADERS, ("ce_x", b"")], EVENT.data) != right


def test_moved_bytes_change_hash() -> None:
    """Bytes moved from one header to another change the hash."""
    hashes = {
        event_hash([("ce_a", b"bc")], b"d"),
        event_hash([("ce_ab", b"c")], b"d"),
        event_hash([("ce_a", b"b")], b"cd"),
        event_hash([("ce_a", b""), ("ce_b", b"c")], b"d"),
        event_hash([], b"ce_abcd"),
    }
    assert len(hashes) == 5


def test_event_carries_previous_hash() -> None:
    log = register([Dated(START, data) for data in LEAST[:5]])

    assert [event.stamp.previoushash for event in log] == [GENESIS, *(event.hash for event in log[:-1])]
    assert len({event.hash for event in log}) == 5


def _flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
