"""The envelope: written events are read as they were; an error names field and rule, never a value."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from natija_events import limits
from natija_events.ids import appeal_number
from natija_events.wire.envelope import Event, Headers, Stamp, write_headers
from natija_events.wire.hash_chain import GENESIS
from natija_events.wire.log_record import logsequence_of, read_log_record
from natija_events.wire.proposal import read_proposal, write_proposal
from natija_events.wire.values import Unreadable

APPEAL = appeal_number("KG", 7)
NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)
CANARY = "Айгүл Асанова +996 555 010203"
EVENT = Event(
    id=UUID("6f1c1e0a-6a0e-4f0e-8a51-0a1b2c3d4e5f"),
    source="/desks/one",
    type="appeal.routed.v1",
    subject=APPEAL,
    time=NOON,
    data=b'{"body":"b"}',
    expectedsequence=4,
    causationid="/services/intake#0e0c6a51-6a0e-4f0e-8a51-0a1b2c3d4e5f",
    correlationid="correlation",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)
OTHER = EVENT._replace(id=uuid4(), type="appeal.term-set.v1", data=b'{"due":"2024-03-25T18:00:00Z"}')
STAMP = Stamp(5, 12, NOON + timedelta(seconds=1), 40, 7, GENESIS)


def refused(value: bytes | None, headers: Headers) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read_proposal(value, headers)
    assert CANARY not in str(caught.value)
    assert CANARY not in caught.value.field + caught.value.rule
    return caught.value


def binary(**changed: bytes | None) -> list[tuple[str, bytes | None]]:
    """The headers of EVENT with attributes *changed*; None removes one."""
    named: dict[str, bytes | None] = dict(write_headers(EVENT))
    named |= {f"ce_{name}": content for name, content in changed.items()}
    return [(name, content) for name, content in named.items() if content is not None]


def batch(*items: Any) -> tuple[bytes, Headers]:
    return json.dumps(items).encode(), [("content-type", b"application/cloudevents-batch+json")]


def item(**changed: Any) -> dict[str, Any]:
    """EVENT as a member of a batch, *changed*."""
    written = json.loads(write_proposal((EVENT, OTHER))[1])[0]
    return {**written, **changed}


REQUIRED = ("specversion", "id", "source", "type", "subject", "time")


class TestOneEvent:
    """A proposal of one event: attributes in headers, JSON in the value."""

    def test_is_read_as_written(self) -> None:
        key, value, written = write_proposal([EVENT])

        assert read_proposal(value, written).events == (EVENT,)
        assert key == APPEAL.encode()
        assert value == EVENT.data

    def test_is_always_the_same_bytes(self) -> None:
        assert write_proposal([EVENT]) == write_proposal([EVENT._replace()])

    def test_needs_required_attributes_only(self) -> None:
        least = Event(EVENT.id, "/s", "appeal.x.v1", APPEAL, NOON, b"{}")

        assert read_proposal(b"{}", write_headers(least)).events == (least,)

    def test_may_have_foreign_headers(self) -> None:
        foreign: Headers = [("traceparent", b"\xff"), ("retries", None), *write_headers(EVENT), ("traceparent", b"")]

        assert read_proposal(EVENT.data, foreign).events == (EVENT,)

    def test_may_name_charset(self) -> None:
        with_charset = [
            (name, b"Application/JSON; charset=UTF-8" if name == "content-type" else content)
            for name, content in write_headers(EVENT)
        ]

        assert read_proposal(EVENT.data, with_charset).events == (EVENT,)

    @pytest.mark.parametrize("name", REQUIRED)
    def test_without_required_attribute_is_unreadable(self, name: str) -> None:
        error = refused(EVENT.data, binary(**{name: None}))

        assert (error.field, error.rule) == (name, "is missing")

    @pytest.mark.parametrize("name", [name for name, _ in write_headers(EVENT)])
    def test_with_duplicate_header_is_unreadable(self, name: str) -> None:
        error = refused(EVENT.data, [*write_headers(EVENT), (name, CANARY.encode())])

        assert (error.field, error.rule) == (name.removeprefix("ce_"), "occurs twice")

    @pytest.mark.parametrize("name", REQUIRED)
    def test_takes_null_as_missing(self, name: str) -> None:
        """Some clients write a null header for each attribute that they do not have."""
        nulls: Headers = [(f"ce_{name}", None), ("ce_schemaurl", None), ("content-type", None)]
        left = [pair for pair in write_headers(EVENT) if pair[0] not in dict(nulls)]

        assert refused(EVENT.data, [*nulls, *left]).rule == "is missing"
        assert read_proposal(EVENT.data, [*nulls[1:], *write_headers(EVENT)[1:]]).events == (EVENT,)

    @pytest.mark.parametrize("name", [name for name, _ in write_headers(EVENT)])
    def test_with_invalid_utf8_is_unreadable(self, name: str) -> None:
        latin = CANARY.encode() + "é".encode("latin-1")
        error = refused(
            EVENT.data, [(other, latin if other == name else value) for other, value in write_headers(EVENT)]
        )

        assert (error.field, error.rule) == (name.removeprefix("ce_"), "is not UTF-8")

    @pytest.mark.parametrize(
        ("name", "content", "rule"),
        [
            ("specversion", "0.3", "is not 1.0"),
            ("id", CANARY, "is not a UUID in lower case with dashes"),
            ("id", str(EVENT.id).upper(), "is not a UUID in lower case with dashes"),
            ("id", EVENT.id.hex, "is not a UUID in lower case with dashes"),
            ("source", "", "is not 1 to 512 visible ASCII characters"),
            ("source", CANARY, "is not 1 to 512 visible ASCII characters"),
            ("type", "x" * 513, "is not 1 to 512 visible ASCII characters"),
            ("source", "a b", "is not 1 to 512 visible ASCII characters"),
            ("source", "a\n", "is not 1 to 512 visible ASCII characters"),
            ("subject", CANARY, "is not an appeal number: its form or its check digit is wrong"),
            ("subject", APPEAL.lower(), "is not an appeal number: its form or its check digit is wrong"),
            ("subject", APPEAL + "\n", "is not an appeal number: its form or its check digit is wrong"),
            ("time", CANARY, "is not an RFC 3339 time with a zone, from 1900 on"),
            ("time", "2024-03-04T12:00:00", "is not an RFC 3339 time with a zone, from 1900 on"),
            ("time", "2024-03-04", "is not an RFC 3339 time with a zone, from 1900 on"),
            ("time", "2024-02-30T12:00:00Z", "is not an RFC 3339 time with a zone, from 1900 on"),
            ("time", "2024-03-04T12:00:00+99:00", "is not an RFC 3339 time with a zone, from 1900 on"),
            ("time", "٢٠٢٤-03-04T12:00:00Z", "is not an RFC 3339 time with a zone, from 1900 on"),
            ("time", "0001-01-01T00:00:00+14:00", "is not an RFC 3339 time with a zone, from 1900 on"),
            ("time", "9999-12-31T23:59:59-14:00", "is not an RFC 3339 time with a zone, from 1900 on"),
            ("dataschema", "urn:natija:appeal.routed.v2", "is not the schema of the event's type"),
            ("expectedsequence", CANARY, "is not a whole number of at most 19 digits"),
            ("expectedsequence", "-1", "is not a whole number of at most 19 digits"),
            ("expectedsequence", "٣", "is not a whole number of at most 19 digits"),
            ("expectedsequence", "9" * 20, "is not a whole number of at most 19 digits"),
            ("causationid", CANARY, "is not 1 to 512 visible ASCII characters"),
            ("correlationid", "", "is not 1 to 512 visible ASCII characters"),
            ("traceparent", "\x00", "is not 1 to 512 visible ASCII characters"),
            ("publisherkey", CANARY, "is not 1 to 512 visible ASCII characters"),
            ("signature", CANARY, "is not 1 to 512 visible ASCII characters"),
        ],
    )
    def test_with_wrong_attribute_is_unreadable(self, name: str, content: str, rule: str) -> None:
        error = refused(EVENT.data, binary(**{name: content.encode()}))

        assert (error.field, error.rule) == (name, rule)

    @pytest.mark.parametrize("name", STAMP._fields)
    def test_with_registrar_stamp_is_unreadable(self, name: str) -> None:
        error = refused(EVENT.data, binary(**{name: b"1"}))

        assert (error.field, error.rule) == (name, "is set by the registrar only")

    def test_keeps_its_wrapped_key_to_itself(self) -> None:
        """The wrapped key is read with the proposal, and never written to the log."""
        (event,) = read_proposal(EVENT.data, binary(wrappedkey=b"x25519:k.e.w")).events

        assert event == EVENT._replace(wrappedkey="x25519:k.e.w")
        assert write_headers(event, STAMP) == write_headers(EVENT, STAMP)

    @pytest.mark.parametrize("wrapped", [b"", b"a b", "ключ".encode(), b"x" * 513])
    def test_with_malformed_wrapped_key_is_unreadable(self, wrapped: bytes) -> None:
        assert refused(EVENT.data, binary(wrappedkey=wrapped)).field == "wrappedkey"

    @pytest.mark.parametrize(
        "content_type", [b"", b"text/plain", b"application/cloudevents+avro", b"application", b"application/json5"]
    )
    def test_of_another_content_type_is_unreadable(self, content_type: bytes) -> None:
        others = [(name, value) for name, value in write_headers(EVENT) if name != "content-type"]
        error = refused(EVENT.data, [*others, ("content-type", content_type)])

        assert error.field == "content-type"
        assert "application/cloudevents+json" in error.rule

    def test_as_tombstone_is_unreadable(self) -> None:
        assert refused(None, write_headers(EVENT)).rule == "is missing: a proposal cannot be a tombstone"

    @pytest.mark.parametrize(
        "value",
        [
            b"",
            b"null",
            b"[]",
            b"1",
            b'"' + CANARY.encode() + b'"',
            b"{",
            b"{} " + CANARY.encode(),
            b'{"body":NaN}',
            b'{"body":Infinity}',
            b'{"body":-Infinity}',
            b'{"body":1e400}',
            b'{"body":[{"x":-1E+0400}]}',
            b'{"body":1' + b"0" * 400 + b".5}",
            b'{"body":1,"body":1}',
            '{"body":{"Айгүл Асанова +996 555 010203":1,"Айгүл Асанова +996 555 010203":2}}'.encode(),
            b'{"body":"\xff"}',
            b'{"body":"\\ud800"}',
            b"\xef\xbb\xbf{}",
            b'{"a":' * 5000 + b"1" + b"}" * 5000,
            b"[" * 1_000_000,
        ],
        ids=lambda value: value[:20].decode("latin-1") + f"-{len(value)}",
    )
    def test_without_strict_json_is_unreadable(self, value: bytes) -> None:
        assert refused(value, write_headers(EVENT)).field == "data"


class TestSeveralEvents:
    """A proposal of several events of one appeal: a CloudEvents batch."""

    def test_are_read_as_written(self) -> None:
        key, value, written = write_proposal([EVENT, OTHER])

        assert read_proposal(value, written).events == (EVENT, OTHER)
        assert key == APPEAL.encode()

    def test_share_first_expected_sequence(self) -> None:
        silent = OTHER._replace(expectedsequence=None)
        _, value, written = write_proposal([EVENT, silent])

        assert read_proposal(value, written).expectedsequence == EVENT.expectedsequence

        _, value, written = write_proposal([EVENT, OTHER._replace(expectedsequence=5)])
        assert refused(value, written).field == "expectedsequence"
        _, value, written = write_proposal([silent, EVENT])
        assert refused(value, written).field == "expectedsequence"

    def test_may_hold_numbers_and_nulls(self) -> None:
        """CloudEvents JSON may write an integer as a number and a missing attribute as null."""
        read = read_proposal(*batch(item(expectedsequence=4, causationid=None)))

        assert read.events == (EVENT._replace(causationid=None),)

    @pytest.mark.parametrize(
        ("items", "field"),
        [
            ([], "data"),
            ([CANARY], "[0]"),
            ([item(data=CANARY)], "[0].data"),
            ([item(data=None)], "[0].data"),
            ([item(data=None, data_base64=CANARY)], "[0].data_base64"),
            ([item(data=None, data_base64=1)], "[0].data_base64"),
            ([item(data=None, data_base64="e30")], "[0].data_base64"),
            ([item(data=None, data_base64="e31=")], "[0].data_base64"),
            ([item(data=None, data_base64="e30=\n")], "[0].data_base64"),
            ([item(data=None, data_base64="W10=")], "[0].data_base64"),
            ([item(data=None, data_base64="eyJhIjoxLCJhIjoxfQ==")], "[0].data_base64"),
            ([item(data_base64="e30=")], "[0].data_base64"),
            ([item(signature="A" * 86, publisherkey="ed25519:" + "A" * 22)], "[0].data"),
            ([item(datacontenttype="text/plain")], "[0].datacontenttype"),
            ([item(datacontenttype=[CANARY])], "[0].datacontenttype"),
            ([item(source=True)], "[0].source"),
            ([item(source={"a": CANARY})], "[0].source"),
            ([item(time=1.5)], "[0].time"),
            ([item(), item(id=CANARY)], "[1].id"),
            ([item(), item(subject=None)], "[1].subject"),
            ([item(sequence="1")], "[0].sequence"),
            ([item(**{CANARY: "1"})], "[0].header"),
            ([item(expectedsequence=10**20)], "[0].expectedsequence"),
            ([item(expectedsequence=-1)], "[0].expectedsequence"),
            ([item(), item(id=str(uuid4()), subject=appeal_number("KG", 8))], "subject"),
            ([item(), item()], "id"),
            ([item(), item(id=str(uuid4()), source="/desks/two")], "source"),
            ([item(causationid="cause")], "[0].causationid"),
            ([item()] * (limits.PROPOSAL_EVENTS + 1), "data"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_that_are_wrong_are_unreadable(self, items: list[Any], field: str) -> None:
        assert refused(*batch(*items)).field == field

    def test_have_no_number_that_is_infinite(self) -> None:
        value, written = batch(item(data={"body": 1.5}))

        assert refused(value.replace(b"1.5", b"1e999"), written).field == "data"

    @pytest.mark.parametrize("name", ["source", "subject", CANARY])
    def test_with_attribute_header_are_unreadable(self, name: str) -> None:
        """The attributes of a batch stand in its members: a header beside them would say something else, or nothing."""
        value, written = batch(item())
        error = refused(value, [*written, (f"ce_{name}", b"1")])

        assert (error.field, error.rule) == ("header" if name == CANARY else name, "is not a header of a batch")

    def test_share_the_wrapped_key_of_the_record(self) -> None:
        value, written = batch(item(), item(id=str(uuid4())))
        events = read_proposal(value, [*written, ("ce_wrappedkey", b"1")]).events

        assert [event.wrappedkey for event in events] == ["1", "1"]

    def test_may_bring_the_wrapped_key(self) -> None:
        """An SDK writes it as an attribute, and then it may also stand in the header."""
        items = item(wrappedkey="1"), item(id=str(uuid4()))
        value, written = batch(*items)

        for headers in (written, [*written, ("ce_wrappedkey", b"1")]):
            assert [event.wrappedkey for event in read_proposal(value, headers).events] == ["1", "1"]
        assert refused(value, [*written, ("ce_wrappedkey", b"2")]).field == "wrappedkey"
        assert refused(*batch(*items, item(id=str(uuid4()), wrappedkey="2"))).field == "wrappedkey"

    def test_as_one_object_are_unreadable(self) -> None:
        assert refused(b"{}", batch()[1]).rule == "is not a JSON array of events"


class TestLogRecords:
    """A record of the log: one event, with the registrar's stamps."""

    def test_are_read_as_written(self) -> None:
        assert read_log_record(EVENT.data, write_headers(EVENT, STAMP)) == (EVENT, STAMP)

    def test_sort_by_sequence_as_strings(self) -> None:
        written = [
            dict(write_headers(EVENT, STAMP._replace(sequence=count)))["ce_sequence"] for count in (2, 10, 9_999_999)
        ]

        assert written == sorted(written)

    def test_may_have_later_attributes(self) -> None:
        assert read_log_record(EVENT.data, [*write_headers(EVENT, STAMP), ("ce_later", b"x")]) == (EVENT, STAMP)

    @pytest.mark.parametrize("name", STAMP._fields)
    def test_without_stamp_are_unreadable(self, name: str) -> None:
        with pytest.raises(Unreadable) as caught:
            read_log_record(EVENT.data, [pair for pair in write_headers(EVENT, STAMP) if pair[0] != f"ce_{name}"])
        assert (caught.value.field, caught.value.rule) == (name, "is missing")

    def test_are_never_tombstones(self) -> None:
        with pytest.raises(Unreadable):
            read_log_record(None, write_headers(EVENT, STAMP))


def test_record_size_counts_headers() -> None:
    """A record's size counts all that is needed to store it when it is rejected."""
    assert limits.record_bytes(b"ab", b"cde", [("é", b"1"), ("", None)]) == 2 + 3 + 3 + 2 * 10
    assert limits.record_bytes(None, None, []) == 0
    assert math.ceil(limits.PROPOSAL_BYTES * 16 / 9) + 100_000 < limits.REJECTED_BYTES
    assert limits.PROPOSAL_BYTES < limits.INBOX_BYTES < limits.LOG_BYTES < limits.REJECTED_BYTES


class TestLogsequence:
    """The place of a record on its partition, read without reading the event."""

    def test_is_read_from_headers(self) -> None:
        assert logsequence_of(write_headers(EVENT, STAMP)) == STAMP.logsequence

    @pytest.mark.parametrize(
        "headers",
        [
            [],
            [("ce_logsequence", None)],
            [("ce_logsequence", b"")],
            [("ce_logsequence", b"-1")],
            [("ce_logsequence", b"\xd9\xa1")],
            [("ce_logsequence", b"1" * 20)],
            [("ce_logsequence", b"1"), ("ce_logsequence", b"2")],
        ],
    )
    def test_is_none_when_malformed(self, headers: Headers) -> None:
        assert logsequence_of(headers) is None
