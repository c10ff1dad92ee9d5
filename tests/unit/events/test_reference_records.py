"""Records of reference data: read as they were written, and refused by field and rule when they are wrong."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from natija_events.reference import schema
from natija_events.reference.entries import (
    ENTRIES,
    BodyEntry,
    CalendarBindingEntry,
    ChannelEntry,
    CountryTypeEntry,
    DelegationEntry,
    DistrictEntry,
    Entry,
    HeldPost,
    JurisdictionEntry,
    OfficialEntry,
    PostEntry,
    PublisherEntry,
    PublisherKey,
    RealmEntry,
    RegionEntry,
    SocialGroupEntry,
    TopicEntry,
)
from natija_events.reference.records import ReferenceRecord, read_record, write_record
from natija_events.wire.values import Unreadable

NOW = datetime(2026, 3, 2, 9, 0, 0, 5, tzinfo=UTC)
NAMES = {"ky": "Жол", "ru": "Дорога"}
KEY = PublisherKey(public_key="A" * 43, valid_from=NOW, valid_to=None)
EXAMPLES: dict[str, Entry] = {
    "realm": RealmEntry(zone="Asia/Bishkek", languages=("ky", "ru")),
    "mayor-osh": BodyEntry(names=NAMES, position=3, body_class="local", superior="gov", region="osh"),
    "osh": RegionEntry(names=NAMES, districts={"alay": DistrictEntry(names=NAMES)}),
    "roads": TopicEntry(names=NAMES, position=1),
    "post": ChannelEntry(names=NAMES),
    "pensioner": SocialGroupEntry(names=NAMES),
    "KZ/notary-request": CountryTypeEntry(names=NAMES, kinds=frozenset({"request", "application"})),
    "KG": JurisdictionEntry(names=NAMES, first_policy="kg-law-67/1", policies_from=date(2007, 5, 4)),
    "KZ": CalendarBindingEntry(calendar="KZ"),
    "region/west-kazakhstan": CalendarBindingEntry(calendar="KZ-ORAL"),
    "body/akimat-oral": CalendarBindingEntry(calendar="KZ-ORAL"),
    "/services/intake": PublisherEntry(roles=frozenset({"channel", "desk"}), keys=(KEY,), principal="kg.intake"),
    "mayor-osh/desk-1": PostEntry(names=NAMES, roles=frozenset({"registrar", "executor"})),
    "a" * 64: OfficialEntry(
        posts=(HeldPost(post="mayor-osh/desk-1", valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31)),)
    ),
    "leave-1": DelegationEntry(
        post="mayor-osh/desk-1",
        given_by="a" * 64,
        given_to="b" * 64,
        valid_from=date(2026, 7, 1),
        valid_to=date(2026, 7, 31),
    ),
}
DELEGATION = {
    "post": "a/b", "given_by": "a" * 64, "given_to": "b" * 64, "valid_from": "2026-07-01", "valid_to": "2026-07-31",
}  # fmt: skip
GOOD = {"kind": "topic", "id": "roads", "revision": 1, "valid_from": "2026-03-02T09:00:00Z", "entry": {"position": 1}}


def record(id: str, entry: Entry) -> ReferenceRecord:
    return ReferenceRecord(entry.kind, id, 1, NOW, entry)


def test_examples_have_every_kind() -> None:
    assert {entry.kind for entry in EXAMPLES.values()} == set(ENTRIES)


@pytest.mark.parametrize(("id", "entry"), EXAMPLES.items())
def test_record_is_read_as_written(id: str, entry: Entry) -> None:
    written = write_record(record(id, entry))
    assert read_record(*written) == record(id, entry)
    assert write_record(read_record(*written)) == written


def test_end_of_entry_is_null() -> None:
    ended = ReferenceRecord("topic", "roads", 2, NOW, None)
    key, value = write_record(ended)
    assert key == b"topic/roads"
    assert json.loads(value) == {
        "kind": "topic", "id": "roads", "revision": 2, "valid_from": "2026-03-02T09:00:00.000005Z", "entry": None,
    }  # fmt: skip
    assert read_record(key, value) == ended


def test_sets_are_written_in_order() -> None:
    """The same revision gives the same bytes in every process."""
    _, value = write_record(record("/services/intake", EXAMPLES["/services/intake"]))
    assert json.loads(value)["entry"]["roles"] == ["channel", "desk"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "person"}, "kind"),
        ({"id": "Roads"}, "id"),
        ({"id": 7}, "id"),
        ({"revision": 0}, "revision"),
        ({"revision": "1"}, "revision"),
        ({"revision": True}, "revision"),
        ({"valid_from": "2026-03-02"}, "valid_from"),
        ({"valid_from": "1800-03-02T09:00:00Z"}, "valid_from"),
        ({"entry": {"colour": "red"}}, "data"),
        ({"entry": {"position": "1"}}, "position"),
        ({"entry": {"position": -1}}, "position"),
        ({"entry": {"names": {"ky": "\u202eabc"}}}, "names.ky"),
        ({"entry": {"names": {"ky": "a\nb"}}}, "names.ky"),
        ({"entry": []}, "entry"),
        ({"kind": "body", "entry": {"body_class": "local"}}, "data"),
        ({"kind": "publisher", "id": "/a/*", "entry": {"roles": ["desk"], "keys": [], "vouched": True}}, "id"),
        ({"kind": "publisher", "id": "/a", "entry": {"roles": ["desk"]}}, "data"),
        ({"kind": "post", "id": "desk-1", "entry": {"roles": ["executor"]}}, "id"),
        ({"kind": "post", "id": "a/" + "b" * 63, "entry": {"roles": ["executor"]}}, "id"),
        ({"kind": "post", "id": "a/b", "entry": {"roles": ["king"]}}, "roles.0"),
        ({"kind": "post", "id": "a/b", "entry": {"roles": []}}, "roles"),
        ({"kind": "official", "id": "aida", "entry": {"posts": []}}, "id"),
        ({"kind": "official", "id": "a" * 64, "entry": {"posts": [], "names": {"ky": "Аида"}}}, "data"),
        ({"kind": "delegation", "entry": DELEGATION | {"given_to": "a" * 64}}, "data"),
        ({"kind": "delegation", "entry": DELEGATION | {"valid_to": "2026-06-30"}}, "data"),
        ({"note": 1}, "data"),
    ],
)
def test_wrong_record_names_its_field(changes: dict[str, Any], field: str) -> None:
    given = GOOD | changes
    with pytest.raises(Unreadable) as caught:
        read_record(f"{given['kind']}/{given['id']}".encode(), json.dumps(given).encode())
    assert caught.value.field == field


@pytest.mark.parametrize("value", [None, b"", b"[]", b"{", b'{"kind": "topic", "kind": "body"}', b"\xff", b"1e999"])
def test_other_bytes_are_unreadable(value: bytes | None) -> None:
    with pytest.raises(Unreadable):
        read_record(b"topic/roads", value)


@pytest.mark.parametrize("key", [None, b"", b"topic/land", b"\xff"])
def test_key_is_that_of_entry(key: bytes | None) -> None:
    value = json.dumps(GOOD).encode()
    assert read_record(b"topic/roads", value).id == "roads"
    with pytest.raises(Unreadable) as caught:
        read_record(key, value)
    assert caught.value.field == "key"


def test_schema_is_that_of_models() -> None:
    assert schema.FILE.read_text(encoding="utf-8") == schema.text(), "run python -m natija_events.reference.schema"


def test_schema_accepts_what_is_written() -> None:
    validator = Draft202012Validator(schema.record_schema(), format_checker=FormatChecker())
    Draft202012Validator.check_schema(schema.record_schema())
    for id, entry in EXAMPLES.items():
        validator.validate(json.loads(write_record(record(id, entry))[1]))
        validator.validate(json.loads(write_record(record(id, entry)._replace(entry=None))[1]))


@pytest.mark.parametrize(
    "changes", [{"kind": "person"}, {"id": "Roads"}, {"revision": 0}, {"note": 1}, {"entry": {"colour": "red"}}]
)
def test_schema_refuses_wrong_record(changes: dict[str, Any]) -> None:
    validator = Draft202012Validator(schema.record_schema())
    assert validator.is_valid(GOOD)
    assert not validator.is_valid(GOOD | changes)


def test_schema_describes_every_property() -> None:
    for name, definition in schema.record_schema()["$defs"].items():
        for field, property in definition["properties"].items():
            assert property.get("description"), f"{name}.{field}"
