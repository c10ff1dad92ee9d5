"""The form of an appeal: what is typed, what is wrong with it, and the submission that it becomes."""

from urllib.parse import urlencode

import pytest
from pydantic import ValidationError

from natija_events.wire.rejection import Rejection
from natija_intake.pages.form import MOST_CHARACTERS, AppealForm, NotTheForm, errors_of

KEY = "2f1c7a52-8a0e-4c53-9d6d-5a1f0e7c9b34"
FAMILY = "👨‍👩‍👧"
"""One character for people, five code points, eight units of UTF-16."""


def typed(**fields: str) -> AppealForm:
    given = {"kind": "complaint", "text": "Жол оңдолсун", "name": "Айгүл", "language": "ky", "key": KEY, **fields}
    return AppealForm.read(urlencode(given).encode())


def errors(form: AppealForm) -> dict[str, str]:
    return {error["field"]: error["rule"] for error in form.errors}


def test_form_becomes_a_submission() -> None:
    """Empty fields are not sent: nobody is said to have no phone."""
    found = typed(addressee="ministry-health", address="Ош, Ленин 1").submission()
    assert (found.kind, found.channel, found.addressee, found.text) == (
        "complaint", "electronic", "ministry-health", "Жол оңдолсун"
    )  # fmt: skip
    assert found.applicant is not None
    assert found.applicant.address is not None
    assert (found.applicant.name, found.applicant.phone) == ("Айгүл", None)
    assert found.topic is None


@pytest.mark.parametrize("letter", ["ң", FAMILY, "е\u0301", "\r\n."[-1]])
def test_text_counts_as_people_count(letter: str) -> None:
    assert errors(typed(text=letter * MOST_CHARACTERS)) == {}
    assert errors(typed(text=letter * (MOST_CHARACTERS + 1))) == {"text": "too_long"}


def test_line_ends_count_once() -> None:
    """A browser sends two characters for each."""
    assert typed(text="а\r\nб").text == "а\nб"
    assert typed(text="а\r\nб").length == 3


def test_empty_fields_are_told() -> None:
    assert errors(typed(text=" \r\n", name=" ")) == {"text": "missing", "name": "missing"}
    assert errors(typed(kind="order")) == {"kind": "unknown"}
    assert errors(typed(phone="1" * 301, address="x" * 301)) == {"phone": "too_long", "address": "too_long"}


@pytest.mark.parametrize("body", [b"", b"text=%ff", b"x=1", b"text=a", f"key={KEY}&x=1".encode(), b"key=1"])
def test_other_bodies_are_refused(body: bytes) -> None:
    with pytest.raises(NotTheForm):
        AppealForm.read(body)


def test_refusals_stand_at_their_fields() -> None:
    """A word that no list offers, sent by a program; a field that the page does not have stands at the text."""
    with pytest.raises(ValidationError) as refused:
        typed(topic="Ҳ" * 300).submission()
    assert [error["field"] for error in errors_of(refused.value)] == ["topic"]
    elsewhere = Rejection("invalid", "data.jurisdiction", "is not one of this realm")
    assert [error["field"] for error in errors_of(elsewhere)] == ["text"]
