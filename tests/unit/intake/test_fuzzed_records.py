"""Changed records on the inbox: whatever they hold, the registrar decides, and the log keeps to the contract."""

import json
import random
import re
import resource
from collections.abc import Callable
from typing import Any, get_args

import pytest
from tests.conftest import DEPTH
from tests.contract.corpus import outcomes
from tests.contract.corpus.author import KEYS, NOW, REFERENCE, Author, InboxRecord

from natija_events.schema.registry import REGISTRY
from natija_events.types.base import EventData
from natija_events.wire.log_record import read_log_record
from natija_events.wire.rejection import RejectionReason, read_rejected
from natija_intake.registrar.admission import AdmissionState
from natija_intake.registrar.batch import BatchDecider, DecidedBatch, LogEnd, read_batch

RECORDS = 200_000 if DEPTH == "thorough" else 5_000
SECRET = "Иванов-4Z"
"""A hostile value: it must not come back in a rule, nor stand on the log in clear."""
HOSTILE: tuple[Any, ...] = (
    None, True, 0, -1, 1e400, 10**30, 3.0, "", " ", "\x00", "‮", SECRET, "=cmd|' /C calc'!A0", "9" * 5000, [], {}, [[]],
    {"a": SECRET}, "2026-13-40T25:61:61Z", "1899-12-31T23:59:59Z", "9999-12-31T23:59:59+14:00", "KG-0000-0000-0000-12",
)  # fmt: skip
HEADERS = ("ce_subject", "ce_id", "ce_type", "ce_time", "ce_source", "content-type", "ce_Иванов", "ce_wrappedkey", "")
MEBIBYTE = 1 << 20

Change = Callable[[random.Random, InboxRecord], InboxRecord]


def change_header(chance: random.Random, record: InboxRecord) -> InboxRecord:
    headers = list(record.headers)
    place = chance.randrange(len(headers) + 1)
    content = chance.choice([None, b"", b"\xff\xfe", SECRET.encode(), str(chance.choice(HOSTILE)).encode()])
    if place == len(headers) or chance.random() < 0.2:
        return record._replace(headers=[*headers, (chance.choice(HEADERS), content)])
    if chance.random() < 0.3:
        del headers[place]
    else:
        headers[place] = (headers[place][0], content)
    return record._replace(headers=headers)


def change_bytes(chance: random.Random, record: InboxRecord) -> InboxRecord:
    raw = bytearray(record.value or b"{}")
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(raw) + 1)
        raw[place : place + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
    return record._replace(value=bytes(raw))


def change_member(chance: random.Random, record: InboxRecord) -> InboxRecord:
    """Another value somewhere in the JSON, one more member, or one less."""
    try:
        value = json.loads(record.value or b"")
    except ValueError:
        return change_bytes(chance, record)
    parts = list(containers(value))
    if not parts:
        return record._replace(value=json.dumps(chance.choice(HOSTILE)).encode())
    part = chance.choice(parts)
    names = list(part) if isinstance(part, dict) else list(range(len(part)))
    name = chance.choice(names) if names and chance.random() < 0.8 else SECRET
    if isinstance(part, list):
        part.append(chance.choice(HOSTILE))
    elif chance.random() < 0.2:
        part.pop(name, None)
    else:
        part[name] = chance.choice(HOSTILE)
    return record._replace(value=json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass"))


def change_key(chance: random.Random, record: InboxRecord) -> InboxRecord:
    key = chance.choice([None, b"", SECRET.encode(), b"KG-0000-0000-0000-12", chance.randbytes(8)])
    return record._replace(key=key, partition=chance.randrange(16))


CHANGES: tuple[Change, ...] = (change_header, change_bytes, change_member, change_member, change_key)


def containers(value: Any) -> list[Any]:
    """*value* and every object and array in it."""
    if not isinstance(value, (dict, list)):
        return []
    inside = value.values() if isinstance(value, dict) else value
    return [value, *(one for part in inside for one in containers(part))]


def decide(records: list[InboxRecord]) -> list[DecidedBatch]:
    """The decisions of the registrar on the records of one appeal, one by one."""
    state, log_ends, found = AdmissionState(), {partition: LogEnd() for partition in range(16)}, []
    for offset, record in enumerate(records):
        decider = BatchDecider(state, log_ends, lambda _: REFERENCE, KEYS, "kg", NOW)
        decider.decide_all(read_batch([outcomes.polled(record, offset)]))
        found.append(decider.decided)
    return found


def check(decided: DecidedBatch) -> bool:
    """Assert that what is to be written keeps to the contract. True when events are registered."""
    assert bool(decided.log) != bool(decided.rejected)
    for one in decided.log:
        event, _ = read_log_record(one.value, one.headers)
        assert isinstance(REGISTRY.admit(event.type, one.value), EventData)
        assert event.subject == (one.key or b"").decode()
    for one in decided.rejected:
        why = read_rejected(one.partition, one.value, one.headers).rejection
        assert why.reason in get_args(RejectionReason)
        assert why.field
        assert why.rule
        assert not re.search(r"Иванов|4Z|calc", f"{why.field} {why.rule}"), why
    return bool(decided.log)


@pytest.mark.timeout(3600 if DEPTH == "thorough" else 120)
def test_changed_records_break_nothing() -> None:
    """Nothing raises, nothing invalid is registered, no hostile value is told, and the memory stays bounded."""
    cases = [case.write(Author(index)) for index, case in enumerate(outcomes.CASES)]
    before, registered, decided = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0, 0
    for seed in range(RECORDS):
        chance = random.Random(seed)
        records = list(chance.choice(cases))
        place = chance.randrange(len(records))
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            records[place] = chance.choice(CHANGES)(chance, records[place])
        *_, last = decide(records[: place + 1])
        registered += check(last)
        decided += 1
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    print(f"{decided:,} changed records: {registered:,} registered, memory +{grown // MEBIBYTE} MiB")
    assert 0 < registered < decided / 2
    assert grown < 200 * MEBIBYTE
