"""Verdicts and histories as text: CSV and JSON with ids and instants in UTC, tables with names and local times."""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from natija_analytics.projection.rows import HistoryRow
from natija_analytics.rendering.captions import Language, word
from natija_analytics.rendering.count_report import ColumnStyle, as_csv, as_json, columns_table, number
from natija_analytics.reports.overdue import AppealLateness, Key, LatenessSums
from natija_chassis.realm.directory import Directory, Section

_SECTIONS: dict[Key, Section] = {"body": "bodies", "topic": "topics", "region": "regions"}
MOST = 100
"""Appeals in a table; for all there are CSV and JSON."""
_HIDDEN = ("closure", "moves_due")
"""Columns of the history that are for computing with."""


async def overdue_csv(columns: Sequence[str], verdicts: AsyncIterator[Sequence[Any]]) -> AsyncIterator[str]:
    """*verdicts* as CSV under *columns*, piece by piece: ISO 8601 with offset, true and false, blank for nothing."""
    yield as_csv(columns, [])
    async for some in _chunks(verdicts):
        yield as_csv(None, [tuple(map(_cell, verdict)) for verdict in some])


async def overdue_json(
    by: str, at: datetime, columns: Sequence[str], verdicts: AsyncIterator[Sequence[Any]]
) -> AsyncIterator[str]:
    """*verdicts* as one JSON object, piece by piece; its `rows` have *columns* as their names."""
    yield f'{{"report": "overdue", "by": "{by}", "as_of": "{at.isoformat()}", "rows": ['
    separator = "\n"
    async for some in _chunks(verdicts):
        rows = (json.dumps(dict(zip(columns, map(_value, one), strict=True)), ensure_ascii=False) for one in some)
        yield separator + ",\n".join(rows)
        separator = ",\n"
    yield "\n]}\n"


def appeals_table(
    verdicts: Iterable[AppealLateness], at: datetime, directory: Directory, language: Language, zone: ZoneInfo
) -> str:
    """The overdue appeals in the order of their terms, `MOST` at most, and the count of all."""
    received = closed = 0
    overdue = []
    for verdict in verdicts:
        received += 1
        closed += verdict.closed is not None
        if verdict.overdue:
            overdue.append(verdict)
    # A missed term may have been withdrawn later: that appeal has no due instant and comes first.
    overdue.sort(key=lambda verdict: verdict.due.timestamp() if verdict.due else 0)
    columns: dict[str, ColumnStyle] = {
        word("number", language): "code",
        word("external_id", language): "code",
        word("body", language): "text",
        word("due", language): "code",
        word("closed", language): "code",
    }
    rows = [
        (
            verdict.number,
            verdict.external_id or "",
            "" if verdict.body is None else directory.name("bodies", verdict.body, language),
            _local(verdict.due, zone),
            _local(verdict.closed, zone),
        )
        for verdict in overdue[:MOST]
    ]
    counts = {"received": received, "closed": closed, "overdue": len(overdue), "shown": len(rows)}
    sums = word("sums", language, **{name: number(count, language) for name, count in counts.items()})
    return columns_table(_title(at, language, zone), columns, rows) + sums + "\n"


def keys_table(
    key: Key, verdicts: Iterable[LatenessSums], at: datetime, directory: Directory, language: Language, zone: ZoneInfo
) -> str:
    """A line per key by its name, and their sum."""
    rows, sums = [], [0, 0, 0, 0]
    for verdict in verdicts:
        name = word("none", language) if verdict.key is None else directory.name(_SECTIONS[key], verdict.key, language)
        sums = [before + more for before, more in zip(sums, verdict[1:], strict=True)]
        rows.append((name, *(number(figure, language) for figure in verdict[1:])))
    rows.append((word("total", language), *(number(figure, language) for figure in sums)))
    figures: dict[str, ColumnStyle] = {word(name, language): "figure" for name in LatenessSums._fields[1:]}
    return columns_table(_title(at, language, zone), {word(key, language): "text", **figures}, rows)


def history_json(appeal: str, rows: Iterable[HistoryRow]) -> str:
    """The history as a JSON object: the appeal's number and its `events`."""
    return as_json({"appeal": appeal, "events": history_records(rows)})


def history_records(rows: Iterable[HistoryRow]) -> list[dict[str, Any]]:
    """The events of a history by name of column, as JSON has them."""
    return [
        {name: _value(value) for name, value in row._asdict().items() if name not in _HIDDEN and name != "appeal"}
        for row in rows
    ]


def history_table(
    appeal: str, rows: Iterable[HistoryRow], directory: Directory, language: Language, zone: ZoneInfo
) -> str:
    """The history for people: when, what, and who said so."""
    lines = [
        (str(row.sequence), _local(row.time, zone, ":%S"), _what(row, directory, language, zone), row.source)
        for row in rows
    ]
    columns: dict[str, ColumnStyle] = {
        "#": "figure",
        word("time", language): "code",
        word("event", language): "text",
        word("source", language): "text",
    }
    return columns_table(f"{appeal} ({zone.key})", columns, lines)


def _what(row: HistoryRow, directory: Directory, language: Language, zone: ZoneInfo) -> str:
    said = [row.type.removeprefix("appeal.").rpartition(".")[0] or row.type]
    if row.topic:
        said.append(directory.name("topics", row.topic, language))
    if row.body:
        said.append(directory.name("bodies", row.body, language))
    if row.due:
        said.append(f"{word('due', language).lower()} {_local(row.due, zone)}")
    if row.outcome:
        said.append(row.outcome)
    if row.state:
        said.append(f"→ {row.state}")
    return ", ".join(said).replace(", →", " →")


def _title(at: datetime, language: Language, zone: ZoneInfo) -> str:
    return word("overdue", language, at=f"{_local(at, zone)} ({zone.key})")


def _local(instant: datetime | None, zone: ZoneInfo, seconds: str = "") -> str:
    return "" if instant is None else instant.astimezone(zone).strftime(f"%Y-%m-%d %H:%M{seconds}")


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else _value(value)


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, (bool, int)) else str(value)


async def _chunks(rows: AsyncIterator[Sequence[Any]], size: int = 500) -> AsyncIterator[list[Sequence[Any]]]:
    some: list[Sequence[Any]] = []
    async for row in rows:
        some.append(row)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some
