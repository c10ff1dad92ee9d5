"""The tables of CONTRACT.md that the code decides: topics, attributes, limits, and the life cycle."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from natija_events import limits
from natija_events.lifecycle.markdown import markdown as life_cycle
from natija_events.schema.registry import REGISTRY
from natija_events.terms.facts import name_of
from natija_events.topics import TOPICS, KafkaTopic
from natija_events.types.clear_form import personal_fields
from natija_events.types.sealed import sealed_fields


class Attribute(NamedTuple):
    """An attribute of an event: *need* says when a proposal has it. *example* is a value of it."""

    name: str
    need: str
    form: str
    example: str


_UUID = "0e0c6a51-6a0e-4f0e-8a51-0a1b2c3d4e5f"

ATTRIBUTES = (
    Attribute("specversion", "always", "`1.0`", "1.0"),
    Attribute("id", "always", "a UUID in lower case, unique for the appeal and source", _UUID),
    Attribute("source", "always", "the publisher, as the reference data list it", "/registers/osh"),
    Attribute("type", "always", "a type of the life cycle", "appeal.registered.v1"),
    Attribute("subject", "always", "the number of the appeal", "KG-7K3M-9QX4-T2R8-MA"),
    Attribute("time", "always", "the instant of the event: RFC 3339 with a zone", "2026-03-04T12:00:00.000000Z"),
    Attribute("dataschema", "optional", "`urn:natija:` and the type", "urn:natija:appeal.registered.v1"),
    Attribute("expectedsequence", "if *required* in the life cycle", "a whole number", "4"),
    Attribute("causationid", "optional", "`source#id` of the event that caused it", f"/services/intake#{_UUID}"),
    Attribute("correlationid", "optional", "a text of your own", "case-7"),
    Attribute("traceparent", "optional", "W3C Trace Context", f"00-{'0af7651916cd43dd' * 2}-b7ad6b7169203331-01"),
    Attribute("publisherkey", "signed", "the id of the public key", "ed25519:Vkdap1RjR0wChd9dvyvKtz"),
    Attribute("signature", "signed", "Ed25519 in base64url, 86 characters", "Kjzy9YqZiIFq…"),
    Attribute(
        "wrappedkey", "with sealed values", "the proposal's key, wrapped for the realm", "x25519:oCiYEAMu….eaYx….AAEC…"
    ),
)
"""The attributes that a publisher sets."""

STAMPED = (
    Attribute("sequence", "log", "counts the events of the appeal, from 1, in ten digits", "0000000002"),
    Attribute("logsequence", "log", "counts the records of the partition, from 1", "12"),
    Attribute("recordedtime", "log", "the instant at which it was registered", "2026-03-04T12:00:00.250000Z"),
    Attribute("inboxoffset", "log", "the offset of its proposal on the inbox", "40"),
    Attribute("referenceversion", "log", "the version of the reference data that decided", "7"),
    Attribute("previoushash", "log", "the hash of the record before it", "sha256-1:5f70bf18a0860070…"),
)
"""The attributes that the registrar adds."""


def _topics() -> str:
    rows = (
        (f"`<realm>.appeals.{one.purpose}`", one.writer, one.key, str(one.partitions), _kept(one)) for one in TOPICS
    )
    return _table(("topic", "written by", "key", "partitions", "kept"), rows)


def _kept(topic: KafkaTopic) -> str:
    if topic.compacted:
        return "the last record of each key"
    return "forever" if topic.retention is None else f"{topic.retention.days} days"


def _attributes(attributes: Sequence[Attribute], need: str) -> str:
    rows = ((f"`{one.name}`", one.need, one.form, f"`{one.example}`") for one in attributes)
    return _table(("attribute", need, "form", "example"), rows)


def _limits() -> str:
    rows = (
        ("a proposal: key, headers and value, uncompressed", f"{limits.PROPOSAL_BYTES:,} bytes"),
        ("events of a proposal", f"{limits.PROPOSAL_EVENTS}"),
        ("a batch of records on the inbox, compressed", f"{limits.INBOX_BYTES:,} bytes"),
        ("a time", f"from {limits.EARLIEST:%Y-%m-%d} to before {limits.LATEST:%Y-%m-%d}"),
    )
    return _table(("limit", "value"), rows)


def _clear_form() -> str:
    """Each personal field as it is sent in clear, the sealed value that holds it, and the types that have it."""
    types: dict[tuple[str, str], list[str]] = {}
    for type, model in REGISTRY.models.items():
        if sealed_fields(model):
            for clear, place in personal_fields(model).items():
                types.setdefault((clear, f"{place.field}: {place.path}"), []).append(type)
    rows = (
        (f"`{clear}`", f"`{sealed}`", ", ".join(f"`{name_of(one)}`" for one in found))
        for (clear, sealed), found in types.items()
    )
    return _table(("in clear", "sealed in", "types"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


TABLES: Mapping[str, Callable[[], str]] = {
    "topics": _topics,
    "attributes": lambda: _attributes(ATTRIBUTES, "when"),
    "stamps": lambda: _attributes(STAMPED, "where"),
    "limits": _limits,
    "clear form": _clear_form,
    "life cycle": life_cycle,
}
"""The tables by the name in the comments around them: ``<!-- topics -->`` before, ``<!-- /topics -->`` after."""


def with_tables(page: str) -> str:
    """*page* with the present tables between their comments. Raises ValueError for a table that the page lacks."""
    for name, table in TABLES.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, _, rest = page.partition(begin)
        _old, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"the page has no place for the table of {name}")
        page = f"{before}{begin}\n{table()}\n\n{end}{after}"
    return page
