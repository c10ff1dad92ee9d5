"""The access code opens its own appeal and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natija_events.ids import appeal_number, new_appeal_number
from natija_intake.receipts.access_codes import AccessCodes

NUMBER = new_appeal_number("KG")
CODES = AccessCodes({1: b"one" * 11})


def test_code_has_two_groups_of_five() -> None:
    """The same number always gets the same code."""
    code = CODES.code(NUMBER)
    assert [len(group) for group in code.split("-")] == [5, 5]
    assert not set(code) & set("ILOU")
    assert AccessCodes({1: b"one" * 11}).code(NUMBER) == code


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_code_opens_its_number_only(one: int, other: int) -> None:
    first, second = appeal_number("KG", one), appeal_number("KG", other)
    assert CODES.verify(first, CODES.code(first)) == first
    if one != other:
        assert CODES.verify(second, CODES.code(first)) is None


def test_look_alikes_are_accepted() -> None:
    """Small letters, blanks and O for 0, in number and code."""
    code = CODES.code(NUMBER)
    typed = code.lower().replace("-", "  ").replace("0", "o").replace("1", "l")
    assert CODES.verify(f" {NUMBER.lower().replace('-', ' ').replace(' ', '-', 1)} ", typed) == NUMBER


@pytest.mark.parametrize("typed", ["", "-", "14K7Q", "ЖЖЖЖЖ-ЖЖЖЖЖ", "Z" * 10, "1" * 1000])
def test_invalid_code_opens_nothing(typed: str) -> None:
    assert CODES.verify(NUMBER, typed) is None


def test_invalid_number_opens_nothing() -> None:
    for number in ("", "garbled", NUMBER[:-1], "XX-0000-0000-0000-00"):
        assert CODES.verify(number, CODES.code("XX-0000-0000-0000-00")) is None


def test_newest_secret_makes_the_codes() -> None:
    """Codes of older secrets still open."""
    both = AccessCodes({1: b"one" * 11, 2: b"two" * 11})
    assert both.code(NUMBER) != CODES.code(NUMBER)
    assert both.code(NUMBER)[0] == "2"
    assert both.verify(NUMBER, CODES.code(NUMBER)) == NUMBER
    assert both.verify(NUMBER, both.code(NUMBER)) == NUMBER
    assert CODES.verify(NUMBER, both.code(NUMBER)) is None


def test_every_symbol_counts() -> None:
    code = CODES.code(NUMBER).replace("-", "")
    for place, symbol in enumerate(code):
        other = "0" if symbol != "0" else "2"
        assert CODES.verify(NUMBER, code[:place] + other + code[place + 1 :]) is None
    assert CODES.verify(NUMBER, code + "0") is None
