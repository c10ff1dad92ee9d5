"""Cases about the wire form: readable or not, misplaced, repeated."""

from uuid import UUID

from tests.contract.corpus.author import CHANNEL, DESK, HISTORY, KEY, NOW, SIGNING_DESK, Author, InboxRecord
from tests.contract.corpus.case import DAY, Case, changed, history, once, opened, opening, routed
from tests.contract.corpus.histories import OTHER, registered

from natija_events.kafka import partition_of

READABLE = (
    changed("registered by a channel", lambda record: record, "registered"),
    changed(
        "the content type has parameters",
        lambda record: record.header("content-type", "application/json; charset=UTF-8"),
        "registered",
    ),
    changed(
        "the time has an offset", lambda record: record.header("ce_time", "2026-03-31T12:00:00+06:00"), "registered"
    ),
    changed(
        "the time has nanoseconds",
        lambda record: record.header("ce_time", "2026-03-31T06:00:00.123456789Z"),
        "registered",
    ),
    changed("headers without ce_ are ignored", lambda record: record.also("trace", "1"), "registered"),
    changed("a trace", lambda record: record.header("ce_traceparent", "00-1-2-01"), "registered"),
    changed("no schema is named", lambda record: record.without("ce_dataschema"), "registered"),
    changed("blanks in the data", lambda record: record.edited('{"kind"', '{ "kind"'), "registered"),
    once(
        "registered by a desk",
        lambda author: author.propose(opening(), DESK),
        "registered",
    ),
    once(
        "registered, signed",
        lambda author: author.record(*KEY.sign("kg", [author.event(opening(), SIGNING_DESK)])),
        "registered",
    ),
    once(
        "registered by a register, with its own names",
        lambda author: author.propose(
            registered(region="Чүй облусу", register_name="osh", external_id="17/26"),
            HISTORY,
            time=NOW - 29 * DAY,
        ),
        "registered",
    ),
    once(
        "registered and routed in one proposal",
        lambda author: author.record(author.event(opening(), DESK), author.event(routed(), DESK)),
        "registered",
    ),
)


def _without(name: str) -> Case:
    return changed(f"no {name}", lambda record: record.without(f"ce_{name}"), f"unreadable {name}")


def _with(name: str, content: str) -> Case:
    return changed(f"{name} is {content!r}", lambda record: record.header(f"ce_{name}", content), f"unreadable {name}")


UNREADABLE = (
    *(_without(name) for name in ("specversion", "id", "source", "type", "subject", "time")),
    *(
        _with(name, content)
        for name, content in (
            ("specversion", "0.3"),
            ("id", "17"),
            ("id", "3B1F0B51-6A0E-4F0E-8A51-0A1B2C3D4E5F"),
            ("source", "/desks/one two"),
            ("type", "appeal.registered.v1\n"),
            ("subject", "KG-7K3M-9QX4-T2R8-M5"),
            ("time", "2026-03-31T06:00:00"),
            ("time", "31.03.2026 06:00"),
            ("time", "1899-12-31T00:00:00Z"),
            ("dataschema", "urn:natija:appeal.routed.v1"),
            ("expectedsequence", "+1"),
            ("causationid", "something"),
        )
    ),
    changed("an attribute twice", lambda record: record.also("ce_source", CHANNEL), "unreadable source"),
    changed("an attribute is null", lambda record: record.header("ce_source", None), "unreadable source"),
    changed("an attribute is not UTF-8", lambda record: record.header("ce_source", b"\xff"), "unreadable source"),
    changed("an unknown attribute", lambda record: record.header("ce_priority", "1"), "unreadable header"),
    changed("a stamp of the registrar", lambda record: record.header("ce_sequence", "1"), "unreadable sequence"),
    changed(
        "another content type", lambda record: record.header("content-type", "text/plain"), "unreadable content-type"
    ),
    changed(
        "an event format that is not JSON",
        lambda record: record.header("content-type", "application/cloudevents+avro"),
        "unreadable content-type",
    ),
    changed("a tombstone", lambda record: record._replace(value=None), "unreadable data"),
    changed("not JSON", lambda record: record._replace(value=b"kind=complaint"), "unreadable data"),
    changed("not UTF-8", lambda record: record._replace(value=b'{"kind":"\xff"}'), "unreadable data"),
    changed("a JSON array", lambda record: record._replace(value=b"[]"), "unreadable data"),
    changed("a name twice", lambda record: record.edited('{"kind"', '{"kind":"complaint","kind"'), "unreadable data"),
    changed("a number that is none", lambda record: record.edited('{"kind"', '{"n":NaN,"kind"'), "unreadable data"),
    changed(
        "a number too large for a float",
        lambda record: record.edited('{"kind"', '{"n":1e999,"kind"'),
        "unreadable data",
    ),
    once("an empty batch", lambda author: _batch(author)._replace(value=b"[]"), "unreadable data"),
    once("a batch that is one object", lambda author: _batch(author)._replace(value=b"{}"), "unreadable data"),
    once(
        "a batch with attributes in headers",
        lambda author: _batch(author).header("ce_source", DESK),
        "unreadable source",
    ),
    once(
        "a batch with the same id twice",
        lambda author: author.record(
            author.event(opening()), author.event(routed(), id=UUID(int=(author.index << 16) + 1))
        ),
        "unreadable id",
    ),
    once(
        "a batch of two appeals",
        lambda author: author.record(author.event(opening()), author.event(routed(), subject=OTHER)),
        "unreadable subject",
    ),
    once(
        "a batch of two sources",
        lambda author: author.record(author.event(opening(), CHANNEL), author.event(routed(), DESK)),
        "unreadable source",
    ),
    once(
        "a signature without a key",
        lambda author: author.record(*KEY.sign("kg", [author.event(opening(), SIGNING_DESK)])).without(
            "ce_publisherkey"
        ),
        "unreadable publisherkey",
    ),
    once(
        "a signed time with fewer digits",
        lambda author: author.record(*KEY.sign("kg", [author.event(opening(), SIGNING_DESK)])).header(
            "ce_time", "2026-03-31T06:00:00Z"
        ),
        "unreadable time",
    ),
)


def _batch(author: Author) -> InboxRecord:
    return author.record(author.event(opening()), author.event(routed()))


MISPLACED = (
    changed("the key is another number", lambda record: record._replace(key=OTHER.encode()), "misplaced key"),
    changed("no key", lambda record: record._replace(key=None), "misplaced key"),
    changed(
        "another partition", lambda record: record._replace(partition=_other_partition(record)), "misplaced partition"
    ),
)


def _other_partition(record: InboxRecord) -> int:
    return (partition_of(record.key or b"") + 1) % 16


REPEATED = (
    history("a retry", lambda author: [_again(author)], "duplicate id"),
    history(
        "a retry, sealed again",
        lambda author: [author.propose(opening(), CHANNEL, id=_first(author))],
        "duplicate sealed",
    ),
    history(
        "the id with other content",
        lambda author: [author.propose(opening(topic="land"), CHANNEL, id=_first(author))],
        "reused id",
    ),
    history(
        "the id with another time",
        lambda author: [_again(author).header("ce_time", "2026-03-31T06:00:00.000001Z")],
        "reused id",
    ),
)


def _first(author: Author) -> UUID:
    return UUID(int=(author.index << 16) + 1)


def _again(author: Author) -> InboxRecord:
    """The first record once more, byte for byte."""
    return opened(Author(author.index))
