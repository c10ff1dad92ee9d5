"""Appeal numbers and event ids: one standard form, a check digit, derivation from parts."""

from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natija_events.ids import (
    ALPHABET,
    appeal_number,
    check_digit,
    derived_appeal_number,
    derived_event_id,
    is_appeal_number,
    new_appeal_number,
    parse_appeal_number,
)

numbers = st.integers(0, 2**64 - 1).map(lambda bits: appeal_number("KG", bits))
digits = st.sampled_from(ALPHABET)


def _digits(number: str) -> str:
    return number.removeprefix("KG-").replace("-", "")


def _number(digits: str) -> str:
    return f"KG-{digits[:4]}-{digits[4:8]}-{digits[8:12]}-{digits[12:]}"


def test_number_has_realm_bits_check_digit() -> None:
    assert appeal_number("KG", 0) == "KG-0000-0000-0000-00"
    assert appeal_number("kg", 1) == "KG-0000-0000-0000-12"
    assert appeal_number("KZ2", 2**64 - 1) == "KZ2-FZZZ-ZZZZ-ZZZZ-ZX"
    assert appeal_number("KG", 0x7A4D49B746868454) == "KG-7MKA-9PX3-8D12-MC"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "KG",
        "KG-0000-0000-0000-01",
        "kg-0000-0000-0000-12",
        "KG-0000-0000-0000-12 ",
        "KG-0000-0000-0000-12\n",
        "KG0000-0000-0000-12",
        "KG-00000000000012",
        "K-0000-0000-0000-12",
        "1KG-0000-0000-0000-12",
        "KG-O000-0000-0000-12",
        "KG-ZZZZ-ZZZZ-ZZZZ-Z3",
        "ABCDEFGHIJKLM-0000-0000-0000-12",
        "ҚЗ-0000-0000-0000-12",
    ],
)
def test_other_forms_are_not_numbers(text: str) -> None:
    assert not is_appeal_number(text)


@given(numbers)
def test_every_number_is_one(number: str) -> None:
    assert is_appeal_number(number)
    assert parse_appeal_number(number) == number


@given(numbers, st.integers(0, 13), digits)
def test_wrong_character_is_detected(number: str, place: int, mistaken: str) -> None:
    right = _digits(number)
    wrong = right[:place] + mistaken + right[place + 1 :]

    assert is_appeal_number(_number(wrong)) == (wrong == right)


@given(numbers, st.integers(0, 12))
def test_two_swapped_neighbours_are_caught(number: str, place: int) -> None:
    right = _digits(number)
    wrong = right[:place] + right[place + 1] + right[place] + right[place + 2 :]

    assert is_appeal_number(_number(wrong)) == (wrong == right)


def test_check_digit_detects_typing_mistakes() -> None:
    """One wrong digit or two swapped neighbors change the check digit."""
    body = "7K3M9QX4T2R8M"
    right = check_digit(body)
    for place in range(len(body)):
        for digit in ALPHABET.replace(body[place], ""):
            assert check_digit(body[:place] + digit + body[place + 1 :]) != right
        swapped = body[:place] + body[place + 1 : place + 2] + body[place] + body[place + 2 :]
        assert place + 1 == len(body) or check_digit(swapped) != right


@given(numbers, st.randoms(use_true_random=False))
def test_typed_number_is_normalized(number: str, chance: Random) -> None:
    spoken = "KG-" + "".join(
        chance.choice({"0": "0Oo", "1": "1lLiI"}.get(digit, digit + digit.lower())) + chance.choice(["", " ", "-"])
        for digit in _digits(number)
    )

    assert parse_appeal_number(f" {spoken} ") == number


@pytest.mark.parametrize("typed", ["", "KG", "KG-0000-0000-0000-13", "KG-0000-0000-0000-1", "0000-0000-0000-12", "-"])
def test_error_does_not_repeat_input(typed: str) -> None:
    with pytest.raises(ValueError, match="one character is wrong or missing") as caught:
        parse_appeal_number(typed)
    assert not typed or typed == "-" or typed not in str(caught.value)


@pytest.mark.parametrize(("realm", "bits"), [("", 1), ("K", 1), ("K-G", 1), ("ABCDEFGHIJKLM", 1), ("KG", -1)])
def test_invalid_realm_or_bits_raise(realm: str, bits: int) -> None:
    with pytest.raises(ValueError, match=r"realm|bits"):
        appeal_number(realm, bits)
    with pytest.raises(ValueError, match="bits"):
        appeal_number("KG", 2**64)


def test_derived_number_depends_on_inputs() -> None:
    """A derived number depends on realm, secret and parts alone."""
    assert derived_appeal_number("kg", "boston311", "101001230000") == "KG-CQR5-BC5P-T2PZ-PV"
    assert derived_appeal_number("KG", "a", "b") == derived_appeal_number("kg", "a", "b")
    different = {
        derived_appeal_number("KG", "ab", "c"),
        derived_appeal_number("KG", "a", "bc"),
        derived_appeal_number("KG", "abc"),
        derived_appeal_number("KG", "abc", ""),
        derived_appeal_number("KZ", "abc"),
        derived_appeal_number("KG", "abc", secret=b"s"),
    }
    assert len(different) == 6


def test_derived_id_depends_on_inputs() -> None:
    """A derived event id depends on appeal and parts alone."""
    assert derived_event_id("KG-0000-0000-0000-12", "routed", "3") == UUID("23900de9-963a-53aa-af3d-01d43d3357b5")
    different = {derived_event_id("x", "ab", "c"), derived_event_id("x", "a", "bc"), derived_event_id("y", "a", "bc")}
    assert len(different) == 3


def test_new_numbers_differ() -> None:
    made = {new_appeal_number("KG") for _ in range(100)}

    assert len(made) == 100
    assert all(is_appeal_number(number) for number in made)
