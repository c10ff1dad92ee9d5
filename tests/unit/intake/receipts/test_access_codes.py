"""The access code opens its own appeal, in its own generation, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natija_events.ids import appeal_number, new_appeal_number
from natija_intake.receipts.access_codes import AccessCodes

NUMBER = new_appeal_number("KG")
ONE, TWO = b"one" * 11, b"two" * 11
CODES = AccessCodes([ONE])


def test_code_never_changes() -> None:
    """Bytes kept from the first version: printed codes must open their appeals with any later one."""
    codes = AccessCodes([bytes(range(32))])
    assert codes.code("KG-7K3M-9QX4-T2R8-MA") == "TGXB-VN0G-EFCP"
    assert codes.code("KG-7K3M-9QX4-T2R8-MA", 2) == "YDCH-VKER-EF35"


def test_code_has_three_groups_of_four() -> None:
    """The same number always gets the same code."""
    code = CODES.code(NUMBER)
    assert [len(group) for group in code.split("-")] == [4, 4, 4]
    assert not set(code) & set("ILOU")
    assert AccessCodes([ONE]).code(NUMBER) == code


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(1, 100), st.integers(1, 100))
def test_code_opens_its_number_only(one: int, other: int, first: int, second: int) -> None:
    """And its generation only."""
    code = CODES.code(appeal_number("KG", one), first)
    for bits, generation in ((one, first), (other, first), (one, second), (other, second)):
        right = (bits, generation) == (one, first)
        assert CODES.opens(code, appeal_number("KG", bits), generation) == right


def test_look_alikes_are_accepted() -> None:
    """Small letters, blanks and O for 0."""
    typed = CODES.code(NUMBER).lower().replace("-", "  ").replace("0", "o").replace("1", "l")
    assert CODES.opens(f" {typed} ", NUMBER, 1)


@pytest.mark.parametrize("typed", ["", "-", "4K7Q", "ЖЖЖЖ-ЖЖЖЖ-ЖЖЖЖ", "Z" * 12, "1" * 1000])
def test_invalid_code_opens_nothing(typed: str) -> None:
    assert not CODES.opens(typed, NUMBER, 1)


def test_last_secret_makes_the_codes() -> None:
    """Codes of the others still open."""
    both = AccessCodes([ONE, TWO])
    assert both.code(NUMBER) == AccessCodes([TWO]).code(NUMBER) != CODES.code(NUMBER)
    assert both.opens(CODES.code(NUMBER), NUMBER, 1)
    assert both.opens(both.code(NUMBER), NUMBER, 1)
    assert not CODES.opens(both.code(NUMBER), NUMBER, 1)


def test_every_symbol_counts() -> None:
    code = CODES.code(NUMBER).replace("-", "")
    for place, symbol in enumerate(code):
        other = "0" if symbol != "0" else "2"
        assert not CODES.opens(code[:place] + other + code[place + 1 :], NUMBER, 1)
    assert not CODES.opens(code + "0", NUMBER, 1)
    assert not CODES.opens(code[:-1], NUMBER, 1)
