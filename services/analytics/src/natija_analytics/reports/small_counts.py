"""Hides small counts in tables that everybody may read: a count of 1 to 4 can be known to be one's neighbor.

The total of a table is published, so a single hidden count would be known by subtraction. More counts are hidden then,
until each small one could still be any number from 1 to 4. Pure.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from natija_analytics.reports.counts import Report, ReportLine

SMALLEST_SHOWN = 5
_ADDED_UP = ("row", "rest", "unclassified")
"""The kinds of lines whose sum is the total."""


class PublicCount(NamedTuple):
    """A count that everybody may read: *value* is None where it is hidden. *small*: it is 1 to 4."""

    value: int | None
    small: bool = False


class PublicLine(NamedTuple):
    """A line of a report with the count that everybody may read; the share is hidden with the count."""

    line: ReportLine
    shown: PublicCount

    @property
    def percent(self) -> Decimal | None:
        """The share, where it is shown."""
        return None if self.shown.value is None else self.line.percent


def public_count(count: int) -> PublicCount:
    """*count* by itself, of which no sum is published."""
    return PublicCount(None, True) if 0 < count < SMALLEST_SHOWN else PublicCount(count)


def public_counts(counts: Sequence[int]) -> list[PublicCount] | None:
    """*counts*, whose sum is published, with small ones hidden. None when no part of them can be shown."""
    small = [count for count in counts if 0 < count < SMALLEST_SHOWN]
    if not small:
        return [PublicCount(count) for count in counts]
    others = sorted(range(len(counts)), key=lambda place: (counts[place], place))
    others = [place for place in others if counts[place] >= SMALLEST_SHOWN]
    for more in range(len(others) + 1):
        hidden = set(others[:more])
        if _ambiguous(small, [counts[place] for place in hidden]):
            return [PublicCount(None) if place in hidden else public_count(count) for place, count in enumerate(counts)]
    return None


def public_lines(report: Report) -> list[PublicLine] | None:
    """The lines of *report* with small counts hidden. None when no part of them can be shown.

    A sum is left out where it would give away what it is made of.
    """
    parts = [line for line in report.lines if line.kind in _ADDED_UP]
    shown = public_counts([line.appeals for line in parts])
    if shown is None:
        return None
    by_line = dict(zip(map(id, parts), shown, strict=True))
    apart = any(0 < line.appeals < SMALLEST_SHOWN for line in report.lines if line.kind == "apart")
    left_out = {"subtotal"} if any(one.value is None for one in shown) else set()
    left_out |= {"all"} if apart else set()
    lines = [
        PublicLine(line, by_line.get(id(line)) or public_count(line.appeals))
        for line in report.lines
        if line.kind not in left_out
    ]
    # Hidden rows stand together, in the order of their keys: their order by count would say which is greater.
    rows = [one for one in lines if one.line.kind == "row"]
    rows.sort(key=lambda one: (one.shown.value is None, one.line.key if one.shown.value is None else ""))
    return [*rows, *(one for one in lines if one.line.kind != "row")]


def _ambiguous(small: Sequence[int], others: Sequence[int]) -> bool:
    """Whether each of the *small* counts could be any of 1 to 4 for a reader who knows the sum of all hidden ones."""
    total = sum(small) + sum(others)
    least = len(small) - 1 + SMALLEST_SHOWN * len(others)
    most = None if others else (SMALLEST_SHOWN - 1) * (len(small) - 1)
    return total - (SMALLEST_SHOWN - 1) >= least and (most is None or total - 1 <= most)
