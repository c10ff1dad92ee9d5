"""Signatures: whatever was signed is proven, and nothing else; a signed event keeps its text on the way to the log."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.events.test_envelope_properties import events

from natija_events.ids import appeal_number
from natija_events.signatures import SigningKey, key_id, message, verify_signature
from natija_events.wire.envelope import Event, Headers, Stamp, write_headers
from natija_events.wire.hash_chain import GENESIS
from natija_events.wire.log_record import read_log_record
from natija_events.wire.proposal import read_proposal, write_proposal
from natija_events.wire.values import Unreadable, causation_id

KEY = SigningKey(bytes(range(32)))
OTHER_KEY = SigningKey(bytes(32))
CAUSE = causation_id("/services/intake", UUID("0e0c6a51-6a0e-4f0e-8a51-0a1b2c3d4e5f"))
FIRST = Event(
    id=UUID("6f1c1e0a-6a0e-4f0e-8a51-0a1b2c3d4e5f"),
    source="/desks/one",
    type="appeal.routed.v1",
    subject=appeal_number("KG", 7),
    time=datetime(2024, 3, 4, 12, tzinfo=UTC),
    data=b'{ "body" : "\xd0\x9e\xd1\x88" }',
    expectedsequence=4,
    causationid=CAUSE,
    correlationid="correlation",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)
SECOND = FIRST._replace(id=uuid4(), type="appeal.warned.v1", data=b"{}", causationid=None)
SIGNED = KEY.sign("kg", [FIRST, SECOND])

several = st.lists(events, min_size=1, max_size=3, unique_by=lambda event: event.id).map(
    lambda found: [
        event._replace(expectedsequence=found[0].expectedsequence, source=found[0].source) for event in found
    ]
)
CHANGED = (
    FIRST._replace(id=uuid4()),
    FIRST._replace(source="/desks/two"),
    FIRST._replace(type="appeal.routed.v2"),
    FIRST._replace(subject=appeal_number("KG", 8)),
    FIRST._replace(time=FIRST.time + timedelta(microseconds=1)),
    FIRST._replace(expectedsequence=5),
    FIRST._replace(expectedsequence=None),
    FIRST._replace(causationid=None),
    FIRST._replace(correlationid=None),
    FIRST._replace(correlationid=CAUSE, causationid="correlation"),
    FIRST._replace(data=b'{"body":"\xd0\x9e\xd1\x88"}'),
)


def unreadable(value: bytes, headers: Headers) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read_proposal(value, headers)
    return caught.value


class TestSignature:
    """The signature of a proposal, without Kafka."""

    @given(several, st.sampled_from(["kg", "KZ"]))
    def test_of_any_proposal_is_proven(self, proposed: list[Event], realm: str) -> None:
        signed = KEY.sign(realm, proposed)

        assert verify_signature(realm.swapcase(), signed, KEY.public)
        assert not verify_signature(realm, signed, OTHER_KEY.public)
        assert not verify_signature(realm + "2", signed, KEY.public)

    @given(several)
    def test_survives_the_inbox(self, proposed: list[Event]) -> None:
        """The inbox keeps the data as signed, with all blanks and escapes."""
        signed = KEY.sign("kg", proposed)
        _, value, headers = write_proposal(signed)

        read = read_proposal(value, headers).events

        assert read == signed
        assert verify_signature("kg", read, KEY.public)

    @given(several)
    def test_survives_the_log(self, proposed: list[Event]) -> None:
        signed = KEY.sign("kg", proposed)
        stamp = Stamp(1, 1, FIRST.time, 1, 0, GENESIS)

        logged = [read_log_record(event.data, write_headers(event, stamp))[0] for event in signed]

        assert verify_signature("kg", logged, KEY.public)

    @pytest.mark.parametrize("changed", CHANGED)
    def test_of_changed_event_is_refused(self, changed: Event) -> None:
        signed = KEY.sign("kg", [FIRST])[0]

        assert not verify_signature(
            "kg", [changed._replace(signature=signed.signature, publisherkey=signed.publisherkey)], KEY.public
        )

    def test_binds_number_and_order(self) -> None:
        assert verify_signature("kg", SIGNED, KEY.public)
        assert not verify_signature("kg", SIGNED[::-1], KEY.public)
        assert not verify_signature("kg", SIGNED[:1], KEY.public)
        assert not verify_signature("kg", (*SIGNED, SIGNED[1]), KEY.public)

    def test_ignores_trace_of_retry(self) -> None:
        assert verify_signature("kg", [event._replace(traceparent=None) for event in SIGNED], KEY.public)

    def test_must_be_same_in_events(self) -> None:
        other = OTHER_KEY.sign("kg", [FIRST, SECOND])

        assert not verify_signature("kg", [SIGNED[0], other[1]], KEY.public)
        assert not verify_signature("kg", [FIRST, SECOND], KEY.public)

    @given(st.binary(min_size=64, max_size=64))
    def test_of_random_bytes_is_refused(self, raw: bytes) -> None:
        guess = b64encode(raw, b"-_").rstrip(b"=").decode()

        assert not verify_signature("kg", [FIRST._replace(signature=guess)], KEY.public)

    def test_is_always_the_same(self) -> None:
        """A retry proposes the same bytes."""
        assert KEY.sign("KG", [FIRST, SECOND]) == SIGNED

    def test_has_fields_without_ambiguity(self) -> None:
        moved = [FIRST._replace(causationid=f"{CAUSE}correlation", correlationid=None)]

        assert message("kg", moved) != message("kg", [FIRST])


class TestKey:
    """Keys and their ids."""

    def test_has_id_of_its_public_key(self) -> None:
        assert KEY.id == key_id(KEY.public) == SIGNED[0].publisherkey
        assert KEY.id != OTHER_KEY.id

    @pytest.mark.parametrize("length", [0, 31, 33, 64])
    def test_of_wrong_length_is_refused(self, length: int) -> None:
        with pytest.raises(ValueError, match="32 bytes"):
            SigningKey(bytes(length))
        with pytest.raises(ValueError, match="32 bytes"):
            key_id(bytes(length))

    def test_is_read_from_pem_file(self) -> None:
        """The file that `openssl genpkey -algorithm ed25519` makes of the same 32 bytes."""
        pem = (
            b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
            b"-----END PRIVATE KEY-----\n"
        )
        assert KEY.to_pem() == pem
        assert SigningKey.from_pem(pem).id == KEY.id

    @pytest.mark.parametrize("pem", [b"", b"x", X25519PrivateKey.generate(), KEY.to_pem()[:90]])
    def test_of_other_file_is_refused(self, pem: bytes | X25519PrivateKey) -> None:
        if isinstance(pem, X25519PrivateKey):
            pem = pem.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with pytest.raises(ValueError, match="not an Ed25519 private key"):
            SigningKey.from_pem(pem)

    def test_never_shows_its_secret(self) -> None:
        assert repr(KEY) == f"SigningKey({KEY.id})"


class TestSignedRecord:
    """A signed proposal on the inbox is canonical or unreadable."""

    def header(self, name: str, content: bytes | None) -> tuple[str, str]:
        """Field and rule that break when the header *name* of a signed event has another *content*; None removes it."""
        named: dict[str, bytes | None] = dict(write_headers(KEY.sign("kg", [FIRST])[0]))
        named[f"ce_{name}"] = content
        error = unreadable(FIRST.data, [(one, value) for one, value in named.items() if value is not None])
        return error.field, error.rule

    @pytest.mark.parametrize(
        "time",
        ["2024-03-04T12:00:00Z", "2024-03-04T12:00:00.000Z", "2024-03-04T12:00:00.000000+00:00",
         "2024-03-04T18:00:00.000000+06:00", "2024-03-04T12:00:00.000000000Z"],
    )  # fmt: skip
    def test_has_time_in_one_form(self, time: str) -> None:
        assert self.header("time", time.encode()) == ("time", "of a signed event is not in UTC with six decimals and Z")

    @pytest.mark.parametrize("count", [b"04", b"0000000000000000004"])
    def test_has_sequence_in_one_form(self, count: bytes) -> None:
        assert self.header("expectedsequence", count) == ("expectedsequence", "of a signed event has leading zeros")

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("signature", None),
            ("publisherkey", None),
            ("signature", b"A" * 85),
            ("signature", b"A" * 85 + b"B"),
            ("signature", b"A" * 86 + b"=="),
            ("signature", b"+" * 85 + b"A"),
            ("publisherkey", b"key-1"),
            ("publisherkey", b"ed25519:" + b"A" * 21),
            ("publisherkey", b"ED25519:" + b"A" * 22),
        ],
    )
    def test_has_key_and_signature(self, name: str, content: bytes | None) -> None:
        assert self.header(name, content) == (name, "is missing or not in the form of Ed25519 signatures")

    def test_has_one_signature_in_batch(self) -> None:
        mixed = (SIGNED[0], OTHER_KEY.sign("kg", [FIRST, SECOND])[1])
        _, value, headers = write_proposal(mixed)

        assert unreadable(value, headers).field == "publisherkey"
        _, value, headers = write_proposal((SIGNED[0], SECOND))
        assert unreadable(value, headers).field == "publisherkey"
        _, value, headers = write_proposal((SIGNED[0], SIGNED[1]._replace(signature="A" * 86)))
        assert unreadable(value, headers).field == "signature"

    def test_keeps_data_byte_for_byte(self) -> None:
        """Blanks, key order and numbers in a batch are as signed, on the inbox and so on the log."""
        data = b'{ "b" : 1.50 , "a" : "\\u041e" }'
        signed = KEY.sign("kg", [FIRST._replace(data=data), SECOND])
        _, value, headers = write_proposal(signed)

        assert read_proposal(value, headers).events[0].data == data
        members: list[dict[str, Any]] = json.loads(value)
        assert all("data" not in member and member["data_base64"] for member in members)

    def test_may_be_rewritten_when_unsigned(self) -> None:
        named = dict(write_headers(FIRST)) | {"ce_time": b"2024-03-04T18:00:00+06:00", "ce_expectedsequence": b"004"}

        assert read_proposal(FIRST.data, list(named.items())).events == (FIRST,)
