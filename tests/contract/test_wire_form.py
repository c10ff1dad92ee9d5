"""The wire form, byte for byte. Logs are kept forever, so these bytes must never change."""

from datetime import UTC, datetime
from uuid import UUID

from natija_events.wire.envelope import Event, Stamp, write_headers
from natija_events.wire.hash_chain import GENESIS, event_hash
from natija_events.wire.log_record import read_log_record
from natija_events.wire.proposal import read_proposal, write_proposal

EVENT = Event(
    id=UUID("6f1c1e0a-6a0e-4f0e-8a51-0a1b2c3d4e5f"),
    source="/desks/one",
    type="appeal.routed.v1",
    subject="KG-0000-0000-0000-7E",
    time=datetime(2024, 3, 4, 12, tzinfo=UTC),
    data='{"body":"Ош"}'.encode(),
    expectedsequence=4,
    causationid="/services/intake#0e0c6a51-6a0e-4f0e-8a51-0a1b2c3d4e5f",
    correlationid="correlation",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    publisherkey="ed25519:VkdaoQ5q1iXwZLlLTsRHAF",
    signature=f"{'s' * 85}A",
)
SECOND = Event(
    id=UUID(int=1),
    source="/desks/one",
    type="appeal.withdrawn.v1",
    subject="KG-0000-0000-0000-7E",
    time=datetime(2024, 3, 4, 12, tzinfo=UTC),
    data=b"{}",
)
UNSIGNED = EVENT._replace(publisherkey=None, signature=None)
SIGNED_SECOND = SECOND._replace(publisherkey=EVENT.publisherkey, signature=EVENT.signature)
STAMP = Stamp(5, 12, datetime(2024, 3, 4, 12, 0, 1, 250_000, tzinfo=UTC), 40, 7, GENESIS)

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
    ("ce_causationid", b"/services/intake#0e0c6a51-6a0e-4f0e-8a51-0a1b2c3d4e5f"),
    ("ce_correlationid", b"correlation"),
    ("ce_traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("ce_publisherkey", b"ed25519:VkdaoQ5q1iXwZLlLTsRHAF"),
    ("ce_signature", b"s" * 85 + b"A"),
]
REGISTERED = [
    *PROPOSED,
    ("ce_sequence", b"0000000005"),
    ("ce_logsequence", b"12"),
    ("ce_recordedtime", b"2024-03-04T12:00:01.250000Z"),
    ("ce_inboxoffset", b"40"),
    ("ce_referenceversion", b"7"),
    ("ce_previoushash", b"sha256-1:" + b"0" * 64),
]
BATCH = (
    '[{"specversion":"1.0","id":"6f1c1e0a-6a0e-4f0e-8a51-0a1b2c3d4e5f","source":"/desks/one",'
    '"type":"appeal.routed.v1","subject":"KG-0000-0000-0000-7E","time":"2024-03-04T12:00:00.000000Z",'
    '"dataschema":"urn:natija:appeal.routed.v1","expectedsequence":"4","causationid":"/services/intake#0e0c6a51-6a0e-4f0e-8a51-0a1b2c3d4e5f",'
    '"correlationid":"correlation","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",'
    '"datacontenttype":"application/json","data":{"body":"Ош"}},'
    '{"specversion":"1.0","id":"00000000-0000-0000-0000-000000000001","source":"/desks/one",'
    '"type":"appeal.withdrawn.v1","subject":"KG-0000-0000-0000-7E","time":"2024-03-04T12:00:00.000000Z",'
    '"dataschema":"urn:natija:appeal.withdrawn.v1","datacontenttype":"application/json","data":{}}]'
).encode()
_KEY = f'"publisherkey":"ed25519:VkdaoQ5q1iXwZLlLTsRHAF","signature":"{"s" * 85}A","datacontenttype"'.encode()
SIGNED_BATCH = (
    BATCH.replace(b'"datacontenttype"', _KEY)
    .replace('"data":{"body":"Ош"}'.encode(), b'"data_base64":"eyJib2R5Ijoi0J7RiCJ9"')
    .replace(b'"data":{}', b'"data_base64":"e30="')
)


def test_proposal_of_one_event() -> None:
    assert write_proposal([EVENT]) == (b"KG-0000-0000-0000-7E", '{"body":"Ош"}'.encode(), PROPOSED)
    assert read_proposal('{"body":"Ош"}'.encode(), PROPOSED).events == (EVENT,)


def test_proposal_of_several_events() -> None:
    content_type = [("content-type", b"application/cloudevents-batch+json")]

    assert write_proposal([UNSIGNED, SECOND]) == (b"KG-0000-0000-0000-7E", BATCH, content_type)
    assert read_proposal(BATCH, content_type).events == (UNSIGNED, SECOND)


def test_signed_proposal_of_several_events() -> None:
    """The data of a signed event stand in base 64: byte for byte what was signed."""
    content_type = [("content-type", b"application/cloudevents-batch+json")]

    assert write_proposal([EVENT, SIGNED_SECOND]) == (b"KG-0000-0000-0000-7E", SIGNED_BATCH, content_type)
    assert read_proposal(SIGNED_BATCH, content_type).events == (EVENT, SIGNED_SECOND)


def test_registered_event_and_its_hash() -> None:
    assert write_headers(EVENT, STAMP) == REGISTERED
    assert read_log_record(EVENT.data, REGISTERED) == (EVENT, STAMP)
    assert (
        event_hash(REGISTERED, EVENT.data)
        == "sha256-1:ddd2318e503aac5ae43f447b77693e51d0b570fa2b8e0e5e6fedb0e68e785834"
    )
