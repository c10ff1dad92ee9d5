"""A submission becomes one event: derived, sealed, and fit for the register."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natija_chassis.realm.directory import Directory
from natija_chassis.realm.publishers import Publishers
from natija_events.encryption import Sealer
from natija_events.ids import appeal_number, is_appeal_number
from natija_events.kafka import partition_of
from natija_events.schema.registry import models_of
from natija_events.types import intake, routing
from natija_events.types.base import EventData
from natija_events.types.intake import Registered
from natija_events.wire.envelope import Event, Proposal, write_proposal
from natija_events.wire.rejection import Rejection
from natija_intake.appeals.submission import SOURCE, Submission, data_of, number_of, opening, unknown_ids
from natija_intake.registrar import admission
from natija_intake.registrar.admission import examine_new
from natija_intake.sealing import field_shapes

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
NOW = datetime(2026, 3, 31, 8, 5, 9, tzinfo=UTC)


def submissions() -> st.SearchStrategy[Submission]:
    """Whatever the schema of a submission lets be sent."""
    schema = Submission.model_json_schema()
    complained = {"complaint_of": st.integers(0, 2**64 - 1).map(lambda bits: appeal_number("kg", bits))}
    return _values(schema, schema["$defs"], complained).map(Submission.model_validate)


def _values(
    schema: dict[str, Any], parts: dict[str, Any], given: Mapping[str, st.SearchStrategy[Any]] = {}
) -> st.SearchStrategy[Any]:
    match schema:
        case {"$ref": where}:
            return _values(parts[where.rpartition("/")[2]], parts)
        case {"anyOf": several}:
            return st.one_of([_values(one, parts) for one in several])
        case {"enum": known}:
            return st.sampled_from(known)
        case {"properties": fields}:
            values = {name: given[name] if name in given else _values(field, parts) for name, field in fields.items()}
            required = {name: values.pop(name) for name in schema.get("required", ())}
            return st.fixed_dictionaries(required, optional=values)
        case {"pattern": pattern}:
            return st.from_regex(pattern, fullmatch=True)
        case {"format": "date"}:
            return st.dates().map(str)
        case {"type": "string", "maxLength": most}:
            return st.text(min_size=1, max_size=most).filter(str.strip)
        case {"type": "integer", "minimum": least, "maximum": most}:
            return st.integers(least, most)
    return st.booleans() if schema["type"] == "boolean" else st.none()


def number(sent: dict[str, Any] = SENT, realm: str = "kg", key: str = "k", secret: bytes = b"s") -> str:
    return number_of(Submission.model_validate(sent), realm, key, secret)


def event(submission: Submission | None = None) -> Event:
    submission = submission or Submission.model_validate(SENT)
    data = data_of(submission, number(), NOW, jurisdiction="KG", sealer=Sealer(b"k" * 32))
    return opening(data, number(), traceparent=None)


def test_the_number_follows_from_realm_key_body_and_secret_and_nothing_else() -> None:
    assert is_appeal_number(number())
    reordered = dict(reversed(SENT.items()))
    assert number(reordered) == number()
    others = {
        number(SENT | {"text": "The bridge."}), number(realm="kz"), number(key="l"), number(secret=b"t"), number(),
    }  # fmt: skip
    assert len(others) == 5


def admitted(event: Event, publishers: Publishers) -> EventData | Rejection:
    """What the registrar makes of it: the data it admits, or the rejection."""
    key, value, headers = write_proposal([event])
    record = admission.PolledRecord(partition_of(key), 0, key, value, headers, timedelta(0))
    proposal = admission.read(record)
    assert isinstance(proposal, Proposal)
    result = admission.admit(proposal, record, admission.AdmissionState(), publishers, NOW)
    return result if isinstance(result, Rejection) else result.data[0]


CHANNEL = Publishers(publishers={SOURCE: frozenset({"channel"})})


def test_the_event_passes_the_registrars_own_checks() -> None:
    data = admitted(event(), CHANNEL)
    assert isinstance(data, Registered)
    assert (data.kind, data.region, data.received, data.jurisdiction) == ("complaint", "chuy", NOW, "KG")


@given(submissions())
def test_what_the_door_takes_the_registrar_admits_as_the_door_has_read_it(submission: Submission) -> None:
    data = data_of(submission, number(), NOW, jurisdiction="KG", sealer=Sealer(b"k" * 32))
    assert admitted(opening(data, number(), traceparent=None), CHANNEL) == data


@pytest.mark.parametrize("roles", [{}, {SOURCE: frozenset({"clock"})}])
def test_what_the_registrar_would_forbid_is_not_even_proposed(roles: dict[str, frozenset[str]]) -> None:
    publishers = Publishers(publishers=roles)
    data = data_of(Submission.model_validate(SENT), number(), NOW, jurisdiction="KG", sealer=Sealer(b"k" * 32))
    rejection = examine_new(event(), data, publishers, NOW)
    assert rejection is not None
    assert rejection == admitted(event(), publishers)
    assert rejection.reason == "forbidden"


def test_no_personal_field_stands_in_the_open() -> None:
    personal = ("Asanova", "2123", "1980", "0555", "a@b.kg", "Kant", "Lenin", "Bakirov", "warrant", "washed")
    assert not [word for word in personal if word.encode() in event().data]
    assert event().data.count(b'"ct":') == len(personal)


def test_an_id_that_the_directory_does_not_know_is_a_stranger_and_one_without_such_a_section_knows_none() -> None:
    submission = Submission.model_validate(SENT | {"topic": "roads"})
    directory = Directory.model_validate({"channels": {"electronic": {}}, "regions": {"naryn": {}}})
    assert list(unknown_ids(submission, directory)) == [("region", "regions")]
    assert list(unknown_ids(submission, Directory())) == []


def test_every_field_of_the_contract_has_a_shape() -> None:
    found = field_shapes(Registered)
    assert (found["text"].kind, found["received"].kind, found["attachments"].kind) == ("sealed", "instant", "list")
    assert (found["applicant"].kind, found["applicant"].part) == ("part", intake.Applicant)
    assert field_shapes(routing.Forwarded)["due"].kind == "instant"
    assert field_shapes(routing.Answered)["law"].kind == "list"
    for module in (intake, routing):
        for model in models_of(module):
            assert set(field_shapes(model)) == set(model.model_fields)
