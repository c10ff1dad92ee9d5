"""The content modes of CloudEvents on the inbox, what SDKs write, and what an error tells the author of a record."""

import json
from typing import Any

import pytest
from tests.unit.events.test_envelope import APPEAL, CANARY, EVENT, STAMP, batch, binary, item, refused

from natija_events.signatures import SigningKey
from natija_events.wire.envelope import Headers, write_headers
from natija_events.wire.identity import event_digest
from natija_events.wire.names import DROPPED, PROPOSED, STAMPS
from natija_events.wire.proposal import read_proposal, write_proposal
from natija_events.wire.rejection import InboxRecord, readable_identity

STRUCTURED: Headers = [("content-type", b"application/cloudevents+json; charset=utf-8")]
OF_SDKS = {"datacontenttype": "application/json; charset=utf-8", "partitionkey": APPEAL, "tracestate": "a=1, b=ы"}


def structured(**changed: Any) -> tuple[bytes, Headers]:
    return json.dumps(item(**changed)).encode(), STRUCTURED


class TestStructuredMode:
    """One event, whole in the value."""

    def test_is_the_event_of_binary_mode(self) -> None:
        read = read_proposal(*structured())

        assert read.events == (EVENT,)
        again = read_proposal(EVENT.data, write_headers(EVENT))
        assert event_digest(*_first(read)) == event_digest(*_first(again)), "proposed again, it is a duplicate"

    def test_brings_its_wrapped_key(self) -> None:
        """As an attribute of the event, as a header, or as both."""
        header = ("ce_wrappedkey", b"k.e.w")
        for wrapped, headers in (("k.e.w", []), (None, [header]), ("k.e.w", [header])):
            value, written = structured(wrappedkey=wrapped)
            assert read_proposal(value, [*written, *headers]).events == (EVENT._replace(wrappedkey="k.e.w"),)
        assert refused(structured(wrappedkey="other")[0], [*STRUCTURED, header]).field == "wrappedkey"

    @pytest.mark.parametrize("headers", [[], [("content-type", b"application/json")], [("Content-Type", b"x")]])
    def test_needs_no_content_type(self, headers: Headers) -> None:
        """Without any attribute in the headers, it cannot be the binary mode."""
        assert read_proposal(structured()[0], headers).events == (EVENT,)
        key = ("ce_wrappedkey", b"k.e.w")
        assert read_proposal(structured()[0], [*headers, key]).events == (EVENT._replace(wrappedkey="k.e.w"),)
        assert refused(structured()[0], [*headers, ("ce_source", EVENT.source.encode())]).field == "specversion"

    def test_may_repeat_attributes_in_headers(self) -> None:
        same = [("ce_id", str(EVENT.id).encode()), ("ce_source", EVENT.source.encode()), ("trace", b"1")]

        assert read_proposal(structured()[0], [*STRUCTURED, *same]).events == (EVENT,)

    @pytest.mark.parametrize("name", ["source", "type", "tracestate", "signature"])
    def test_refuses_another_attribute_in_header(self, name: str) -> None:
        error = refused(structured()[0], [*STRUCTURED, (f"ce_{name}", b"/desks/two")])

        assert (error.field, error.rule) == (name, "is in a header, and not the same in the event")

    def test_is_signed_over_data_in_base64(self) -> None:
        (signed,) = SigningKey(bytes(32)).sign("kg", [EVENT])
        whole, headers = write_proposal([signed, signed._replace(id=EVENT.id)])[1:]
        member = json.loads(whole)[0]

        assert dict(headers)["content-type"] == b"application/cloudevents-batch+json"
        assert read_proposal(json.dumps(member).encode(), STRUCTURED).events == (signed,)
        plain = {name: content for name, content in member.items() if name != "data_base64"} | {"data": {"body": "b"}}
        error = refused(json.dumps(plain).encode(), STRUCTURED)
        assert (error.field, error.rule) == (
            "data", "is in data_base64 when the event is signed: a signature is over its bytes",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("value", "field"),
        [
            (b"", "data"),
            (b"[]", "data"),
            (b"{}", "data"),
            (b'{"data":{}}', "specversion"),
            (structured(data=CANARY)[0], "data"),
            (structured(time=CANARY)[0], "time"),
            (structured(time=17)[0], "time"),
            (structured(source=[CANARY])[0], "source"),
            (structured(**{CANARY: "1"})[0], "header"),
            (structured(sequence=1)[0], "sequence"),
        ],
    )
    def test_that_is_wrong_is_unreadable(self, value: bytes, field: str) -> None:
        assert refused(value, STRUCTURED).field == field

    def test_tells_its_identity(self) -> None:
        """Also of a record that is unreadable otherwise, whatever the parameters of its content type."""
        wrong = structured(time=CANARY)
        for value, headers in (wrong, (wrong[0], []), (b"[" + wrong[0] + b"]", batch()[1])):
            found = readable_identity(InboxRecord(None, value, headers))
            assert found == (APPEAL, EVENT.source, EVENT.id)


def _first(read: Any) -> tuple[Any, Any]:
    return read.events[0], read.values[0]


class TestAttributesOfSdks:
    """SDKs add attributes to those of the contract: taken if they say nothing else, and never on the log."""

    @pytest.mark.parametrize("name", OF_SDKS)
    def test_are_admitted_by_each_mode(self, name: str) -> None:
        content = OF_SDKS[name]
        records = (
            (EVENT.data, binary(**{name: content.encode()})),
            structured(**{name: content}),
            batch(item(**{name: content})),
        )
        for value, headers in records:
            (event,) = read_proposal(value, headers).events
            assert event == EVENT
            assert f"ce_{name}" not in dict(write_headers(event, STAMP))

    @pytest.mark.parametrize(
        ("name", "content", "rule"),
        [
            ("partitionkey", "/desks/one", "is not the subject"),
            ("datacontenttype", "text/plain", "is not application/json"),
            ("datacontenttype", "application/avro", "is not application/json"),
        ],
    )
    def test_must_say_what_the_record_says(self, name: str, content: str, rule: str) -> None:
        for value, headers in ((EVENT.data, binary(**{name: content.encode()})), structured(**{name: content})):
            error = refused(value, headers)
            assert (error.field, error.rule) == (name, rule)

    def test_need_no_content_type(self) -> None:
        left = [pair for pair in write_headers(EVENT) if pair[0] != "content-type"]

        assert read_proposal(EVENT.data, left).events == (EVENT,)


class TestToldAttributes:
    """An error names an attribute that the contract or CloudEvents documents, and no other: it may be a person."""

    @pytest.mark.parametrize("name", [*sorted(PROPOSED), *STAMPS, *DROPPED, "dataref", "authid", "severitytext"])
    def test_are_documented_ones(self, name: str) -> None:
        twice: Headers = [(f"ce_{name}", b"1"), (f"ce_{name}", b"1")]

        assert refused(EVENT.data, [*binary(), *twice]).field == name

    @pytest.mark.parametrize("name", [CANARY, "asanova", "ministrycase", "20112199001234", "x" * 1_000_000])
    def test_are_not_foreign_ones(self, name: str) -> None:
        for value, headers in ((EVENT.data, [*binary(), (f"ce_{name}", b"1")]), structured(**{name: "1"})):
            error = refused(value, headers)
            assert error.field == "header"
            assert error.rule == (
                "is not an attribute of this contract: leave it out, or send it as a header without ce_"
            )

    @pytest.mark.parametrize(
        ("name", "meant"),
        [("expectedseqence", "expectedsequence"), ("correlationId", "correlationid"), ("wrapped_key", "wrappedkey")],
    )
    def test_are_meant_by_misspelt_ones(self, name: str, meant: str) -> None:
        error = refused(EVENT.data, [*binary(), (f"ce_{name}", b"1")])

        assert (error.field, error.rule) == ("header", f"is not an attribute of this contract: did you mean {meant}?")

    @pytest.mark.parametrize("prefix", ["", "ce-", "cloudEvents_", "CE_"])
    def test_have_another_prefix(self, prefix: str) -> None:
        headers = [(name.replace("ce_", prefix), content) for name, content in write_headers(EVENT)]

        error = refused(EVENT.data, headers)
        assert error.field == "specversion"
        assert error.rule == "is missing, as all attributes: no header begins with ce_"

    def test_stand_in_quotation_marks(self) -> None:
        """Old mappers of Spring write each header as JSON."""
        named = write_headers(EVENT)
        quoted = [(name, b'"%b"' % content if name != "content-type" else content) for name, content in named]

        assert refused(EVENT.data, quoted).rule == "is not 1.0: headers stand in quotation marks"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (b"\x00\x00\x00\x00\x07" + EVENT.data, "schema registry"),
        (b"\x00\x00\x00\x00\x07\x02\x04", "schema registry"),
        (b"\xef\xbb\xbf" + EVENT.data, "byte order mark"),
        ('{"body":"ы"}'.encode("utf-16"), "UTF-16"),
        ('{"body":"ы"}'.encode("utf-16-le"), "UTF-16"),
        ('{"body":"ы"}'.encode("utf-16-be"), "UTF-16"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"\xac\xed\x00\x05t", "Java object"),
        (str({"body": CANARY}).encode(), "single quotes"),
        (json.dumps(EVENT.data.decode()).encode(), "serialized twice"),
    ],
)
def test_common_mistake_has_a_hint(value: bytes, told: str) -> None:
    error = refused(value, write_headers(EVENT))

    assert error.field == "data"
    assert told in error.rule


def test_serialized_data_have_a_hint() -> None:
    """An SDK gets the data as a string, and writes a JSON string."""
    assert "do not serialize it" in refused(*structured(data=json.dumps({"body": CANARY}))).rule
