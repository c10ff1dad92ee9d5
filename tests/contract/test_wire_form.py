"""The wire form, byte for byte. Logs are kept forever, so these bytes must never change."""

from datetime import UTC, datetime
from uuid import UUID

from natija_events.wire.envelope import Event, Stamp, read_log_record, read_proposal, write_headers, write_proposal
from natija_events.wire.hash_chain import GENESIS, event_hash

EVENT = Event(
    id=UUID("6f1c1e0a-6a0e-4f0e-8a51-0a1b2c3d4e5f"),
    source="/desks/one",
    type="appeal.routed.v1",
    subject="KG-0000-0000-0000-7E",
    time=datetime(2024, 3, 4, 12, tzinfo=UTC),
    data='{"body":"Ош"}'.encode(),
    expectedsequence=4,
    causationid="cause",
    correlationid="correlation",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    publisherkey="key-1",
    signature="c2lnbmF0dXJl",
)
SECOND = Event(
    id=UUID(int=1),
    source="/desks/one",
    type="appeal.withdrawn.v1",
    subject="KG-0000-0000-0000-7E",
    time=datetime(2024, 3, 4, 12, tzinfo=UTC),
    data=b"{}",
)
STAMP = Stamp(5, 12, datetime(2024, 3, 4, 12, 0, 1, 250_000, tzinfo=UTC), 40, GENESIS)

PROPOSED = [
    ("content-type", b"application/json"),
    ("ce_specversion", b"1.0"),
    ("ce_id", b"6f1c1e0a-6a0e-4f0e-8a51-0a1b2c3d4e5f"),
    ("ce_source", b"/desks/one"),
    ("ce_type", b"appeal.routed.v1"),
    ("ce_subject", b"KG-0000-0000-0000-7E"),
    ("ce_time", b"2024-03-04T12:00:00.000000Z"),
    ("ce_dataschema", b"urn:natija:appeal.routed.v1"),
    ("ce_expectedsequence", b"4"),
    ("ce_causationid", b"cause"),
    ("ce_correlationid", b"correlation"),
    ("ce_traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("ce_publisherkey", b"key-1"),
    ("ce_signature", b"c2lnbmF0dXJl"),
]
REGISTERED = [
    *PROPOSED,
    ("ce_sequence", b"0000000005"),
    ("ce_logsequence", b"12"),
    ("ce_recordedtime", b"2024-03-04T12:00:01.250000Z"),
    ("ce_inboxoffset", b"40"),
    ("ce_previoushash", b"sha256-1:" + b"0" * 64),
]
BATCH = (
    '[{"specversion":"1.0","id":"6f1c1e0a-6a0e-4f0e-8a51-0a1b2c3d4e5f","source":"/desks/one",'
    '"type":"appeal.routed.v1","subject":"KG-0000-0000-0000-7E","time":"2024-03-04T12:00:00.000000Z",'
    '"dataschema":"urn:natija:appeal.routed.v1","expectedsequence":"4","causationid":"cause",'
    '"correlationid":"correlation","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",'
    '"publisherkey":"key-1","signature":"c2lnbmF0dXJl","datacontenttype":"application/json","data":{"body":"Ош"}},'
    '{"specversion":"1.0","id":"00000000-0000-0000-0000-000000000001","source":"/desks/one",'
    '"type":"appeal.withdrawn.v1","subject":"KG-0000-0000-0000-7E","time":"2024-03-04T12:00:00.000000Z",'
    '"dataschema":"urn:natija:appeal.withdrawn.v1","datacontenttype":"application/json","data":{}}]'
).encode()


def test_proposal_of_one_event() -> None:
    assert write_proposal([EVENT]) == (b"KG-0000-0000-0000-7E", '{"body":"Ош"}'.encode(), PROPOSED)
    assert read_proposal('{"body":"Ош"}'.encode(), PROPOSED).events == (EVENT,)


def test_proposal_of_several_events() -> None:
    content_type = [("content-type", b"application/cloudevents-batch+json")]

    assert write_proposal([EVENT, SECOND]) == (b"KG-0000-0000-0000-7E", BATCH, content_type)
    assert read_proposal(BATCH, content_type).events == (EVENT, SECOND)


def test_registered_event_and_its_hash() -> None:
    assert write_headers(EVENT, STAMP) == REGISTERED
    assert read_log_record(EVENT.data, REGISTERED) == (EVENT, STAMP)
    assert (
        event_hash(REGISTERED, EVENT.data)
        == "sha256-1:25e3072afb23c892ecece1b7185a2c3cd1eefe6d92199e48c61da710cc8672ca"
    )
