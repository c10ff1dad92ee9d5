"""The work of `natija deadlines what-if`: compare, and print."""

import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import typer

from natija_chassis.realm import yaml_file
from natija_chassis.reports.freshness import current_projection
from natija_chassis.reports.options import ReportFormat
from natija_chassis.reports.output import as_csv, as_json
from natija_chassis.reports.tables import ColumnStyle, text_table
from natija_deadlines.policies.policy import Policy
from natija_deadlines.settings import DeadlinesSettings
from natija_deadlines.what_if.comparison import BodyComparison, Comparison, LateAppeal, compare
from natija_terms.calendars import files

_INSTANT = timedelta(microseconds=1)
_BY_BODY: dict[str, ColumnStyle] = {
    "Body": "text", "Appeals": "number", "Late": "number", "What if": "number", "New": "number", "No longer": "number",
    "Days late": "number", "What if days": "number",
}  # fmt: skip
_BY_APPEAL: dict[str, ColumnStyle] = {
    "Appeal": "code", "Body": "text", "Late": "text", "What if": "text", "Last day": "code", "What if last day": "code",
    "Closed": "code",
}  # fmt: skip
_APPEAL_COLUMNS = ("appeal", "body", "late", "what_if", "last_day", "what_if_last_day", "closed")


async def what_if(file: Path, first: date, last: date, by: Literal["body", "appeal"], format: ReportFormat) -> None:
    """Print the comparison. Raises `OperatorError` for a wrong file, `typer.BadParameter` for a wrong period."""
    if last < first:
        raise typer.BadParameter("is before --from", param_hint="--to")
    settings = DeadlinesSettings()
    policy = yaml_file.load(file, Policy)
    calendar = files.load_calendars(settings.calendars).get(policy.jurisdiction)
    if calendar is None:
        raise typer.BadParameter(f"there is no calendar of {policy.jurisdiction}", param_hint="--policy")
    async with current_projection(settings) as connection:
        found = await compare(
            connection, policy, calendar, calendar.begin(first), calendar.end(last), settings.injected_clock.now()
        )
    title = f"{policy.title} ({policy.number}), received from {first} to {last}"
    columns, rows = _rows(found, by, calendar.local)
    if format == "csv":
        sys.stdout.write(as_csv(columns, rows))
    elif format == "json":
        sys.stdout.write(as_json([dict(zip(columns, row, strict=True)) for row in rows]))
    else:
        cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
        sys.stdout.write(text_table(title, _BY_BODY if by == "body" else _BY_APPEAL, cells))


def _rows(found: Comparison, by: str, local: Any) -> tuple[Sequence[str], list[Sequence[Any]]]:
    if by == "body":
        return BodyComparison._fields, list(found.by_body())
    before, after = ({(one.appeal, one.body): one for one in late} for late in (found.before, found.after))

    def last_day(one: LateAppeal | None) -> str | None:
        return None if one is None else str(local(one.due - _INSTANT).date())

    rows: list[Sequence[Any]] = []
    for appeal, body in sorted(before.keys() | after.keys(), key=lambda key: (key[0], key[1] or "")):
        was, would = before.get((appeal, body)), after.get((appeal, body))
        closed = next(one.closed for one in (was, would) if one is not None)
        ended = None if closed is None else str(local(closed).date())
        rows.append((appeal, body, was is not None, would is not None, last_day(was), last_day(would), ended))
    return _APPEAL_COLUMNS, rows
