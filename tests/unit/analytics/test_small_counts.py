"""Small counts of public tables are hidden, and cannot be computed from the totals."""

from collections.abc import Iterator, Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sites import DEFINITIONS, REFERENCE

from natija_analytics.pages.periods import PublicPeriod
from natija_analytics.reports import counts
from natija_analytics.reports.counts import GroupCount
from natija_analytics.reports.small_counts import PublicCount, public_count, public_counts, public_lines


def possible(shown: Sequence[PublicCount], total: int) -> Iterator[tuple[int, ...]]:
    """Each set of counts that a reader of the table can think of: what is hidden, as the rule allows it."""
    choices = [range(1, 5) if one.small else range(5, total + 1) for one in shown if one.value is None]
    left = total - sum(one.value or 0 for one in shown)
    yield from (one for one in product(*choices) if sum(one) == left)


def test_large_counts_stay() -> None:
    assert public_counts([5, 0, 17]) == [PublicCount(5), PublicCount(0), PublicCount(17)]


def test_single_small_count_hides_another() -> None:
    """Alone it would be the total less the others. 9 + 2 = 11, of which the small one may be 1 to 4."""
    assert public_counts([40, 2, 9]) == [PublicCount(40), PublicCount(None, True), PublicCount(None)]


def test_count_next_to_five_hides_more() -> None:
    """2 + 5 = 7 would be known to be 2 + 5 or 1 + 6 only."""
    assert public_counts([40, 2, 5]) == [PublicCount(None), PublicCount(None, True), PublicCount(None)]


@pytest.mark.parametrize("counted", [[1], [1, 1, 1], [4], [5, 1], [4, 4]])
def test_table_without_way_out_is_withheld(counted: list[int]) -> None:
    assert public_counts(counted) is None


@given(st.lists(st.integers(0, 14), min_size=1, max_size=5))
def test_total_does_not_tell_small_ones(counted: list[int]) -> None:
    """Each small count could be any of 1 to 4, for a reader who knows the total and the rule."""
    shown = public_counts(counted)
    if shown is None:
        return
    for count, one in zip(counted, shown, strict=True):
        assert one.value == (None if one.value is None else count)
        assert one.small == (0 < count < 5)
    sets = list(possible(shown, sum(counted)))
    hidden = [one for one in shown if one.value is None]
    for place, one in enumerate(hidden):
        if one.small:
            assert {found[place] for found in sets} == {1, 2, 3, 4}


def test_sum_beside_small_count_is_left_out() -> None:
    """The subtotal of the printed rows, and the sum with a form that stands apart."""
    counted = [GroupCount("written", topic, 50 - place) for place, topic in enumerate(REFERENCE.topics)]
    counted = [GroupCount("written", counted[0].key, 2), *counted[1:8], GroupCount("oral", None, 3)]
    period = PublicPeriod(2019).days("Asia/Bishkek")
    report = counts.build("topics", period, counted, DEFINITIONS.model_copy(update={"tables": {}}), REFERENCE.topics)
    lines = public_lines(report)
    assert lines is not None
    kinds = [one.line.kind for one in lines]
    assert "all" not in kinds
    hidden = [(one.line.kind, one.shown.small) for one in lines if one.shown.value is None]
    assert hidden == [("row", True), ("row", False), ("apart", True)] or hidden == [
        ("row", False), ("row", True), ("apart", True)
    ]  # fmt: skip
    assert all(one.percent is None for one in lines if one.shown.value is None)


def test_lone_number_is_hidden_when_small() -> None:
    assert [public_count(count).value for count in (0, 1, 4, 5)] == [0, None, None, 5]
