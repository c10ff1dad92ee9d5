"""The history of one appeal: a table for people, in their language; JSON for programs."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from natija_analytics.projection.state import HistoryRow
from natija_analytics.rendering.captions import CAPTIONS
from natija_chassis.reports.localized import local_time
from natija_chassis.reports.output import plain
from natija_chassis.reports.tables import ColumnStyle, text_table
from natija_events.reference.data import ReferenceData
from natija_events.words import Language, word

_HIDDEN = ("appeal", "closure")
"""Columns of the history that only queries need, and the one that all rows share."""


def history_json(appeal: str, rows: Iterable[HistoryRow]) -> dict[str, Any]:
    """The history as a JSON object: the appeal's number and its `events`, by name of column."""
    events = [{name: plain(value) for name, value in row._asdict().items() if name not in _HIDDEN} for row in rows]
    return {"appeal": appeal, "events": events}


def history_table(
    appeal: str, rows: Iterable[HistoryRow], reference: ReferenceData, language: Language, zone: ZoneInfo
) -> str:
    """The history as a table: when, what, and by which publisher."""
    lines = [
        (
            str(row.sequence),
            local_time(row.time, zone, seconds=True),
            _event(row, reference, language, zone),
            row.source,
        )
        for row in rows
    ]
    columns: dict[str, ColumnStyle] = {
        "#": "number",
        CAPTIONS("time", language): "code",
        CAPTIONS("event", language): "text",
        CAPTIONS("source", language): "text",
    }
    return text_table(f"{appeal} ({zone.key})", columns, lines)


def _event(row: HistoryRow, reference: ReferenceData, language: Language, zone: ZoneInfo) -> str:
    parts = [word("type", row.type, language)]
    if row.topic:
        parts.append(reference.name("topics", row.topic, language))
    if row.body:
        parts.append(reference.name("bodies", row.body, language))
    if row.due:
        parts.append(f"{CAPTIONS('due', language).lower()} {local_time(row.due, zone)}")
    if row.outcome:
        parts.append(word("outcome", row.outcome, language))
    state = f" → {word('state', row.state, language)}" if row.state else ""
    return ", ".join(parts) + state
