"""Reports as text: a table for people, in their language; CSV and JSON for programs, only names in a language."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from natija_analytics.rendering.captions import Language, word
from natija_analytics.reports.counts import Report, ReportLine
from natija_analytics.reports.definitions import Subject
from natija_chassis.realm.directory import Directory

if TYPE_CHECKING:
    from rich.table import Table

WIDTH = 80
ColumnStyle = Literal["text", "code", "figure"]
"""Of a column: a `text` wraps where necessary, a `code` and a `figure` never do. Figures are right-aligned."""
_SINGULAR: dict[Subject, str] = {"channels": "channel", "regions": "region", "topics": "topic"}
COUNT_COLUMNS = ("key", "name", "appeals", "percent", "kind")


def as_csv(columns: Sequence[str] | None, rows: Iterable[Sequence[object]]) -> str:
    """Rows, under a header unless it is None; a None in a row is blank."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if columns is not None:
        writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def as_json(value: Any) -> str:
    """JSON, indented; a decimal keeps its places by being a string."""
    return json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"


def counts_csv(report: Report, directory: Directory, language: Language) -> str:
    """The lines of *report* as `COUNT_COLUMNS`; add up the appeals of the lines of one kind only."""
    return as_csv(COUNT_COLUMNS, [tuple(_record(line, report, directory, language).values()) for line in report.lines])


def counts_json(report: Report, directory: Directory, language: Language) -> dict[str, Any]:
    """*report* as a JSON object: what it is of, and its lines."""
    return {
        "report": report.subject,
        "from": report.period.first_day.isoformat(),
        "to": report.period.last_day.isoformat(),
        "zone": report.period.zone,
        "base": {"name": report.base.name(language), "forms": report.base.forms, "appeals": _base(report)},
        "rounding": str(report.rounding),
        "lines": [_record(line, report, directory, language) for line in report.lines],
    }


def counts_table(report: Report, directory: Directory, language: Language) -> str:
    """*report* as it is printed: numbers as the language writes them, never cut."""
    from babel.dates import format_date

    first, last = (format_date(day, "long", locale=language) for day in _days(report))
    title = f"{word(report.subject, language)}\n{first} – {last} ({report.period.zone})"
    columns: dict[str, ColumnStyle] = {
        word(_SINGULAR[report.subject], language): "text",
        word("appeals", language): "figure",
        word("percent", language): "figure",
    }
    table = _table(columns)
    for line in report.lines:
        if line.kind in ("subtotal", "total", "apart"):
            table.add_section()
        name = _name(line, report, directory, language)
        table.add_row(name, number(line.appeals, language), percent(line.percent, language))
    base = word("base", language, base=report.base.name(language), n=number(_base(report), language))
    return _text(title, table) + f"{base}\n{word('rounding', language, mode=report.rounding)}\n"


def number(count: int, language: Language) -> str:
    """A whole number as *language* groups it."""
    from babel.numbers import format_decimal

    return _plain(format_decimal(count, locale=language))


def percent(value: Decimal | None, language: Language) -> str:
    """A share with all the places it was rounded to; blank for none."""
    from babel.numbers import format_decimal

    if value is None:
        return ""
    places = max(0, -int(value.as_tuple().exponent))
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return _plain(format_decimal(value, format=pattern, locale=language))


def columns_table(title: str, columns: Mapping[str, ColumnStyle], rows: Iterable[Sequence[str]]) -> str:
    """A plain table with these *columns*, by heading."""
    table = _table(columns)
    for row in rows:
        table.add_row(*row)
    return _text(title, table)


def _plain(text: str) -> str:
    """*text* with plain blanks for hard ones: its columns never wrap, and people search for it."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def _record(line: ReportLine, report: Report, directory: Directory, language: Language) -> dict[str, Any]:
    name = _name(line, report, directory, language)
    values = (line.key, name, line.appeals, None if line.percent is None else str(line.percent), line.kind)
    return dict(zip(COUNT_COLUMNS, values, strict=True))


def _name(line: ReportLine, report: Report, directory: Directory, language: Language) -> str:
    if line.kind == "row":
        return directory.name(report.subject, line.key, language)
    return word(line.kind, language, n=report.printed, form=word(line.key, language))


def _base(report: Report) -> int:
    return next(line.appeals for line in report.lines if line.kind == "total")


def _days(report: Report) -> tuple[Any, Any]:
    return report.period.first_day, report.period.last_day


def _table(columns: Mapping[str, ColumnStyle]) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading, look in columns.items():
        table.add_column(heading, justify="right" if look == "figure" else "left", no_wrap=look != "text")
    return table


def _text(title: str, table: "Table") -> str:
    """The table under its title at `WIDTH` columns, without colours: as good in a file as on a screen."""
    from rich.console import Console

    console = Console(file=io.StringIO(), width=WIDTH, color_system=None, markup=False, emoji=False)
    console.print(title)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"
