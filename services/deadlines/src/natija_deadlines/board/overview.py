"""The first page of the board: what is due and in breach, by body and executor."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from natija_chassis.pages.catalogs import GetText
from natija_chassis.pages.charts import BarChart, Datum, bar_chart
from natija_chassis.pages.tables import Column, Table, TableRow
from natija_deadlines.board.names import Names
from natija_deadlines.board.questions import query
from natija_deadlines.worklists.queries import Figures

_MOST_BARS = 12
MOST_ROWS = 100
"""Rows of a table: those with the most in breach."""


class LinkedTotal(NamedTuple):
    """A number at the top, which leads to its list."""

    label: str
    text: str
    href: str
    warn: bool = False


class SumsFigure(NamedTuple):
    """A table with its chart. *cut*: not all rows are in it."""

    id: str
    title: str
    table: Table
    bars: BarChart | None
    cut: bool


class Overview:
    """The *figures* of all lists. *home* is the address of the board, *as_of* the time in its links; "" for now."""

    def __init__(self, figures: Sequence[Figures], names: Names, words: GetText, home: str, as_of: str) -> None:
        self._figures, self._names, self._words = figures, names, words
        self._home, self._as_of = home, as_of

    @property
    def totals(self) -> Sequence[LinkedTotal]:
        """The numbers at the top."""
        today, week, breaches = (
            sum(getattr(one, name) for one in self._figures) for name in ("today", "week", "in_breach")
        )
        number = self._names.number
        return (
            LinkedTotal(self._words("Due today"), number(today), self._list("due", within="today")),
            LinkedTotal(self._words("Due this week"), number(week), self._list("due", within="week")),
            LinkedTotal(self._words("In breach"), number(breaches), self._list("breaches"), warn=True),
        )

    @property
    def by_body(self) -> SumsFigure:
        """The sums of each body."""
        sums: defaultdict[str | None, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for one in self._figures:
            for place, count in enumerate(_counts(one)):
                sums[one.body][place] += count
        found = [Figures(body, None, *counts) for body, counts in sums.items()]
        return self._figure("bodies", self._words("By body"), self._words("Body"), found)

    @property
    def by_executor(self) -> SumsFigure:
        """The sums of each executor of each body."""
        return self._figure("executors", self._words("By executor"), self._words("Executor"), self._figures)

    def _figure(self, id: str, title: str, heading: str, figures: Sequence[Figures]) -> SumsFigure:
        of_bodies = id == "bodies"
        counted = [one for one in figures if any(_counts(one))]
        found = sorted(counted, key=lambda one: (-one.in_breach, -one.week, one.body or "", one.executor or ""))
        shown = found[:MOST_ROWS]
        names = [self._names.body(one.body) if of_bodies else self._executor(one) for one in shown]
        columns = (
            Column(heading), Column(self._words("Due today"), numeric=True),
            Column(self._words("Due this week"), numeric=True), Column(self._words("In breach"), numeric=True),
            Column(self._words("Missed by the body itself"), numeric=True),
        )  # fmt: skip
        rows = [
            TableRow((name, *map(self._names.number, _counts(one))), href=self._list_of(one, of_bodies=of_bodies))
            for name, one in zip(names, shown, strict=True)
        ]
        data = [
            Datum(name, one.in_breach, self._names.number(one.in_breach))
            for name, one in zip(names, shown, strict=True)
            if one.in_breach
        ]
        bars = bar_chart(data[:_MOST_BARS]) if data else None
        return SumsFigure(id, title, Table(title, columns, tuple(rows)), bars, len(found) > len(shown))

    def _executor(self, one: Figures) -> str:
        return f"{self._names.executor(one.body, one.executor)} – {self._names.body(one.body)}"

    def _list_of(self, one: Figures, *, of_bodies: bool) -> str | None:
        """The list of what a body or an executor has in breach. Nobody can ask for the appeals that nobody has."""
        if one.body is None or not one.in_breach or not (of_bodies or one.executor):
            return None
        return self._list("breaches", body=one.body, executor=one.executor)

    def _list(self, name: str, **values: str | None) -> str:
        return f"{self._home}/{name}{query({**values, 'as_of': self._as_of})}"


def _counts(one: Figures) -> tuple[int, int, int, int]:
    return one.today, one.week, one.in_breach, one.late
