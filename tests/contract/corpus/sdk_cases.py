"""Cases about the records that SDKs of CloudEvents write, and about common mistakes."""

import json
from base64 import b64encode
from typing import Any

from tests.contract.corpus.author import CHANNEL, DESK, KEY, SIGNING_DESK, Author, InboxRecord
from tests.contract.corpus.case import Case, changed, history, once, opened, opening, routed
from tests.contract.corpus.histories import OTHER

STRUCTURED = "application/cloudevents+json; charset=utf-8"


def _member(record: InboxRecord, **more: Any) -> dict[str, Any]:
    """The event of a record in binary mode, whole in JSON, with *more* members; None leaves one out."""
    named = {name[3:]: (content or b"").decode() for name, content in record.headers if name.startswith("ce_")}
    whole = {**named, "datacontenttype": "application/json", "data": json.loads(record.value or b""), **more}
    return {name: content for name, content in whole.items() if content is not None}


def structured(record: InboxRecord, **more: Any) -> InboxRecord:
    """The record in structured mode, as an SDK writes it."""
    value = json.dumps(_member(record, **more), ensure_ascii=False).encode()
    return InboxRecord(record.key, value, [("content-type", STRUCTURED.encode())])


def _batch(record: InboxRecord, **more: Any) -> InboxRecord:
    """The record as a batch of one event."""
    value = json.dumps([_member(record, **more)], ensure_ascii=False).encode()
    return InboxRecord(record.key, value, [("content-type", b"application/cloudevents-batch+json")])


def _base64(record: InboxRecord) -> dict[str, Any]:
    return {"data": None, "data_base64": b64encode(record.value or b"").decode()}


def _signed(author: Author) -> InboxRecord:
    return author.record(*KEY.sign("kg", [author.event(opening(), SIGNING_DESK)]))


def _number(record: InboxRecord) -> str:
    return (record.key or b"").decode()


SDKS = (
    changed("no content type", lambda record: record.without("content-type"), "registered"),
    changed(
        "the content type also as an attribute",
        lambda record: record.header("ce_datacontenttype", "application/json; charset=utf-8"),
        "registered",
    ),
    changed(
        "the content type as an attribute only",
        lambda record: record.without("content-type").header("ce_datacontenttype", "application/json"),
        "registered",
    ),
    changed(
        "the attribute says that the data are text",
        lambda record: record.header("ce_datacontenttype", "text/plain"),
        "unreadable datacontenttype",
    ),
    changed(
        "the partition key is the subject",
        lambda record: record.header("ce_partitionkey", _number(record)),
        "registered",
    ),
    changed(
        "the partition key is another number",
        lambda record: record.header("ce_partitionkey", OTHER),
        "unreadable partitionkey",
    ),
    changed("the state of a trace", lambda record: record.header("ce_tracestate", "a=1,b=2"), "registered"),
    changed("an optional attribute is null", lambda record: record.header("ce_dataschema", None), "registered"),
    changed("structured mode", structured, "registered"),
    changed(
        "structured mode with the attributes of SDKs",
        lambda record: structured(record, partitionkey=_number(record), tracestate="a=1"),
        "registered",
    ),
    changed(
        "structured mode without a content type of the data",
        lambda record: structured(record, datacontenttype=None),
        "registered",
    ),
    changed(
        "structured mode with the data in base 64", lambda record: structured(record, **_base64(record)), "registered"
    ),
    changed(
        "structured mode with the wrapped key in its header",
        lambda record: structured(record, wrappedkey=None).also(
            "ce_wrappedkey", (dict(record.headers)["ce_wrappedkey"] or b"").decode()
        ),
        "registered",
    ),
    changed(
        "structured mode with a header that repeats an attribute",
        lambda record: structured(record).also("ce_source", CHANNEL),
        "registered",
    ),
    changed(
        "structured mode with a header that says something else",
        lambda record: structured(record).also("ce_source", DESK),
        "unreadable source",
    ),
    changed(
        "structured mode without its content type",
        lambda record: structured(record).without("content-type"),
        "registered",
    ),
    changed(
        "structured mode with the content type of the data",
        lambda record: structured(record).header("content-type", "application/json"),
        "registered",
    ),
    changed("structured mode of an array", lambda record: structured(record)._replace(value=b"[]"), "unreadable data"),
    changed(
        "structured mode with data that are a string",
        lambda record: structured(record, data=(record.value or b"").decode()),
        "unreadable data",
    ),
    once(
        "structured mode, signed",
        lambda author: structured(_signed(author), **_base64(_signed(Author(author.index)))),
        "registered",
    ),
    once(
        "structured mode, signed, with data that are not in base 64",
        lambda author: structured(_signed(author)),
        "unreadable data",
    ),
    changed(
        "a batch of one event, as SDKs write its members",
        lambda record: _batch(record, partitionkey=_number(record), tracestate="a=1"),
        "registered",
    ),
    history(
        "a retry in the other modes",
        lambda author: [structured(opened(Author(author.index))), _batch(opened(Author(author.index)))],
        "duplicate id",
        "duplicate id",
    ),
    history(
        "an expected sequence as a number",
        lambda author: [structured(author.propose(routed(), expectedsequence=1), expectedsequence=1)],
        "registered",
    ),
)

MISTAKES: tuple[Case, ...] = (
    changed(
        "another prefix of the headers",
        lambda record: record._replace(headers=[(name.replace("ce_", "ce-"), one) for name, one in record.headers]),
        "unreadable specversion",
    ),
    changed(
        "headers in quotation marks",
        lambda record: record.header("ce_specversion", '"1.0"'),
        "unreadable specversion",
    ),
    changed("a misspelt attribute", lambda record: record.header("ce_expectedseqence", "1"), "unreadable header"),
    changed(
        "an attribute of CloudEvents that the contract does not have",
        lambda record: record.header("ce_dataref", "/blobs/1"),
        "unreadable dataref",
    ),
    changed(
        "the prefix of a schema registry",
        lambda record: record._replace(value=b"\x00\x00\x00\x00\x07" + (record.value or b"")),
        "unreadable data",
    ),
    changed(
        "a byte order mark",
        lambda record: record._replace(value=b"\xef\xbb\xbf" + (record.value or b"")),
        "unreadable data",
    ),
    changed(
        "JSON that is serialized twice",
        lambda record: record._replace(value=json.dumps((record.value or b"").decode()).encode()),
        "unreadable data",
    ),
    changed(
        "a misspelt field", lambda record: record.edited('"applicants_count":1', '"applicant_count":1'), "invalid data"
    ),
    changed(
        "the key in quotation marks",
        lambda record: record._replace(key=b'"' + (record.key or b"") + b'"'),
        "misplaced key",
    ),
)
