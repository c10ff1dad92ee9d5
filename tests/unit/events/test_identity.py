"""The identity of an event: which repetition is the same event, and which is another one."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sealing import sealed_event
from tests.unit.events.test_envelope import APPEAL, EVENT, NOON

from natija_events.types.intake import Supplemented
from natija_events.types.personal import Text
from natija_events.wire.envelope import Event
from natija_events.wire.identity import canonical_json, event_digest, event_key

ID = UUID("6f1c1e0a-6a0e-4f0e-8a51-0a1b2c3d4e5f")


def sealed(text: str) -> Event:
    """A supplement with *text* under a data key of its own."""
    return sealed_event(EVENT.source, APPEAL, NOON, Supplemented(content=Text(text=text)), id=ID)


def test_key_names_source_and_id() -> None:
    """The value is part of the contract: SHA-256 over source, 0x1f and id, its first 16 bytes."""
    assert event_key("/desks/one", ID) == UUID("7f44ec1c-bb09-7bbb-9515-08f7972d443b")
    assert event_key("/desks/two", ID) != event_key("/desks/one", ID)
    assert event_key("/desks/one", uuid4()) != event_key("/desks/one", ID)


def test_rendering_of_json_does_not_count() -> None:
    """Blanks, the order of keys and escapes differ between libraries."""
    value = {"b": [1, {"z": "Ой", "a": None}], "a": "ы"}
    renderings = [
        json.dumps(value, indent=2),
        json.dumps(value, sort_keys=True, ensure_ascii=False),
        json.dumps(value, separators=(",", ":")),
    ]
    assert len({event_digest(EVENT._replace(data=one.encode())) for one in renderings}) == 1


def test_keys_are_sorted_by_code_point() -> None:
    """UTF-16, as in RFC 8785, would sort the last two the other way round."""
    assert canonical_json({"\U00010000": 1, "\uff01": 2, "a": {}}) == '{"a":{},"\uff01":2,"\U00010000":1}'.encode()


@pytest.mark.parametrize(
    "change",
    [
        {"traceparent": None}, {"correlationid": None}, {"causationid": None}, {"expectedsequence": 9},
        {"signature": None, "publisherkey": None},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_attributes_of_a_retry_do_not_count(change: dict[str, Any]) -> None:
    assert event_digest(EVENT._replace(**change)) == event_digest(EVENT)


@pytest.mark.parametrize(
    "change",
    [{"source": "/desks/two"}, {"type": "appeal.x.v1"}, {"time": NOON + timedelta(microseconds=1)}, {"data": b"{}"}],
    ids=lambda change: next(iter(change)),
)
def test_content_counts(change: dict[str, Any]) -> None:
    assert event_digest(EVENT._replace(**change)).content != event_digest(EVENT).content


def test_another_key_is_the_same_content() -> None:
    """A retry seals under a new key. Only the full digest tells."""
    first, again, longer = sealed("Жол"), sealed("Жол"), sealed("Жол" * 100)
    # The digest takes the ciphertext by its length, and nothing else of it.
    assert event_digest(first).content == event_digest(again).content
    assert event_digest(first).full != event_digest(again).full
    assert event_digest(longer).content != event_digest(first).content


def test_full_digest_only_with_sealed_values() -> None:
    assert event_digest(EVENT).full is None
    assert event_digest(sealed("a")).full is not None


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), _json, max_size=4))
def test_canonical_form_reads_back(value: dict[str, Any]) -> None:
    """It is JSON of the same value, and the canonical form of what it says is itself."""
    written = canonical_json(value)
    assert json.loads(written) == value
    assert canonical_json(json.loads(written)) == written
