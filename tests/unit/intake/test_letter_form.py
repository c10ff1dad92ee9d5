"""The form of a letter: what a clerk types, what is wrong with it, and the appeal that it becomes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.unit.intake.appeals.test_submission import admitted
from tests.unit.intake.realm import CONTEXT, NEWEST, NOW, REFERENCE, REQUEST

from natija_chassis.pages.formats import Formats
from natija_chassis.time_zones import time_zone
from natija_events.reference.entries import CountryTypeEntry
from natija_events.types.intake import Registered
from natija_intake.pages.clerk.choices import LetterChoices
from natija_intake.pages.clerk.form import FIELDS, MOST_CHARACTERS, MOST_DAYS_BACK, LastChoice, LetterForm
from natija_intake.pages.form import NotTheForm

KEY = "2f1c7a52-8a0e-4c53-9d6d-5a1f0e7c9b34"
TODAY = date(2026, 3, 31)
LOCAL = time_zone("Asia/Bishkek")


def typed(**fields: str) -> LetterForm:
    given = {"channel": "other", "received": str(TODAY), "text": "Жол оңдолсун", "name": "Айгүл", "key": KEY, **fields}
    return LetterForm.read(given.items())


def errors(form: LetterForm) -> dict[str, str]:
    return {error["field"]: error["rule"] for error in form.errors(TODAY)}


def registered(form: LetterForm) -> Registered:
    """The data that the registrar reads."""
    appeal = form.appeal("ministry-health", "ministry-health/registrar")
    data = admitted(appeal.to_event(CONTEXT, REQUEST, NEWEST, None).event)
    assert isinstance(data, Registered), data
    return data


def test_letter_becomes_an_appeal() -> None:
    """The record says how it came, to whom, under which number, and which post accepted it."""
    data = registered(typed(form="oral", kind="complaint", referral_number="№ 17/4 - А", referral_from="mayor-bishkek"))
    assert (data.channel, data.form, data.kind, data.addressee) == ("other", "oral", "complaint", "ministry-health")
    assert (data.taker, data.referral_number) == ("ministry-health/registrar", "№ 17/4 - А")
    assert data.referral_from == "mayor-bishkek"


def test_day_of_receipt_counts() -> None:
    """Today it is the present instant, and of another day its noon; the act itself is of now."""
    assert registered(typed()).received == NOW
    yesterday = typed(received=str(TODAY - timedelta(days=1)))
    assert registered(yesterday).received == datetime(2026, 3, 30, 12, tzinfo=LOCAL).astimezone(UTC)
    event = yesterday.appeal("ministry-health", "a/b").to_event(CONTEXT, REQUEST, NEWEST, None).event
    assert event.time == NOW


def test_other_day_is_other_letter() -> None:
    """The same key with another day must not pass for the same appeal."""
    first, other = [
        typed(received=str(TODAY - timedelta(days=back))).appeal("ministry-health", "a/b").content() for back in (0, 1)
    ]
    assert first != other


@pytest.mark.parametrize("days", [-1, MOST_DAYS_BACK + 1])
def test_days_beyond_are_refused(days: int) -> None:
    assert errors(typed(received=str(TODAY - timedelta(days=days)))) == {"received": "unknown"}


def test_letter_needs_a_name() -> None:
    """Unless it has none: then it has no address either."""
    assert errors(typed(name=" ")) == {"name": "missing"}
    assert errors(typed(name="", anonymous="yes")) == {}
    assert registered(typed(name="", anonymous="yes")).applicant is None
    assert errors(typed(anonymous="yes")) == {"anonymous": "refused"}


def test_wrong_letter_is_told() -> None:
    assert errors(typed(text=" \r\n", channel="")) == {"text": "missing", "channel": "unknown"}
    assert errors(typed(kind="order", form="video")) == {"kind": "unknown", "form": "unknown"}
    assert errors(typed(text="ң" * (MOST_CHARACTERS + 1), phone="1" * 301)) == {
        "text": "too_long", "phone": "too_long",
    }  # fmt: skip


def test_empty_form_is_of_today() -> None:
    """It begins with the choice of the letter before, and with a key of its own."""
    found = LetterForm.empty(LastChoice("reception", "oral"), "ky", TODAY)
    assert (found.channel, found.form, found.received, found.language) == ("reception", "oral", "2026-03-31", "ky")
    assert found.key != LetterForm.empty(LastChoice(), "ky", TODAY).key


def test_fields_are_those_of_form() -> None:
    assert {*FIELDS, "key", "step"} == set(LetterForm._fields)


@pytest.mark.parametrize("fields", [[], [("text", "a")], [("key", KEY), ("x", "1")], [("key", KEY), ("text", b"file")]])
def test_bodies_of_others_are_refused(fields: list[tuple[str, object]]) -> None:
    with pytest.raises(NotTheForm):
        LetterForm.read(fields)


def test_choices_are_of_the_realm() -> None:
    """Channels in the order of print, and the types that the law has, by their own codes."""
    named = CountryTypeEntry(kinds=frozenset({"request"}), names={"en": "Request of a deputy"})
    types = {"KG/deputy-request": named, "KZ/message": named}
    formats = Formats("en", lambda: "Asia/Bishkek")
    choices = LetterChoices(replace(REFERENCE, country_types=types), formats, str, TODAY, "KG")
    assert [one for one, _ in choices.channels] == ["", *REFERENCE.channels]
    assert choices.country_types == [("deputy-request", "Request of a deputy")]
    assert [one for one, _ in choices.days][:2] == ["2026-03-31", "2026-03-30"]
    assert set(choices.labels) == set(FIELDS)
