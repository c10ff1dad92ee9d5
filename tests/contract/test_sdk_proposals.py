"""Records that the official SDKs of CloudEvents write by their documentation are registered. Twice is a duplicate."""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import to_binary_event, to_structured_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1 import kafka as version_one
from cloudevents.v1.http import CloudEvent as EventOfVersionOne
from tests.contract.corpus.author import CHANNEL, DESK, KEY, NOW, SIGNING_DESK, Author, InboxRecord
from tests.contract.corpus.case import opening, routed
from tests.contract.corpus.outcomes import decide

from natija_events.wire.envelope import Event, attributes

AUTHOR = Author(9_000)
EVENT = AUTHOR.event(opening(), CHANNEL)
JAVASCRIPT = Path(__file__).with_name("write_cloudevents.mjs")
NODE_SDK = "cloudevents@10.0.0"


def named(event: Event, **more: Any) -> dict[str, Any]:
    """The attributes that an SDK is given: its key mapper makes the key of *partitionkey*. None leaves one out."""
    given: dict[str, Any] = {**attributes(event), "partitionkey": event.subject, "wrappedkey": event.wrappedkey}
    given |= {"time": event.time, "datacontenttype": "application/json", "tracestate": "a=1"} | more
    return {name: content for name, content in given.items() if content is not None}


def inbox(headers: Mapping[str, bytes], key: str | bytes | None, value: str | bytes) -> InboxRecord:
    raw = value.encode() if isinstance(value, str) else value
    return InboxRecord(key.encode() if isinstance(key, str) else key, raw, list(headers.items()))


def of_version_two(mode: str, event: Event, data: Any, **more: Any) -> InboxRecord:
    write = {"binary": to_binary_event, "structured": to_structured_event}[mode]
    message = write(CloudEvent(named(event, **more), data))
    return inbox(message.headers, message.key, message.value)


def of_version_one(mode: str, event: Event, **more: Any) -> InboxRecord:
    given = EventOfVersionOne(named(event, time=event.time.isoformat(), **more), json.loads(event.data))
    message = version_one.to_binary(given) if mode == "binary" else version_one.to_structured(given)
    return inbox(message.headers, message.key, message.value)


def batch_of_version_two(events: Sequence[Event]) -> InboxRecord:
    written = [JSONFormat().write(CloudEvent(named(event), json.loads(event.data))) for event in events]
    content_type = {"content-type": b"application/cloudevents-batch+json"}
    return inbox(content_type, events[0].subject, b"[" + b",".join(written) + b"]")


def assert_same_event(records: Sequence[InboxRecord]) -> None:
    """The first of *records* is registered, and all others are the same event once more, as is our own record."""
    first, *others = decide([*records, AUTHOR.record(EVENT)])
    assert first == {"registered": [1]}
    assert {(one["reason"], one["field"]) for one in others} == {("duplicate", "id")}


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", None])
def test_python_sdk_writes_same_event(content_type: str | None) -> None:
    """Both versions of its API in both modes, with and without the content type of the data."""
    more = {"datacontenttype": content_type}
    records = [of_version_two(mode, EVENT, json.loads(EVENT.data), **more) for mode in ("binary", "structured")]
    records.append(batch_of_version_two([EVENT]))
    if content_type is not None:  # version one cannot do without
        records += [of_version_one(mode, EVENT, **more) for mode in ("binary", "structured")]
    for first in range(len(records)):
        assert_same_event([*records[first:], *records[:first]])


@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_python_sdk_writes_signed_event(mode: str) -> None:
    """The data are given as bytes: in structured mode the SDK writes them in base 64."""
    event = AUTHOR.event(opening(), SIGNING_DESK, time=NOW + timedelta(microseconds=123_456))
    (signed,) = KEY.sign("kg", [event])
    assert decide([of_version_two(mode, signed, signed.data), AUTHOR.record(signed)]) == [
        {"registered": [1]},
        {"reason": "duplicate", "field": "id", "rule": "is already registered with the same content", "sequence": 1},
    ]
    parsed = of_version_two(mode, signed, json.loads(signed.data))
    (refused,) = decide([parsed])
    assert refused["field"] == {"binary": "signature", "structured": "data"}[mode], "other bytes than the signed ones"


def test_python_sdk_writes_batch() -> None:
    both = [AUTHOR.event(opening(), DESK), AUTHOR.event(routed(), DESK)]
    assert decide([batch_of_version_two(both)]) == [{"registered": [1, 2]}]


@pytest.mark.thorough
@pytest.mark.timeout(180)
def test_javascript_sdk_writes_same_event(tmp_path: Path) -> None:
    """In both modes and in a batch, with and without the content type of the data."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not on this machine")
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", NODE_SDK]
    installed = subprocess.run(install, cwd=tmp_path, capture_output=True, timeout=120)
    if installed.returncode:
        pytest.skip("npm cannot install the SDK here")
    event = json.dumps({**named(EVENT, time=attributes(EVENT)["time"]), "data": json.loads(EVENT.data)})
    command = ["node", str(JAVASCRIPT)]
    written = subprocess.run(command, cwd=tmp_path, input=event, text=True, check=True, capture_output=True, timeout=60)
    records = [
        inbox({name: content.encode() for name, content in one["headers"]}, one["key"], one["value"])
        for one in json.loads(written.stdout)
    ]
    assert len(records) == 5
    for first in range(len(records)):
        assert_same_event([*records[first:], *records[:first]])
