"""A report of counts as text: a table for people, in their language; CSV and JSON for programs, with names."""

from typing import Any

from natija_analytics.rendering.captions import CAPTIONS
from natija_analytics.reports.counts import Report, ReportLine
from natija_analytics.reports.definitions import Subject
from natija_chassis.reports.localized import long_day, number, percent
from natija_chassis.reports.output import as_csv
from natija_chassis.reports.period import Period
from natija_chassis.reports.tables import ColumnStyle, text_table
from natija_events.reference.data import ReferenceData
from natija_events.words import Language, word

SINGULAR: dict[Subject, str] = {"channels": "channel", "regions": "region", "topics": "topic"}
"""The caption of the first column."""
_COLUMNS = ("key", "name", "appeals", "percent", "kind")


def counts_table(report: Report, reference: ReferenceData, language: Language) -> str:
    """*report* as it is printed: numbers as the language writes them, never cut."""
    title = f"{CAPTIONS(report.subject, language)}\n{days_of(report.period, language)}"
    columns: dict[str, ColumnStyle] = {
        CAPTIONS(SINGULAR[report.subject], language): "text",
        CAPTIONS("appeals", language): "number",
        CAPTIONS("percent", language): "number",
    }
    rows = [
        (line_name(line, report, reference, language), number(line.appeals, language), percent(line.percent, language))
        for line in report.lines
    ]
    sections = {index for index, line in enumerate(report.lines) if line.kind in ("subtotal", "total", "apart")}
    base = CAPTIONS("base", language, base=report.base.name(language), n=number(base_of(report), language))
    rounding = CAPTIONS("rounding", language, mode=report.rounding)
    return text_table(title, columns, rows, sections) + f"{base}\n{rounding}\n"


def counts_csv(report: Report, reference: ReferenceData, language: Language) -> str:
    """The lines of *report* as CSV. Only the appeals of lines of one kind may be added up."""
    return as_csv(_COLUMNS, [tuple(_record(line, report, reference, language).values()) for line in report.lines])


def counts_json(report: Report, reference: ReferenceData, language: Language) -> dict[str, Any]:
    """*report* as a JSON object: period, base and rounding, and its lines."""
    return {
        "report": report.subject,
        "from": report.period.first_day.isoformat(),
        "to": report.period.last_day.isoformat(),
        "zone": report.period.zone,
        "base": {"name": report.base.name(language), "forms": report.base.forms, "appeals": base_of(report)},
        "rounding": str(report.rounding),
        "lines": [_record(line, report, reference, language) for line in report.lines],
    }


def days_of(period: Period, language: Language) -> str:
    """The first and the last day of *period*, and their zone, in words."""
    days = " – ".join(long_day(day, language) for day in (period.first_day, period.last_day))
    return f"{days} ({period.zone})"


def _record(line: ReportLine, report: Report, reference: ReferenceData, language: Language) -> dict[str, Any]:
    name = line_name(line, report, reference, language)
    values = (line.key, name, line.appeals, None if line.percent is None else str(line.percent), line.kind)
    return dict(zip(_COLUMNS, values, strict=True))


def line_name(line: ReportLine, report: Report, reference: ReferenceData, language: Language) -> str:
    """The name of *line*: of what it counts, or of what it sums up."""
    if line.kind == "row":
        return reference.name(report.subject, line.key, language)
    return CAPTIONS(line.kind, language, n=report.printed, form=word("form", line.key, language))


def base_of(report: Report) -> int:
    """The appeals that are 100 %."""
    return next(line.appeals for line in report.lines if line.kind == "total")
