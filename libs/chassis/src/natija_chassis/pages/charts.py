"""Charts as SVG: the places of bars and points. templates/components/charts.html draws them, with classes only.

A chart has the width of a phone and grows with its column, so that its letters stay as large as those around it. The
table beside it has the same figures, also those that a chart cannot show.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from textwrap import wrap
from typing import NamedTuple

WIDTH = 360
_LINE, _BAR, _GAP = 18, 14, 12
_LABEL_CHARACTERS, _VALUE_WIDTH = 42, 62
_HEIGHT, _TOP, _BOTTOM, _LEFT, _RIGHT = 190, 14, 28, 46, 18
_MOST_STEPS = 5


class Datum(NamedTuple):
    """A *value* under its *label*, and its *text*. A hidden value is None: it has no bar and no point."""

    label: str
    value: int | None
    text: str


class Bar(NamedTuple):
    """A bar: the *lines* of its label with their heights, and where it and its text are."""

    lines: tuple[tuple[int, str], ...]
    y: int
    width: int
    text_x: int
    text_y: int
    text: str


class BarChart(NamedTuple):
    """Bars from top to bottom."""

    bars: tuple[Bar, ...]
    height: int
    bar_height: int = _BAR
    width: int = WIDTH


class Point(NamedTuple):
    """A point of a line, with its label and the text of its value; *named*: its label is written below."""

    x: int
    y: int
    label: str
    text: str
    named: bool


class TrendChart(NamedTuple):
    """The *points* of a line, the *segments* between neighbours that are known, and lines of a scale."""

    points: tuple[Point, ...]
    segments: tuple[tuple[Point, Point], ...]
    scale: tuple[tuple[int, str], ...]
    height: int = _HEIGHT + _BOTTOM
    width: int = WIDTH
    left: int = _LEFT


def bar_chart(data: Sequence[Datum]) -> BarChart:
    """Bars of *data*, the longest as wide as the chart allows."""
    greatest = max((one.value or 0 for one in data), default=0) or 1
    bars, y = [], 0
    for one in data:
        lines = wrap(one.label, _LABEL_CHARACTERS) or [""]
        placed = tuple((y + _LINE * number - 4, line) for number, line in enumerate(lines, 1))
        y += _LINE * len(lines)
        width = 0 if one.value is None else max(1, round((WIDTH - _VALUE_WIDTH) * one.value / greatest))
        bars.append(Bar(placed, y, width, width + (6 if width else 0), y + _BAR - 2, one.text))
        y += _BAR + _GAP
    return BarChart(tuple(bars), max(1, y - _GAP + 2))


def trend_charts(series: Sequence[Sequence[Datum]], number: Callable[[int], str]) -> tuple[TrendChart, ...]:
    """A line for each of the *series*, all on one scale: they are drawn above one another."""
    greatest = max((one.value or 0 for data in series for one in data), default=0)
    return tuple(trend_chart(data, number, greatest) for data in series)


def trend_chart(data: Sequence[Datum], number: Callable[[int], str], greatest: int = 0) -> TrendChart:
    """A line through *data*, from left to right, above a scale that begins at 0 and is written by *number*.

    The scale reaches *greatest* at least.
    """
    greatest = max([greatest, *(one.value or 0 for one in data)])
    step = _scale_step(greatest)
    steps = max(1, -(-greatest // step))
    across = (WIDTH - _LEFT - _RIGHT - 8) / max(1, len(data) - 1)
    points = [
        None
        if one.value is None
        else Point(
            round(_LEFT + 8 + place * across),
            _height_of(one.value, step * steps),
            one.label,
            one.text,
            _named(place, len(data)),
        )
        for place, one in enumerate(data)
    ]
    segments = tuple((one, other) for one, other in pairwise(points) if one and other)
    scale = tuple((_height_of(count * step, step * steps), number(count * step)) for count in range(steps + 1))
    return TrendChart(tuple(one for one in points if one), segments, scale)


def _height_of(value: int, top: int) -> int:
    return round(_HEIGHT - (_HEIGHT - _TOP) * value / top)


def _scale_step(greatest: int) -> int:
    """The distance of two lines of the scale: 1, 2 or 5 times a power of ten."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if _MOST_STEPS * factor * size >= greatest:
                return factor * size
        size *= 10


def _named(place: int, count: int) -> bool:
    """Whether the label of a point is written below: of six at most, the first and the last among them."""
    every = max(1, -(-(count - 1) // 5))
    return place % every == 0
