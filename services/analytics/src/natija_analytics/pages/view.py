"""A snapshot as a page shows it: totals, tables and charts, with small counts hidden."""

from collections.abc import Sequence
from typing import NamedTuple

from natija_analytics.pages import public_figures
from natija_analytics.pages.public_figures import PublicAnswers
from natija_analytics.pages.snapshots import SUBJECTS, Snapshot
from natija_analytics.rendering.captions import CAPTIONS
from natija_analytics.rendering.count_report import SINGULAR, line_name
from natija_analytics.reports.definitions import Subject
from natija_analytics.reports.small_counts import SMALLEST_SHOWN, PublicCount, PublicLine
from natija_chassis.pages.catalogs import GetText
from natija_chassis.pages.charts import BarChart, Datum, TrendChart, bar_chart, trend_chart
from natija_chassis.pages.formats import Formats
from natija_chassis.pages.tables import Column, Table, TableRow
from natija_events.reference.data import ReferenceData
from natija_events.words import word

_MOST_BARS = 12


class Figure(NamedTuple):
    """A part of the page: a chart with its table. Without a *table*, too few appeals are in it to show any."""

    id: str
    title: str
    table: Table | None = None
    bars: BarChart | None = None
    line: TrendChart | None = None
    note: str = ""


class Total(NamedTuple):
    """A number at the top of the page."""

    label: str
    text: str
    warn: bool = False


class StatisticsView:
    """A *snapshot* as the page shows it in one language."""

    def __init__(self, snapshot: Snapshot, reference: ReferenceData, formats: Formats, words: GetText) -> None:
        self._snapshot, self._reference, self._formats, self._words = snapshot, reference, formats, words
        self._language = formats.language

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self._snapshot.received or self._snapshot.answers)

    @property
    def base(self) -> str:
        """The forms of the appeals that count."""
        forms = self._snapshot.reports["channels"].base.forms
        return ", ".join(word("form", form, self._language) for form in forms)

    @property
    def totals(self) -> Sequence[Total]:
        """The numbers at the top."""
        answered, late = public_figures.answer_totals(self._snapshot)
        return (
            Total(self._words("Appeals received"), self._text(public_figures.received(self._snapshot))),
            Total(self._words("Answers given"), self._text(answered)),
            Total(self._words("Answers given late"), self._text(late), warn=True),
        )

    @property
    def figures(self) -> Sequence[Figure]:
        """The parts of the page."""
        counted = [self._counts(subject) for subject in SUBJECTS] if self._snapshot.received else []
        months = [self._months()] if self._snapshot.received and len(self._snapshot.months) > 1 else []
        return [*months, *counted, *([self._late_answers()] if self._snapshot.answers else [])]

    def _counts(self, subject: Subject) -> Figure:
        report, title = self._snapshot.reports[subject], CAPTIONS(subject, self._language)
        lines = public_figures.lines(self._snapshot, subject)
        if lines is None:
            return Figure(subject, title)
        columns = (
            Column(CAPTIONS(SINGULAR[subject], self._language)),
            *(Column(CAPTIONS(name, self._language), numeric=True) for name in ("appeals", "percent")),
        )
        names = [line_name(one.line, report, self._reference, self._language) for one in lines]
        rows = [self._row(name, one) for name, one in zip(names, lines, strict=True)]
        data = [
            Datum(name, one.shown.value, self._text(one.shown))
            for name, one in zip(names, lines, strict=True)
            if one.line.kind in ("row", "rest", "unclassified")
        ]
        return Figure(subject, title, Table(title, columns, tuple(rows)), bar_chart(data[:_MOST_BARS]))

    def _row(self, name: str, one: PublicLine) -> TableRow:
        cells = (name, self._text(one.shown), self._formats.percent(one.percent))
        return TableRow(cells, strong=one.line.kind in ("subtotal", "total", "all"))

    def _months(self) -> Figure:
        title, months = self._words("Appeals by month"), public_figures.months(self._snapshot)
        if months is None:
            return Figure("months", title)
        rows = [TableRow((self._formats.month(month), self._text(count))) for month, count in months]
        total = self._text(public_figures.received(self._snapshot))
        rows.append(TableRow((CAPTIONS("total", self._language), total), strong=True))
        columns = (Column(self._words("Month")), Column(CAPTIONS("appeals", self._language), numeric=True))
        data = [
            Datum(self._formats.short_month(month.month), count.value, self._text(count)) for month, count in months
        ]
        chart = trend_chart(data, self._formats.number)
        return Figure("months", title, Table(title, columns, tuple(rows)), line=chart)

    def _late_answers(self) -> Figure:
        title, answers = CAPTIONS("late_answers", self._language), public_figures.answers(self._snapshot)
        if answers is None:
            return Figure("late-answers", title)
        columns = (
            Column(CAPTIONS("body", self._language)),
            *(Column(CAPTIONS(name, self._language), numeric=True) for name in ("answered", "answered_late")),
        )
        named = self._formats.sort((one for one in answers if one.body), self._body)
        rows = [
            TableRow((self._body(one), self._text(one.answered), self._text(one.late)))
            for one in (*named, *(one for one in answers if not one.body))
        ]
        latest = sorted((one for one in answers if one.late.value), key=lambda one: -(one.late.value or 0))[:_MOST_BARS]
        data = [Datum(self._body(one), one.late.value, self._text(one.late)) for one in latest]
        table = Table(title, columns, tuple(rows))
        return Figure("late-answers", title, table, bar_chart(data) if data else None)

    def _body(self, one: PublicAnswers) -> str:
        none = CAPTIONS("none", self._language)
        return none if one.body is None else self._reference.name("bodies", one.body, self._language)

    def _text(self, count: PublicCount) -> str:
        if count.value is not None:
            return self._formats.number(count.value)
        return f"< {SMALLEST_SHOWN}" if count.small else self._words("hidden")
