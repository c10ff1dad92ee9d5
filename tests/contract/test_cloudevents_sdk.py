"""The official CloudEvents SDK reads what we write, and we read what it writes."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from tests.sealing import to_json
from tests.unit.events.examples import EXAMPLES

from natija_events.ids import appeal_number, derived_event_id
from natija_events.types.base import EventData
from natija_events.wire.envelope import Event, Stamp, attributes, write_headers
from natija_events.wire.hash_chain import GENESIS
from natija_events.wire.proposal import read_proposal, write_proposal
from natija_events.wire.rejection import ProposalIdentity, RejectedProposal, Rejection, write_rejected

APPEAL = appeal_number("KG", 7)
NOON = datetime(2024, 3, 4, 12, 0, 0, 123456, tzinfo=UTC)
STAMP = Stamp(5, 12, NOON + timedelta(seconds=1), 40, 7, GENESIS)


def event(place: int, data: EventData) -> Event:
    return Event(
        id=derived_event_id(APPEAL, str(place)),
        source="/desks/one",
        type=data.type,
        subject=APPEAL,
        time=NOON,
        data=to_json(data),
        expectedsequence=4,
        causationid="/services/intake#0e0c6a51-6a0e-4f0e-8a51-0a1b2c3d4e5f",
        correlationid="correlation",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )


def assert_read(read: Any, written: Event) -> None:
    assert isinstance(read, CloudEvent)
    assert read.get_id() == str(written.id)
    assert read.get_source() == written.source
    assert read.get_type() == written.type
    assert read.get_subject() == written.subject
    assert read.get_time() == written.time
    assert read.get_dataschema() == f"urn:natija:{written.type}"
    assert read.get_datacontenttype() == "application/json"
    assert read.get_data() == json.loads(written.data)
    for name in ("expectedsequence", "causationid", "correlationid", "traceparent"):
        assert read.get_extension(name) == attributes(written)[name]


@pytest.mark.parametrize("data", EXAMPLES, ids=lambda data: data.type)
def test_sdk_reads_proposal(data: EventData) -> None:
    written = event(1, data)
    key, value, record = write_proposal([written])

    assert_read(from_binary(KafkaMessage(dict(record), key, value), JSONFormat()), written)


def test_sdk_reads_batch() -> None:
    written = [event(place, data) for place, data in enumerate(EXAMPLES)]
    _, value, record = write_proposal(written)

    assert dict(record) == {"content-type": b"application/cloudevents-batch+json"}
    items = json.loads(value)
    assert len(items) == len(written)
    for item, one in zip(items, written, strict=True):
        assert_read(JSONFormat().read(None, json.dumps(item)), one)


def test_sdk_reads_stamped_event() -> None:
    written = event(1, EXAMPLES[0])

    read = from_binary(KafkaMessage(dict(write_headers(written, STAMP)), None, written.data), JSONFormat())

    assert_read(read, written)
    assert read.get_extension("sequence") == "0000000005"
    assert read.get_extension("logsequence") == "12"
    assert read.get_extension("recordedtime") == "2024-03-04T12:00:01.123456Z"
    assert read.get_extension("inboxoffset") == "40"
    assert read.get_extension("referenceversion") == "7"
    assert read.get_extension("previoushash") == GENESIS


def test_sdk_reads_rejection() -> None:
    proposal = ProposalIdentity(APPEAL, "/desks/one", UUID(int=1))
    why = Rejection("duplicate", "id", "is registered already", 3)
    rejected = RejectedProposal(why, 2, 40, NOON, proposal, "ab", 12, None)
    value, record = write_rejected(rejected, "/services/intake/registrar")

    read = from_binary(KafkaMessage(dict(record), APPEAL.encode(), value), JSONFormat())

    assert read.get_type() == "proposal.rejected.v1"
    assert read.get_extension("reason") == "duplicate"
    assert read.get_extension("registeredsequence") == "3"
    assert read.get_extension("proposalsource") == "/desks/one"
    assert read.get_data() == {"digest": "ab", "bytes": 12, "original": None}


def test_event_of_sdk_is_read() -> None:
    zoned = NOON.astimezone(timezone(timedelta(hours=6)))
    made = CloudEvent(
        {
            "id": str(UUID(int=1)),
            "source": "/desks/one",
            "type": "appeal.routed.v1",
            "subject": APPEAL,
            "time": zoned,
            "datacontenttype": "application/json",
            "expectedsequence": 4,
        },
        {"body": "ош"},
    )
    message = to_binary(made, JSONFormat(), lambda event: event.get_subject())

    (read,) = read_proposal(message.value, list(message.headers.items())).events

    assert message.key == APPEAL
    assert (read.id, read.type, read.time, read.expectedsequence) == (UUID(int=1), "appeal.routed.v1", NOON, 4)
    assert json.loads(read.data) == {"body": "ош"}


def test_batch_of_sdk_is_read() -> None:
    made = [
        CloudEvent(
            {"id": str(UUID(int=place)), "source": "/s", "type": "appeal.x.v1", "subject": APPEAL, "time": NOON},
            {"place": place},
        )
        for place in range(3)
    ]
    value = b"[" + b",".join(JSONFormat().write(one) for one in made) + b"]"

    read = read_proposal(value, [("content-type", b"application/cloudevents-batch+json")]).events

    assert [json.loads(one.data)["place"] for one in read] == [0, 1, 2]
