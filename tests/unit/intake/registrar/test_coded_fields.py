"""Names in an event, by its publisher: each refusal has a field and a rule."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import BaseModel
from tests.sealing import KEYS, sealed_json
from tests.unit.intake.realm import DESK, HISTORY, NOW, REFERENCE

from natija_events.ids import appeal_number
from natija_events.kafka import partition_of
from natija_events.schema.registry import REGISTRY
from natija_events.types.codes import CODE_PATTERN
from natija_events.wire.envelope import Event
from natija_events.wire.proposal import Proposal, write_proposal
from natija_events.wire.rejection import Rejection
from natija_intake.appeals.submission import SOURCE
from natija_intake.imports.field_shapes import field_shapes
from natija_intake.registrar import admission
from natija_intake.registrar.admission import AdmissionState, PolledRecord
from natija_intake.registrar.checks.coded_fields import coded_fields

REGISTERED = "appeal.registered.v1"
NUMBER = appeal_number("kg", 5)
OPENED = AdmissionState()
LEAST = {"kind": "request", "form": "written", "channel": "other", "received": NOW, "jurisdiction": "KG"}
WORDS = {"channel": "Портал госуслуг", "region": "Back Bay", "jurisdiction": "US-MA-Boston", "topic": "Ямы (дороги)"}


def decide(
    data: dict[str, Any],
    source: str = SOURCE,
    type: str = REGISTERED,
    number: str = NUMBER,
    time: datetime = NOW,
) -> Rejection | None:
    """The registrar's refusal of one event for its data and names; None when they pass."""
    id = uuid4()
    raw, wrapped = sealed_json(source, number, id, type, data)
    key, value, headers = write_proposal([Event(id, source, type, number, time, raw, wrappedkey=wrapped)])
    record = PolledRecord(partition_of(key), 0, key, value, headers, timedelta(0))
    proposal = admission.read(record)
    assert not isinstance(proposal, Rejection)
    result = admission.admit(proposal, record, OPENED, REFERENCE, KEYS.realm, "kg", NOW)
    return result if isinstance(result, Rejection) and result.reason in ("forbidden", "invalid") else None


HOLES: list[tuple[dict[str, Any], str, str]] = [
    ({"region": "Иванов Иван, 0555-12-34-56"}, "region", "is not a region"),
    ({"channel": "+996 555 123456 Иванова А."}, "channel", "not a word"),
    ({"channel": "=HYPERLINK(1)"}, "channel", "not a word"),
    ({"topic": "<script>alert(1)</script>"}, "topic", "not a word"),
    ({"region": "a\u009b31mRED"}, "region", "not a word"),
    ({"region": "\u202eabc"}, "region", "not a word"),
    ({"channel": "other "}, "channel", "not a word"),
    ({"channel": "othe\u0301r"}, "channel", "not in the Unicode form NFC"),
    ({"jurisdiction": "XX"}, "jurisdiction", "is not a jurisdiction"),
    ({"jurisdiction": "Kyrgyzstan"}, "jurisdiction", "is not a jurisdiction"),
    ({"district": "ivan-petrov-996555123456"}, "district", "is not a district"),
    ({"addressee": "ivan-petrov"}, "addressee", "is not a body"),
    ({"complained_of": "ivan-petrov"}, "complained_of", "is not a body"),
    ({"referral_from": "ivan-petrov"}, "referral_from", "is not a body"),
    ({"applicant": {"address": {"region": "x"}}}, "applicant.address.region", "is not a region"),
    ({"applicant": {"address": {"district": "x"}}}, "applicant.address.district", "is not a district"),
    ({"applicant": {"social_group": "Иванов"}}, "applicant.social_group", "is not a social group"),
    ({"applicant": {"social_group": "ivan-petrov"}}, "applicant.social_group", "is not a social group"),
    ({"country_type": "media-request"}, "country_type", "is not a country type"),
    ({"country_type": "deputy-request", "kind": "complaint"}, "country_type", "is not a country type"),
    ({"external_id": "1"}, "external_id", "may be set only by a publisher of histories"),
    ({"received": NOW + timedelta(seconds=1)}, "received", "is after the time of the event"),
    ({"received": NOW.replace(year=2036)}, "received", "is after the time of the event"),
    ({"received": NOW.replace(year=1926)}, "received", "is more than 366 days before"),
    ({"received": NOW - timedelta(days=366, minutes=6)}, "received", "is more than 366 days before"),
    (
        {"attachments": [{"sha256": "ab" * 32, "bytes": 1, "media_type": "Иванов"}]},
        "attachments.0.media_type",
        "pattern",
    ),
    ({"parent": "abc"}, "parent", "pattern"),
]


@pytest.mark.parametrize(("change", "field", "rule"), HOLES)
def test_wrong_name_is_refused(change: dict[str, Any], field: str, rule: str) -> None:
    """The refusal names field and rule, and holds no value."""
    found = decide(LEAST | change)
    assert found is not None
    assert (found.reason, found.field) == ("forbidden" if "may be" in rule else "invalid", field)
    assert rule in found.rule
    assert not re.search("Иванов|petrov|0555|996", found.rule)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"region": "chuy", "district": "kemin", "topic": "roads", "addressee": "ministry-health"},
        {"country_type": "deputy-request"},
        {"received": NOW - timedelta(days=1, minutes=5)},
        {"applicant": {"social_group": "pensioner", "address": {"region": "naryn", "district": "kochkor"}}},
    ],
)
def test_names_of_realm_are_admitted(change: dict[str, Any]) -> None:
    assert decide(LEAST | change) is None


def test_history_brings_its_own_names() -> None:
    """A register has its own words and old dates, but not control marks, and no receipt after the event."""
    words = LEAST | WORDS | {"register_name": "osh", "external_id": "№ 5/1", "received": NOW.replace(year=1926)}
    assert decide(words, HISTORY) is None
    for change in ({"channel": "=1"}, {"region": "\u202ea"}, {"received": NOW + timedelta(seconds=1)}):
        found = decide(words | change, HISTORY)
        assert found is not None
        assert (found.reason, found.field) == ("invalid", *change)


@pytest.mark.parametrize("source", [SOURCE, HISTORY])
def test_number_of_another_realm_is_invalid(source: str) -> None:
    for realm in ("kz", "zz", "kgz"):
        found = decide(LEAST, source, number=appeal_number(realm, 5))
        assert found == Rejection("invalid", "subject", "is the number of another realm")


@pytest.mark.parametrize(
    ("type", "data", "field"),
    [
        ("appeal.topic-assigned.v1", {"topic": "x"}, "topic"),
        ("appeal.routed.v1", {"body": "x"}, "body"),
        ("appeal.routed.v1", {"body": "ministry-health", "co_bodies": ["ministry-health", "x"]}, "co_bodies"),
        ("appeal.routed.v1", {"body": "ministry-health", "executor": "Иванов И."}, "executor"),
        ("appeal.forwarded.v1", {"body": "x"}, "body"),
        ("appeal.answer-delivered.v1", {"channel": "post"}, "channel"),
        ("appeal.court-noted.v1", {"court": "x", "case_number": "1/24"}, "court"),
        ("appeal.answered.v1", {"outcome": "refused", "signer": "Иванов И."}, "signer"),
    ],
)
def test_desk_names_things_of_realm(type: str, data: dict[str, Any], field: str) -> None:
    found = decide(data, DESK, type)
    assert found is not None
    assert (found.reason, found.field) == ("invalid", field)


def test_wrong_name_in_batch_has_place() -> None:
    """In a proposal of several events the field begins with the event's place."""
    events = [
        Event(
            first := uuid4(), SOURCE, REGISTERED, NUMBER, NOW, sealed_json(SOURCE, NUMBER, first, REGISTERED, LEAST)[0]
        ),
        Event(uuid4(), DESK, "appeal.topic-assigned.v1", NUMBER, NOW, b'{"topic":"x"}'),
    ]
    found = admission.examine(Proposal(tuple(events), ()), REFERENCE, NOW, timedelta(0))
    assert isinstance(found, Rejection)
    assert (found.reason, found.field) == ("invalid", "[1].topic")


CODED = {
    "country_type", "channel", "jurisdiction", "referral_from", "addressee", "complained_of", "region", "district",
    "topic", "authority", "body", "co_bodies", "court", "social_group",
}  # fmt: skip


def fields_of(model: type[BaseModel]) -> set[str]:
    """The names of the fields of *model* and of the objects in it."""
    names = set(model.model_fields)
    for shape in field_shapes(model).values():
        names |= fields_of(shape.model) if shape.model else set()
    return names


def test_every_name_is_checked() -> None:
    """A field with such a name is coded in every type, and in the parts of a type."""
    for type, model in REGISTRY.models.items():
        coded = {path.rpartition(".")[2] for path, _ in coded_fields(model)}
        assert coded == CODED & fields_of(model), type


def test_ids_of_reference_data_are_codes() -> None:
    """So a word that is the id of a thing of the realm is a code."""
    for section in ("bodies", "channels", "districts", "jurisdictions", "regions", "social_groups", "topics"):
        for id in getattr(REFERENCE, section):
            assert re.fullmatch(CODE_PATTERN, id)
