"""The tables of the statistics page as CSV and JSON, for everybody: with ids, and with small counts hidden."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, get_args

from natija_analytics.pages import public_figures
from natija_analytics.pages.snapshots import SUBJECTS, Snapshot
from natija_analytics.rendering.count_report import line_name
from natija_analytics.reports.definitions import Subject
from natija_analytics.reports.small_counts import PublicCount
from natija_chassis.reports.output import as_csv
from natija_events.reference.data import ReferenceData
from natija_events.words import Language

TableName = Literal["channels", "regions", "topics", "months", "late-answers"]
TABLES: Sequence[TableName] = get_args(TableName)
Record = Mapping[str, Any]
"""A row. A hidden count is null, and `hidden` says why: `small` (1 to 4), or `with-small` beside such a one."""


def records(name: TableName, snapshot: Snapshot, reference: ReferenceData, language: Language) -> list[Record]:
    """The rows of the table *name*; none where there are too few appeals to show any."""
    if name == "months":
        return [
            _record({"month": f"{month:%Y-%m}"}, appeals=count)
            for month, count in public_figures.months(snapshot) or ()
        ]
    if name == "late-answers":
        return [
            _record(
                {"body": one.body, "name": one.body and reference.name("bodies", one.body, language)},
                answered=one.answered, answered_late=one.late,
            )
            for one in public_figures.answers(snapshot) or ()
        ]  # fmt: skip
    return list(_lines(next(one for one in SUBJECTS if one == name), snapshot, reference, language))


def to_csv(rows: Sequence[Record]) -> str:
    """*rows* as CSV under their names; empty without any. Its mark of UTF-8 lets spreadsheets read Cyrillic."""
    return "\ufeff" + as_csv(list(rows[0]), [tuple(row.values()) for row in rows]) if rows else ""


def to_json(name: TableName, snapshot: Snapshot, zone: str, rows: Sequence[Record]) -> dict[str, Any]:
    """*rows* as JSON, with what they were asked for and how old they are."""
    chosen, age = snapshot.filter, snapshot.age
    period = chosen.period.days(zone)
    return {
        "table": name,
        "from": period.first_day.isoformat(),
        "to": period.last_day.isoformat(),
        "zone": zone,
        "region": chosen.region or None,
        "body": chosen.body or None,
        "data_as_of": None if age.as_of is None else age.as_of.isoformat(timespec="seconds"),
        "data_state": age.state,
        "rows": list(rows),
    }


def _lines(subject: Subject, snapshot: Snapshot, reference: ReferenceData, language: Language) -> Iterator[Record]:
    report = snapshot.reports[subject]
    for one in public_figures.lines(snapshot, subject) or ():
        name = line_name(one.line, report, reference, language)
        percent = None if one.percent is None else str(one.percent)
        counted = _record({"key": one.line.key, "name": name}, appeals=one.shown)
        yield {**counted, "percent": percent, "kind": one.line.kind}


def _record(values: Mapping[str, Any], **counts: PublicCount) -> Record:
    hidden = next((one for one in counts.values() if one.value is None), None)
    reason = None if hidden is None else "small" if any(one.small for one in counts.values()) else "with-small"
    return {**values, **{name: one.value for name, one in counts.items()}, "hidden": reason}
