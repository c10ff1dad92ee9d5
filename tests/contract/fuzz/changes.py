"""Changes to records, seeded: other headers, bytes, members and keys, with values that were chosen to do harm."""

import json
import random
from collections.abc import Callable
from typing import Any

from tests.contract.corpus.author import InboxRecord

SECRET = "Иванов-4Z"
"""A hostile value: it must not come back in a rule, nor stand on the log in clear."""
HOSTILE: tuple[Any, ...] = (
    None, True, 0, -1, 1e400, 10**30, 3.0, "", " ", "\x00", "‮", SECRET, "=cmd|' /C calc'!A0", "9" * 5000, [], {}, [[]],
    {"a": SECRET}, "2026-13-40T25:61:61Z", "1899-12-31T23:59:59Z", "9999-12-31T23:59:59+14:00", "KG-0000-0000-0000-12",
)  # fmt: skip
HEADERS = ("ce_subject", "ce_id", "ce_type", "ce_time", "ce_source", "content-type", "ce_Иванов", "ce_wrappedkey", "")
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
