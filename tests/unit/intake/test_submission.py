"""A submission becomes one event: derived, sealed, and fit for the register."""

from datetime import UTC, datetime
from typing import Any

from natija_chassis.directory import Directory
from natija_chassis.publishers import Publishers
from natija_events.catalogue import models_of
from natija_events.envelope import Event, Proposal
from natija_events.ids import is_appeal_number
from natija_events.sealed import Sealer
from natija_events.types import intake, routing
from natija_events.types.intake import Registered
from natija_intake.admission import examine_new
from natija_intake.fields import shapes
from natija_intake.submission import SOURCE, Submission, number_of, opening, strangers

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


def number(sent: dict[str, Any] = SENT, realm: str = "kg", key: str = "k", secret: bytes = b"s") -> str:
    return number_of(Submission.model_validate(sent), realm, key, secret)


def event() -> Event:
    submission = Submission.model_validate(SENT)
    return opening(submission, number(), NOW, jurisdiction="KG", sealer=Sealer(b"k" * 32), traceparent=None)


def test_the_number_follows_from_realm_key_body_and_secret_and_nothing_else() -> None:
    assert is_appeal_number(number())
    reordered = dict(reversed(SENT.items()))
    assert number(reordered) == number()
    others = {
        number(SENT | {"text": "The bridge."}), number(realm="kz"), number(key="l"), number(secret=b"t"), number(),
    }  # fmt: skip
    assert len(others) == 5


def test_the_event_passes_the_registrars_own_checks() -> None:
    publishers = Publishers(publishers={SOURCE: frozenset({"channel"})})
    [data] = examine_new(Proposal((event(),)), publishers, NOW)
    assert isinstance(data, Registered)
    assert (data.kind, data.region, data.received, data.jurisdiction) == ("complaint", "chuy", NOW, "KG")


def test_no_personal_field_stands_in_the_open() -> None:
    personal = ("Asanova", "2123", "1980", "0555", "a@b.kg", "Kant", "Lenin", "Bakirov", "warrant", "washed")
    assert not [word for word in personal if word.encode() in event().data]
    assert event().data.count(b'"ct":') == len(personal)


def test_an_id_that_the_directory_does_not_know_is_a_stranger_and_one_without_such_a_section_knows_none() -> None:
    submission = Submission.model_validate(SENT | {"topic": "roads"})
    directory = Directory.model_validate({"channels": {"electronic": {}}, "regions": {"naryn": {}}})
    assert list(strangers(submission, directory)) == [("region", "regions")]
    assert list(strangers(submission, Directory())) == []


def test_every_field_of_the_contract_has_a_shape() -> None:
    found = shapes(Registered)
    assert (found["text"].kind, found["received"].kind, found["attachments"].kind) == ("sealed", "instant", "list")
    assert (found["applicant"].kind, found["applicant"].part) == ("part", intake.Applicant)
    assert shapes(routing.Forwarded)["due"].kind == "instant"
    assert shapes(routing.Answered)["law"].kind == "list"
    for module in (intake, routing):
        for model in models_of(module):
            assert set(shapes(model)) == set(model.model_fields)
