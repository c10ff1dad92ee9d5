"""A submission becomes one event that the registrar admits, with number derived and personal fields sealed."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from tests.sealing import KEYS, opened
from tests.unit.intake.realm import CONTEXT, NEWEST, NOW, OLDER, REFERENCE, REQUEST

from natija_events.ids import appeal_number
from natija_events.kafka import partition_of
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import PublisherEntry
from natija_events.schema.registry import models_of
from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData
from natija_events.types.clear_form import personal_fields
from natija_events.types.intake import Registered
from natija_events.types.sealed import SealedWrong, sealed_fields, sealed_values
from natija_events.wire.envelope import Event
from natija_events.wire.proposal import write_proposal
from natija_events.wire.rejection import Rejection
from natija_intake.appeals.submission import (
    SOURCE,
    OpeningEvent,
    Submission,
    SubmittedAddress,
    SubmittedApplicant,
    SubmittedCoordinates,
    SubmittedRepresentative,
)
from natija_intake.imports.field_shapes import field_shapes
from natija_intake.registrar import admission
from natija_intake.registrar.admission import examine_new

SENT: dict[str, Any] = {
    "kind": "complaint",
    "channel": "electronic",
    "region": "chuy",
    "applicant": {
        "name": "Asanova", "id_number": "2123", "birth_date": "1980-02-29", "phone": "0555", "email": "a@b.kg",
        "address": {"settlement": "Kant", "address_text": "Lenin 12"},
    },
    "representative": {"name": "Bakirov", "proof": "warrant"},
    "text": "It washed away.",
}  # fmt: skip


NAMED = {
    "channel": "channels", "region": "regions", "district": "districts", "topic": "topics", "addressee": "bodies",
    "complained_of": "bodies", "referral_from": "bodies", "social_group": "social_groups",
}  # fmt: skip
"""Fields that name a thing of reference data, and where it stands there."""


def submissions() -> st.SearchStrategy[Submission]:
    """Every submission that its JSON Schema allows and that names things of the realm."""
    schema = Submission.model_json_schema()
    given: dict[str, st.SearchStrategy[Any]] = {
        "complaint_of": st.integers(0, 2**64 - 1).map(lambda bits: appeal_number("kg", bits))
    }
    given |= {name: st.sampled_from(sorted(getattr(REFERENCE, section))) for name, section in NAMED.items()}
    given["country_type"] = st.none()
    valid = _values(schema, schema["$defs"], given).map(Submission.model_validate)
    return valid.filter(lambda one: len(one.model_dump_json().encode()) < 2_048)


def _values(
    schema: dict[str, Any], parts: dict[str, Any], given: Mapping[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[Any]:
    match schema:
        case {"$ref": where}:
            return _values(parts[where.rpartition("/")[2]], parts, given)
        case {"anyOf": several}:
            return st.one_of([_values(one, parts, given) for one in several])
        case {"enum": known}:
            return st.sampled_from(known)
        case {"properties": fields}:
            values = {
                name: given[name] if name in given else _values(field, parts, given) for name, field in fields.items()
            }
            required = {name: values.pop(name) for name in schema.get("required", ())}
            return st.fixed_dictionaries(required, optional=values)
        case {"pattern": pattern}:
            return st.from_regex(pattern, fullmatch=True)
        case {"format": "date"}:
            return st.dates().map(str)
        case {"type": "string", "maxLength": most}:
            return st.text(min_size=1, max_size=most).filter(str.strip)
        case {"type": "number", "minimum": least, "maximum": most}:
            return st.floats(least, most)
        case {"type": "integer", "minimum": least, "maximum": most}:
            return st.integers(least, most)
    return st.booleans() if schema["type"] == "boolean" else st.none()


def opening(sent: dict[str, Any] = SENT, secret: bytes = NEWEST, **changes: Any) -> OpeningEvent:
    return Submission.model_validate(sent).to_event(replace(CONTEXT, **changes), REQUEST, secret, None)


def admitted(event: Event, reference: ReferenceData = REFERENCE) -> EventData | Rejection:
    """The registrar's answer: the data it admits, or the rejection."""
    key, value, headers = write_proposal([event])
    record = admission.PolledRecord(partition_of(key), 0, key, value, headers, timedelta(0))
    proposal = admission.read(record)
    assert not isinstance(proposal, Rejection)
    result = admission.admit(proposal, record, admission.AdmissionState(), reference, KEYS.realm, "kg", NOW)
    return result if isinstance(result, Rejection) else result.data[0]


class TestId:
    def test_same_submission_is_same_event(self) -> None:
        """In any order of its fields, and also when it names a default."""
        sent = opening().event
        for same in (dict(reversed(SENT.items())), SENT | {"form": "electronic"}):
            assert (opening(same).event.subject, opening(same).event.id) == (sent.subject, sent.id)

    def test_text_changes_only_the_event(self) -> None:
        sent, other = opening().event, opening(SENT | {"text": "The bridge."}).event
        assert other.subject == sent.subject
        assert other.id != sent.id

    def test_rotation_changes_only_the_event(self) -> None:
        sent, later = opening().event, opening(secret=OLDER).event
        assert later.subject == sent.subject
        assert later.id != sent.id


class TestEvent:
    def test_registrar_admits_the_event(self) -> None:
        data = admitted(opening().event)
        assert isinstance(data, Registered)
        assert (data.kind, data.region, data.received, data.jurisdiction) == ("complaint", "chuy", NOW, "KG")

    @given(submissions())
    def test_any_valid_submission_is_admitted(self, submission: Submission) -> None:
        """The registrar reads the same data as the intake API made."""
        event, data = submission.to_event(CONTEXT, REQUEST, NEWEST, None)
        assert admitted(event) == data

    @pytest.mark.parametrize("publishers", [{}, {SOURCE: PublisherEntry(roles=frozenset({"clock"}), unsigned=True)}])
    def test_forbidden_event_is_not_proposed(self, publishers: dict[str, PublisherEntry]) -> None:
        """The check before the proposal gives the registrar's own reason."""
        reference, (event, data) = ReferenceData(publishers=publishers), opening()
        rejection = examine_new(event, data, reference, NOW)
        assert rejection is not None
        assert rejection == admitted(event, reference)
        assert rejection.reason == "forbidden"

    def test_personal_fields_are_sealed(self) -> None:
        personal = ("Asanova", "2123", "1980", "0555", "a@b.kg", "Kant", "Lenin", "Bakirov", "warrant", "washed")
        data = opening().event.data
        assert not [word for word in personal if word.encode() in data]
        assert data.count(b'"ct":') == 2
        found = opened(opening().event)
        assert found["person"].model_dump(exclude_none=True) == {
            "name": "Asanova", "id_number": "2123", "birth_date": "1980-02-29", "phone": "0555", "email": "a@b.kg",
            "settlement": "Kant", "address_text": "Lenin 12",
            "representative": {"name": "Bakirov", "proof": "warrant"},
        }  # fmt: skip
        assert found["content"].text == "It washed away."

    def test_fields_that_are_filled_do_not_show(self) -> None:
        """The event says as much of a person with a name only as of one with all fields."""
        least, most = opening({"channel": "electronic", "text": "x", "applicant": {"name": "A"}}), opening()
        assert [len(value.ct) for value in sealed_values(least.data).values()] == [
            len(value.ct) for value in sealed_values(most.data).values()
        ]
        assert least.data.applicant == most.data.applicant

    def test_too_much_personal_data_is_refused(self) -> None:
        long = dict.fromkeys(("name", "id_number", "phone", "email"), "Ө" * 300)
        with pytest.raises(SealedWrong, match="person: is longer than 2,048 bytes"):
            opening(SENT | {"applicant": long})


@pytest.mark.parametrize(
    ("change", "field", "kind"),
    [
        ({"channel": "ivan-petrov-996555123456"}, "channel", "channel"),
        ({"region": "moon"}, "region", "region"),
        ({"district": "ivan-petrov-996555123456"}, "district", "district"),
        ({"topic": "moon"}, "topic", "topic"),
        ({"addressee": "moon"}, "addressee", "body"),
        ({"complained_of": "moon"}, "complained_of", "body"),
        ({"referral_from": "ivan-petrov"}, "referral_from", "body"),
        ({"country_type": "notary-request"}, "country_type", "country type"),
        ({"applicant": {"social_group": "ivan-petrov-pass-an1234567"}}, "applicant.social_group", "social group"),
        ({"applicant": {"address": {"region": "ivan-petrov"}}}, "applicant.address.region", "region"),
        ({"applicant": {"address": {"district": "ivan-petrov"}}}, "applicant.address.district", "district"),
    ],
)
def test_unknown_code_is_not_proposed(change: dict[str, Any], field: str, kind: str) -> None:
    """A submission names things of the realm only, by the same rule as on the inbox."""
    event, data = opening(SENT | change)
    rejection = examine_new(event, data, REFERENCE, NOW)
    assert rejection == Rejection("invalid", field, f"is not a {kind} of the realm's reference data")
    assert rejection == admitted(event)


DERIVED = {
    "received", "jurisdiction", "signature", "attachments", "parent", "part", "register_name", "external_id",
    "applicant.id", "taker", "place", "referral_number", "referral_date",
}  # fmt: skip
"""Fields of the contract that a client does not send."""
OBJECTS: Mapping[str, type[BaseModel]] = {
    "applicant": SubmittedApplicant,
    "applicant.address": SubmittedAddress,
    "representative": SubmittedRepresentative,
    "coordinates": SubmittedCoordinates,
}


def sent_fields(model: type[BaseModel] = Submission, at: str = "") -> Iterator[tuple[str, Any]]:
    """The dotted path and the schema of each field that a client may send."""
    for name, schema in model.model_json_schema()["properties"].items():
        if inner := OBJECTS.get(at + name):
            yield from sent_fields(inner, f"{at}{name}.")
        else:
            yield at + name, schema


def contract_fields(model: type[BaseModel] = Registered, at: str = "") -> Iterator[str]:
    """The dotted path of each field of the contract that is not sealed."""
    for name, (kind, inner) in field_shapes(model).items():
        if kind == "object" and inner is not None:
            yield from contract_fields(inner, f"{at}{name}.")
        else:
            yield at + name


def test_submission_is_the_clear_form() -> None:
    """A client sends the fields of the contract, and free text exactly where the contract seals."""
    personal = personal_fields(Registered)
    assert {path for path, _ in sent_fields()} == {*contract_fields(), *personal} - DERIVED
    for path, schema in sent_fields():
        free_text = any(word in str(schema) for word in ("'maxLength'", "'date'", "'number'"))
        assert free_text == (path in personal), path


def test_every_field_has_a_shape() -> None:
    found = field_shapes(Registered)
    assert (found["kind"].kind, found["received"].kind, found["attachments"].kind) == ("plain", "instant", "list")
    assert (found["applicant"].kind, found["applicant"].model) == ("object", intake.Applicant)
    assert field_shapes(deadlines.TermExtended)["due"].kind == "instant"
    assert field_shapes(routing.Answered)["law"].kind == "list"
    for module in (intake, routing):
        for model in models_of(module):
            assert {*field_shapes(model), *sealed_fields(model)} == set(model.model_fields)
