"""CSV and JSON for programs: ids, instants in ISO 8601, true and false; in one piece, or streamed.

A register's own names are on the log. So CSV has no formulas, and JSON escapes what a terminal would obey.
"""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from natija_chassis.reports.safe_text import as_cell, escape_json

_CHUNK = 500


def as_csv(columns: Sequence[str] | None, rows: Iterable[Sequence[object]]) -> str:
    """*rows* under a header of *columns*, or without one; None is an empty field."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if columns is not None:
        writer.writerow(columns)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def as_json(value: Any) -> str:
    """*value* as indented JSON; a decimal is a string, so that it keeps its places."""
    return escape_json(json.dumps(value, ensure_ascii=False, indent=1, default=str)) + "\n"


def plain(value: Any) -> Any:
    """*value* as JSON has it: null, true, a number, or a string."""
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, (bool, int)) else str(value)


async def stream_csv(columns: Sequence[str], rows: AsyncIterator[Sequence[Any]]) -> AsyncIterator[str]:
    """*rows* as CSV under *columns*, piece by piece."""
    yield as_csv(columns, [])
    async for some in _chunks(rows):
        yield as_csv(None, some)


async def stream_json(
    head: Mapping[str, Any], columns: Sequence[str], rows: AsyncIterator[Sequence[Any]]
) -> AsyncIterator[str]:
    """One JSON object, piece by piece: the members of *head*, and `rows` as objects with *columns* as their names."""
    yield escape_json(json.dumps(head, ensure_ascii=False))[:-1] + ', "rows": ['
    separator = "\n"
    async for some in _chunks(rows):
        objects = (json.dumps(dict(zip(columns, map(plain, row), strict=True)), ensure_ascii=False) for row in some)
        yield separator + escape_json(",\n".join(objects))
        separator = ",\n"
    yield "\n]}\n"


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return as_cell(value)
    return str(value).lower() if isinstance(value, bool) else plain(value)


async def _chunks(rows: AsyncIterator[Sequence[Any]]) -> AsyncIterator[list[Sequence[Any]]]:
    some: list[Sequence[Any]] = []
    async for row in rows:
        some.append(row)
        if len(some) == _CHUNK:
            yield some
            some = []
    if some:
        yield some
