"""The report of breaches as a table for people, in their language."""

from datetime import datetime
from zoneinfo import ZoneInfo

from natija_analytics.rendering.captions import CAPTIONS
from natija_analytics.rendering.overdue_report import without_term
from natija_analytics.reports.breaches import BreachKey, BreachReport, BreachSums
from natija_chassis.reports.localized import local_time, number
from natija_chassis.reports.tables import ColumnStyle, text_table
from natija_events.reference.data import ReferenceData
from natija_events.words import Language, word

_COUNTS = BreachSums._fields[2:]


def breaches_table(
    key: BreachKey, report: BreachReport, at: datetime, reference: ReferenceData, language: Language, zone: ZoneInfo
) -> str:
    """One row for each body and kind of term, or for each kind, and their sum."""
    rows, totals = [], [0] * len(_COUNTS)
    for one in report.sums:
        totals = [before + more for before, more in zip(totals, one[2:], strict=True)]
        body = [_body(one, reference, language)] if key == "body" else []
        rows.append((*body, word("term", one.kind, language), *(number(count, language) for count in one[2:])))
    total = [CAPTIONS("total", language), *([""] if key == "body" else [])]
    rows.append((*total, *(number(count, language) for count in totals)))
    texts: dict[str, ColumnStyle] = {
        CAPTIONS(name, language): "text" for name in (("body", "kind") if key == "body" else ("kind",))
    }
    numbers: dict[str, ColumnStyle] = {CAPTIONS(name, language): "number" for name in _COUNTS}
    title = CAPTIONS("breaches_title", language, at=f"{local_time(at, zone)} ({zone.key})")
    back = CAPTIONS("forwarded_back", language, n=number(report.forwarded_back, language)) + "\n"
    return text_table(title, {**texts, **numbers}, rows) + back + without_term(report.no_term, language)


def _body(sums: BreachSums, reference: ReferenceData, language: Language) -> str:
    if sums.body is not None:
        return reference.name("bodies", sums.body, language)
    return CAPTIONS("all_bodies" if sums.kind == "overall" else "none", language)
