"""The conformance vectors of libs/events/conformance: what any implementation of the contract must reproduce.

python -m tests.contract.conformance    writes the files
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from aiokafka.partitioner import murmur2
from tests.contract import sealing_vectors
from tests.contract.corpus.histories import histories
from tests.contract.corpus.outcomes import records

from natija_events.ids import appeal_number, derived_event_id, parse_appeal_number
from natija_events.kafka import partition_of
from natija_events.rules import lifecycle
from natija_events.signatures import SigningKey, message, verify_signature
from natija_events.wire.envelope import Event, Headers, Stamp, attributes, write_headers
from natija_events.wire.hash_chain import GENESIS, event_hash
from natija_events.wire.proposal import write_proposal

FOLDER = Path(__file__).resolve().parents[2] / "libs" / "events" / "conformance"
PRINTED = "KG-7K3M-9QX4-T2R8-MA"
"""The number that the pages print."""

Vectors = dict[str, Any]

_REALM = "KG"
_NUMBER = appeal_number(_REALM, 7)
_NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
_BITS = (
    0, 1, 2, 31, 32, 42, 33, 1023, 1024, 0xFFFF, 0x10000, 0x123456789ABCDEF, 0xFEDCBA9876543210, 0x5555555555555555,
    0xAAAAAAAAAAAAAAAA, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFE, 0xFFFFFFFFFFFFFFFF,
    0x3141592653589793,
)  # fmt: skip
_REALMS = ("KG", "KZ", "UZ", "KZ2")
_PRINTED_BITS = 0x798E89BF49A16114
_NOT_NUMBERS = (
    "", "KG-7K3M-9QX4-T2R8-M5", "KG-7K3M-9QX4-2TR8-MA", "KG-7K3M-9QX5-T2R8-MA", "kg-7k3m-9qx4-t2r8-ma",
    "KG-7K3M9QX4T2R8MA", "KG-GK3M-9QX4-T2R8-MA", "K-7K3M-9QX4-T2R8-MA", "7G-7K3M-9QX4-T2R8-MA",
    "KG-7K3M-9QX4-T2R8-MA ", "KG-7K3M-9QX4-T2R8-M", "KG-OOOO-0000-0000-00",
)  # fmt: skip
_TYPED = ("kg-7k3m-9qx4-t2r8-ma", " KG-7K3M9QX4T2R8MA ", "kg-0000 0000 0000 i2", "KG-OOOO-oooo-0000-L2")
_KEYS = (SigningKey(bytes(range(32))), SigningKey(bytes(32)), SigningKey(b"\xff" * 32))


def _event(index: int, type: str, data: str, **more: Any) -> Event:
    id = UUID(int=(index << 96) + (4 << 76) + (2 << 62) + index)
    return Event(id, "/desks/one", type, _NUMBER, _NOON, data.encode(), **more)


_EVENTS: Mapping[str, Sequence[Event]] = {
    "one event, required attributes only": [_event(1, "appeal.hearing-waived.v1", "{}")],
    "one event, every attribute": [
        _event(
            2,
            "appeal.routed.v1",
            '{"body":"ministry-transport"}',
            expectedsequence=1,
            causationid="/desks/two#0e0c6a51-6a0e-4f0e-8a51-0a1b2c3d4e5f",
            correlationid="case-7",
            traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
    ],
    "the time has microseconds": [
        _event(3, "appeal.hearing-waived.v1", "{}")._replace(time=_NOON + timedelta(microseconds=120_300))
    ],
    "the time has zeros at its end": [
        _event(4, "appeal.hearing-waived.v1", "{}")._replace(time=_NOON + timedelta(milliseconds=250))
    ],
    "blanks, key order, escapes and numbers of the data stay": [
        _event(5, "appeal.routed.v1", '{ "body" : "\\u041e\\u0448", "n" : 1.50, "a" : [1e2, -0] }', expectedsequence=0)
    ],
    "text that is not ASCII": [_event(6, "appeal.routed.v1", '{"body":"Ош шаары ә"}', expectedsequence=12)],
    "two events, the expected sequence on the first": [
        _event(7, "appeal.routed.v1", '{"body":"ministry-transport"}', expectedsequence=1),
        _event(
            8,
            "appeal.hearing-waived.v1",
            '{ "reason" : null }',
            causationid="/desks/one#00000000-0000-4000-8000-000000000007",
        ),
    ],
    "three events, the expected sequence on each": [
        _event(index, "appeal.hearing-waived.v1", f'{{"n":{index}}}', expectedsequence=9) for index in (9, 10, 11)
    ],
    "the other realm's number": [
        _event(12, "appeal.hearing-waived.v1", "{}")._replace(subject=appeal_number("KZ2", 9))
    ],
}


def appeal_numbers() -> Vectors:
    """Numbers with their check digits, texts that are none, and what people may type."""
    numbers = [(_REALMS[place % len(_REALMS)], bits) for place, bits in enumerate(_BITS)]
    return {
        "numbers": [
            {"realm": realm, "bits": f"{bits:016x}", "number": appeal_number(realm, bits)}
            for realm, bits in [*numbers, ("KG", _PRINTED_BITS)]
        ],
        "not_numbers": list(_NOT_NUMBERS),
        "typed": [{"typed": text, "number": parse_appeal_number(text)} for text in _TYPED],
    }


def partitions() -> Vectors:
    """Keys with Kafka's murmur2 (signed) and the partition of 16."""
    texts = ["21", "foobar", "a-little-bit-long-string", "abc", "ә", PRINTED, _NUMBER]
    texts += [appeal_number(realm, bits) for realm in ("KG", "KZ") for bits in _BITS]
    keys = [text.encode() for text in texts]
    return {
        "partitions": 16,
        "keys": [
            {"key": key.decode(), "murmur2": _signed(murmur2(key)), "partition": partition_of(key)} for key in keys
        ],
    }


def _signed(number: int) -> int:
    return number - (1 << 32) if number >= 1 << 31 else number


def event_ids() -> Vectors:
    """Ids that derive from an appeal and parts: UUIDs of version 5."""
    parts = [[], ["appeal.routed.v1"], ["appeal.term-set.v1", "2026-03-31", "4"], ["", ""], ["ә"]]
    return {
        "namespace": "6e6174a1-6a61-5265-8a74-69676a610001",
        "separator": "\u001f",
        "ids": [{"subject": _NUMBER, "parts": one, "id": str(derived_event_id(_NUMBER, *one))} for one in parts],
    }


def proposals() -> Vectors:
    """Inbox records of unsigned and signed proposals, to the byte."""
    found = []
    for name, events in _EVENTS.items():
        for signed in (False, True):
            proposed = _KEYS[0].sign(_REALM, events) if signed else tuple(events)
            key, value, headers = write_proposal(proposed)
            record = {"key": key.decode(), "headers": _headers(headers), "value": value.decode()}
            found.append({"name": name, "signed": signed, "events": [_attributes(one) for one in proposed], **record})
    return {"proposals": found}


def signatures() -> Vectors:
    """Keys, their ids, the message of each proposal, and signatures that are right and wrong."""
    keys = [
        {"private_key": b64encode(bytes_of).decode(), "public_key": key.public_text, "publisherkey": key.id}
        for key, bytes_of in zip(_KEYS, (bytes(range(32)), bytes(32), b"\xff" * 32), strict=True)
    ]
    right, wrong = [], []
    for place, (name, events) in enumerate(_EVENTS.items()):
        key = _KEYS[place % len(_KEYS)]
        signed = key.sign(_REALM, events)
        one = {
            "name": name,
            "realm": _REALM,
            "public_key": key.public_text,
            "events": [_attributes(one) for one in signed],
        }
        right.append({**one, "message": message(_REALM, events).hex(), "signature": signed[0].signature})
        for change, broken in _broken(signed).items():
            assert not verify_signature(_REALM, broken, key.public), change
            events_of = {"events": [_attributes(other) for other in broken]}
            wrong.append({**one, **events_of, "name": f"{name}: {change}", "signature": signed[0].signature})
    return {"keys": keys, "right": right, "wrong": wrong}


def _broken(signed: Sequence[Event]) -> Mapping[str, Sequence[Event]]:
    first, *more = signed
    changed = {
        "another time": [first._replace(time=first.time + timedelta(microseconds=1)), *more],
        "another expected sequence": [first._replace(expectedsequence=(first.expectedsequence or 0) + 1), *more],
        "other blanks in the data": [first._replace(data=first.data + b" "), *more],
    }
    return changed | ({"swapped": [*more, first], "cut": [first]} if more else {})


def chain() -> Vectors:
    """The log records of an appeal, with the hash of each, which the next one carries."""
    records, previous = [], GENESIS
    events = [event for several in list(_EVENTS.values())[:8] for event in _KEYS[0].sign(_REALM, several)]
    for sequence, event in enumerate(events, 1):
        recorded = _NOON + timedelta(seconds=sequence, microseconds=sequence)
        headers = write_headers(event, Stamp(sequence, 40 + sequence, recorded, 100 + sequence, 7, previous))
        previous = event_hash(headers, event.data)
        records.append({"headers": _headers(headers), "value": event.data.decode(), "hash": previous})
    return {"genesis": GENESIS, "records": records}


def _attributes(event: Event) -> dict[str, str]:
    return {**attributes(event), "data": event.data.decode()}


def _headers(headers: Headers) -> list[list[str]]:
    return [[name, (content or b"").decode()] for name, content in headers]


FILES: Mapping[str, Callable[[], Vectors]] = {
    "appeal_numbers": appeal_numbers,
    "partitions": partitions,
    "event_ids": event_ids,
    "proposals": proposals,
    "signatures": signatures,
    "chain": chain,
    "sealing": sealing_vectors.sealing,
    "wraps": sealing_vectors.wraps,
    "records": records,
    "lifecycle": lifecycle,
    "histories": histories,
}
"""The file of each kind of vectors, and what makes it."""


def text(name: str) -> str:
    """The content of the file *name*."""
    return json.dumps(FILES[name](), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    for name in FILES:
        (FOLDER / f"{name}.json").write_text(text(name), encoding="utf-8")
