"""Percentages equal the published ones, digit by digit (domain.md, section 7)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natija_analytics.reports.rounding import Mode, Rounding

CHANNELS = [381, 508, 217, 329, 1019]
REGIONS = [899, 438, 283, 205, 161, 147, 147, 96, 65, 13]
TOPICS = [227, 210, 200, 194, 120, 117, 113]


def shares(name: str, counts: list[int], base: int) -> list[str]:
    return [str(value) for value in Rounding.parse(name).percents(counts, base)]


def test_kyrgyz_regions_are_not_balanced() -> None:
    """They are rounded half up to two places."""
    printed = shares("HALF_UP 2", REGIONS, 2454)
    assert printed == ["36.63", "17.85", "11.53", "8.35", "6.56", "5.99", "5.99", "3.91", "2.65", "0.53"]
    assert sum(map(Decimal, printed)) == Decimal("99.99")


def test_kyrgyz_topics_keep_last_zero() -> None:
    """They are rounded half up to two places."""
    assert shares("HALF_UP 2", TOPICS, 2454) == ["9.25", "8.56", "8.15", "7.91", "4.89", "4.77", "4.60"]
    assert shares("HALF_UP 2", [sum(TOPICS), 2454 - sum(TOPICS)], 2454) == ["48.13", "51.87"]


def test_last_kyrgyz_channel_balances() -> None:
    """The shares add up to 100."""
    printed = shares("HALF_UP 1 + BALANCE_LAST", CHANNELS, 2454)
    assert printed == ["15.5", "20.7", "8.8", "13.4", "41.6"]
    assert sum(map(Decimal, printed)) == 100


def test_unbalanced_channels_lack_a_tenth() -> None:
    printed = shares("HALF_UP 1", CHANNELS, 2454)
    assert printed == ["15.5", "20.7", "8.8", "13.4", "41.5"]
    assert sum(map(Decimal, printed)) == Decimal("99.9")


def test_some_published_shares_fit_no_mode() -> None:
    first_quarter_2020 = [161, 187, 180, 85, 361]  # printed 16.5 19.2 18.5 8.7 37.0
    assert shares("HALF_UP 1", first_quarter_2020, 974) == ["16.5", "19.2", "18.5", "8.7", "37.1"]
    assert shares("HALF_UP 1 + BALANCE_LAST", first_quarter_2020, 974)[-1] == "37.1"
    assert shares("TRUNCATE 1", first_quarter_2020, 974)[2:] == ["18.4", "8.7", "37.0"]
    half_year_2017 = [289, 215, 211, 147, 112]  # printed 11.86 8.83 8.66 6.03 4.59
    assert shares("HALF_UP 2", half_year_2017, 2436) == ["11.86", "8.83", "8.66", "6.03", "4.60"]
    assert shares("HALF_UP 2", [194], 3679) == ["5.27"]  # 2014, printed 5.25


def test_west_kazakhstan_truncates() -> None:
    """After one place. Each share has its own base."""
    registered, considered, local = 25_660, 19_793, 16_785
    measures = [
        (considered, registered, "77.1"),
        (local, registered, "65.4"),
        (4_835, local, "28.8"),
        (6_710, considered, "33.9"),
        (501, considered, "2.5"),
        (12_419, considered, "62.7"),
        (2_357, registered, "9.1"),
    ]
    truncate, half_up = Rounding(Mode.TRUNCATE, 1), Rounding(Mode.HALF_UP, 1)
    assert [str(truncate.percent(count, base)) for count, base, _ in measures] == [printed for *_, printed in measures]
    differing = [printed for count, base, printed in measures if str(half_up.percent(count, base)) != printed]
    assert differing == ["9.1"]
    assert str(half_up.percent(2_357, registered)) == "9.2"


def test_tie_is_rounded_up() -> None:
    """A binary float would be rounded down."""
    assert str(Rounding(Mode.HALF_UP, 2).percent(1005, 100_000)) == "1.01"
    assert round(1.005, 2) == 1.0


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(0, 6))
def test_rounding_stays_within_a_unit(count: int, base: int, places: int) -> None:
    """Half up within half a unit; truncation is never above."""
    exact, unit = Fraction(100 * count, base), Fraction(1, 10**places)
    half_up = Fraction(Rounding(Mode.HALF_UP, places).percent(count, base))
    cut = Fraction(Rounding(Mode.TRUNCATE, places).percent(count, base))
    assert -unit / 2 < half_up - exact <= unit / 2
    assert 0 <= exact - cut < unit


@given(st.lists(st.integers(0, 5000), min_size=1).filter(any), st.sampled_from(list(Mode)), st.integers(0, 3))
def test_balanced_rows_add_up(counts: list[int], mode: Mode, places: int) -> None:
    assert sum(Rounding(mode, places, balance_last=True).percents(counts, sum(counts))) == 100


def test_empty_row_does_not_balance() -> None:
    assert shares("HALF_UP 1 + BALANCE_LAST", [*CHANNELS, 0], 2454)[-2:] == ["41.6", "0.0"]


def test_balance_needs_the_whole_base() -> None:
    with pytest.raises(ValueError, match="add up to 1181, their base is 2454"):
        Rounding.parse("HALF_UP 2 + BALANCE_LAST").percents(TOPICS, 2454)


@pytest.mark.parametrize("name", ["HALF_UP 2", "TRUNCATE 1", "HALF_UP 1 + BALANCE_LAST"])
def test_rounding_is_read_by_name(name: str) -> None:
    assert str(Rounding.parse(name)) == name


@pytest.mark.parametrize("name", ["", "HALF_EVEN 1", "HALF_UP", "HALF_UP 1 BALANCE_LAST", "BALANCE_LAST"])
def test_unknown_rounding_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="rounding"):
        Rounding.parse(name)
