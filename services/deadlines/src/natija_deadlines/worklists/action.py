"""The work of the commands of worklists: select, and print."""

import sys
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import typer

from natija_chassis.reports.freshness import current_projection
from natija_chassis.reports.options import ReportFormat
from natija_chassis.reports.output import stream_csv, stream_json
from natija_chassis.reports.tables import ColumnStyle, text_table
from natija_chassis.time_zones import YEARS
from natija_deadlines.policies.policy import load_policies
from natija_deadlines.settings import DeadlinesSettings
from natija_deadlines.terms.projection import TermsProjection
from natija_deadlines.worklists.commands import WorklistBy
from natija_deadlines.worklists.queries import ListPlace, Sums
from natija_deadlines.worklists.rows import Row, Told
from natija_deadlines.worklists.selection import Selection, Within
from natija_deadlines.worklists.worklist import Worklists, last_event

_INSTANT = timedelta(microseconds=1)
MAX_ROWS = 100
"""Appeals in a table; csv and json have all."""
_ROWS: dict[str, ColumnStyle] = {
    "Appeal": "code", "Last day": "code", "Late": "number", "Body": "code", "Executor": "text", "Told": "code",
}  # fmt: skip
_FIELDS = tuple(name for name in Row._fields if name != "only_dates")
"""Of csv and json. A command knows no rights of single people."""
_SUMS: dict[str, ColumnStyle] = {
    "Body": "text", "Executor": "text", "Appeals": "number", "Late": "number", "First": "code",
}  # fmt: skip


async def print_list(
    within: Within | None, by: WorklistBy, body: str | None, executor: str | None, as_of: str | None, known: str | None,
    format: ReportFormat,
) -> None:  # fmt: skip
    """Print the list or its sums. Raises `typer.BadParameter`, `OperatorError`."""
    past = as_of is not None or known is not None
    if past and (executor is not None or by == "executor"):
        raise typer.BadParameter("executors are known as of now only", param_hint="--executor, --by")
    settings = DeadlinesSettings()
    at = _instant(as_of, "--as-of") or settings.injected_clock.now()
    selection = Selection(at, within, body, executor, past, _instant(known, "--known"))
    lists = Worklists(TermsProjection(load_policies(settings.policies, settings.calendars)))
    async with current_projection(settings) as connection:
        newest = await last_event(connection)
        if format == "table" and by == "appeal":
            page = await lists.page(connection, selection, ListPlace(), MAX_ROWS)
            sys.stdout.write(_table(selection, newest, page.rows, more=page.next is not None))
        elif by == "appeal":
            await _write(format, _head(selection, newest), _FIELDS, _flat(lists.rows(connection, selection)))
        else:
            sums = await lists.sums(connection, selection, by)
            if format == "table":
                sys.stdout.write(text_table(_title(selection, newest), _SUMS, map(_cells_of_sums, sums)))
            else:
                await _write(format, _head(selection, newest), Sums._fields, _each(sums))


def _instant(given: str | None, option: str) -> datetime | None:
    if given is None:
        return None
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        raise typer.BadParameter("is not an instant such as 2026-12-01T09:00:00+06:00", param_hint=option) from None
    if found.tzinfo is None:
        raise typer.BadParameter("needs an offset, such as 2026-12-01T09:00:00+06:00", param_hint=option)
    if found.year not in YEARS:
        raise typer.BadParameter(f"must be in the years {YEARS[0]} to {YEARS[-1]}", param_hint=option)
    return found


def _head(selection: Selection, newest: datetime | None) -> dict[str, Any]:
    name = "breaches" if selection.within is None else "due"
    times = {"as_of": selection.at, "known": selection.known, "last_event": newest}
    return {"list": name, "within": selection.within} | {
        key: None if value is None else value.isoformat() for key, value in times.items()
    }


def _title(selection: Selection, newest: datetime | None) -> str:
    names = {None: "In breach", "today": "Due today", "week": "Due this week"}
    newest_event = "none" if newest is None else _minute(newest)
    return f"{names[selection.within]}, as of {_minute(selection.at)}; newest event {newest_event}"


def _table(selection: Selection, newest: datetime | None, rows: Sequence[Row], *, more: bool) -> str:
    table = text_table(_title(selection, newest), _ROWS, [_cells(one, selection) for one in rows])
    return f"{table}Only the first {MAX_ROWS} are shown; --format csv has all.\n" if more else table


def _cells(row: Row, selection: Selection) -> tuple[str, ...]:
    instant = row.breach if selection.within is None else row.due
    last_day = "" if instant is None else str((instant - _INSTANT).date())
    late = "" if row.days is None else str(row.days)
    told = row.told[-1].to or "" if row.told else ""
    executor = " ".join(filter(None, [row.executor, "(paused)" if row.paused else None]))
    return row.appeal, last_day, late, row.body or "", executor, told


def _cells_of_sums(sums: Sums) -> tuple[str, ...]:
    return sums.body or "", sums.executor or "", f"{sums.appeals:,}", f"{sums.late:,}", _minute(sums.first)


def _minute(instant: datetime) -> str:
    return instant.isoformat(timespec="minutes")


async def _flat(rows: AsyncIterator[Row]) -> AsyncIterator[tuple[Any, ...]]:
    """Rows as programs read them: the steps that were told are one text."""
    async for row in rows:
        printed = {**row._asdict(), "told": _text(row.told)}
        yield tuple(printed[name] for name in _FIELDS)


def _text(told: Sequence[Told]) -> str:
    return "; ".join(f"{one.term} {one.step} {one.to or ''} {one.time.isoformat()}" for one in told)


async def _write(
    format: ReportFormat, head: dict[str, Any], columns: tuple[str, ...], rows: AsyncIterator[tuple[Any, ...]]
) -> None:
    pieces = stream_csv(columns, rows) if format == "csv" else stream_json(head, columns, rows)
    async for piece in pieces:
        sys.stdout.write(piece)


async def _each(rows: Sequence[tuple[Any, ...]]) -> AsyncIterator[tuple[Any, ...]]:
    for row in rows:
        yield row
