"""Two regions as the page shows them: tables with both, and a chart of their months."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from natija_analytics.pages import comparison
from natija_analytics.pages.comparison import ComparedName, ComparedRow, Pair
from natija_analytics.pages.files import Record
from natija_analytics.rendering.captions import CAPTIONS
from natija_analytics.rendering.count_report import SINGULAR
from natija_analytics.reports.small_counts import SMALLEST_SHOWN
from natija_chassis.pages.catalogs import GetText
from natija_chassis.pages.charts import Datum, TrendChart, trend_charts
from natija_chassis.pages.formats import Formats
from natija_chassis.pages.tables import Column, Table, TableRow
from natija_events.reference.data import ReferenceData

_TENTHS = 10
"""The chart counts tenths of a percent."""


class ComparedFigure(NamedTuple):
    """A part of the page. Without a *table*, too few appeals are in both regions to show any."""

    id: ComparedName
    title: str
    table: Table | None
    lines: tuple[TrendChart, ...] = ()


class CompareView:
    """The *pair* as the page shows it in one language."""

    def __init__(self, pair: Pair, reference: ReferenceData, formats: Formats, words: GetText) -> None:
        self._pair, self._reference, self._formats, self._words = pair, reference, formats, words
        self._language = formats.language
        self.names = [reference.name("regions", one.filter.region, formats.language) for one in pair]
        self.in_rest = False

    @property
    def figures(self) -> Sequence[ComparedFigure]:
        """The parts of the page."""
        first = self._pair.first
        tables: list[ComparedName] = ["totals", "channels", "topics", "late-answers"]
        if len(first.months) > 1:
            tables.insert(1, "months")
        return [self._figure(table) for table in tables]

    def _figure(self, table: ComparedName) -> ComparedFigure:
        rows = comparison.rows(table, self._pair, self._reference, self._language)
        if table == "late-answers":
            named = self._formats.sort((row for row in rows if row.key), self._name)
            rows = [*named, *(row for row in rows if not row.key)]
        title = self._title(table)
        if not rows:
            return ComparedFigure(table, title, None)
        drawn = self._chart(rows) if table == "months" else ()
        return ComparedFigure(table, title, Table(title, self._columns(table), self._cells(table, rows)), drawn)

    def _title(self, table: ComparedName) -> str:
        if table == "totals":
            return self._words("Totals of each region")
        if table == "months":
            return self._words("Appeals by month")
        return CAPTIONS("late_answers" if table == "late-answers" else table, self._language)

    def _columns(self, table: ComparedName) -> tuple[Column, ...]:
        if table in ("channels", "topics"):
            first = CAPTIONS(SINGULAR[table], self._language)
        else:
            first = {
                "totals": self._words("Figure"), "months": self._words("Month"),
                "late-answers": CAPTIONS("body", self._language),
            }[table]  # fmt: skip
        values = [CAPTIONS(name, self._language) for name in comparison.columns(table)]
        return Column(first), *(Column(f"{name}: {value}", numeric=True) for name in self.names for value in values)

    def _cells(self, table: ComparedName, rows: Sequence[ComparedRow]) -> tuple[TableRow, ...]:
        return tuple(
            TableRow(
                (self._name(row), *(text for one in (row.first, row.second) for text in self._texts(table, one))),
                strong=row.kind == "total",
            )
            for row in rows
        )

    def _texts(self, table: ComparedName, values: Record) -> list[str]:
        *counts, percent = (values[name] for name in comparison.columns(table))
        share = "" if percent is None else self._formats.percent(Decimal(percent))
        return [*(self._count(count, values["hidden"], alone=len(counts) == 1) for count in counts), share]

    def _count(self, count: int | None, hidden: str | None, *, alone: bool) -> str:
        if count is not None:
            return self._formats.number(count)
        if hidden == "in-rest":
            self.in_rest = True
            return "…"
        # In a row of two counts the reason is that of one of them, and nobody may know of which.
        return f"< {SMALLEST_SHOWN}" if hidden == "small" and alone else self._words("hidden")

    def _name(self, row: ComparedRow) -> str:
        totals = {
            "received": self._words("Appeals received"), "answered": self._words("Answers given"),
            "answered_late": self._words("Answers given late"),
        }  # fmt: skip
        if row.key in totals:
            return totals[row.key]
        if row.month is not None:
            return self._formats.month(row.month)
        return row.name or CAPTIONS("none", self._language)

    def _chart(self, rows: Sequence[ComparedRow]) -> tuple[TrendChart, ...]:
        """The share of each month in its region, so that regions of different size have one scale."""
        series = [
            [self._datum(row, values) for row, values in zip(rows, side, strict=True)]
            for side in ([row.first for row in rows], [row.second for row in rows])
        ]
        return trend_charts(series, lambda tenths: self._formats.percent(Decimal(tenths) / _TENTHS))

    def _datum(self, row: ComparedRow, values: Record) -> Datum:
        share = None if values["percent"] is None else Decimal(values["percent"])
        label = self._formats.short_month(row.month.month) if row.month else ""
        return Datum(label, None if share is None else int(share * _TENTHS), self._formats.percent(share))
