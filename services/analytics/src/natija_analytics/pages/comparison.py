"""Two regions side by side: the public tables of each, joined by their keys. Pure.

Each count is one of a public table of one region, with what is hidden there. So the two tables together tell no more
than each by itself.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple, get_args

from natija_analytics.pages import files, public_figures
from natija_analytics.pages.files import Record
from natija_analytics.pages.snapshots import Snapshot
from natija_analytics.reports.rounding import Rounding
from natija_chassis.pages.data_age import DataAge
from natija_events.reference.data import ReferenceData
from natija_events.words import Language

ComparedName = Literal["totals", "months", "channels", "topics", "late-answers"]
COMPARED: Sequence[ComparedName] = get_args(ComparedName)
_COUNTS: Mapping[ComparedName, tuple[str, ...]] = {"late-answers": ("answered", "answered_late")}
"""The counts in a row of a table; `appeals` where there is no entry."""
_KINDS = ("row", "rest", "unclassified", "total")
"""The kinds of lines that are compared. A subtotal is of other rows in each region."""
_ROUNDING = Rounding.parse("HALF_UP 1")
"""For shares that no report of the realm has."""
_MONTH = re.compile(r"\d{4}-\d\d", re.ASCII)
_NEVER = datetime.min.replace(tzinfo=UTC)
_WORST = ("stale", "catching-up", "current")


class Pair(NamedTuple):
    """The snapshots of two regions in one period."""

    first: Snapshot
    second: Snapshot

    @property
    def age(self) -> DataAge:
        """The age of the older data."""
        return min((one.age for one in self), key=lambda age: (_WORST.index(age.state), age.as_of or _NEVER))


class ComparedRow(NamedTuple):
    """The row of a *key* (a code, or blank for a sum) in both tables, in the order of the pair."""

    key: str
    name: str
    kind: str
    first: Record
    second: Record

    @property
    def month(self) -> date | None:
        """The first day of the month that the row is about."""
        return date.fromisoformat(f"{self.key}-01") if _MONTH.fullmatch(self.key) else None


def columns(table: ComparedName) -> tuple[str, ...]:
    """The values of a region in a row of *table*: its counts, and a share."""
    return (*_COUNTS.get(table, ("appeals",)), "percent")


def rows(table: ComparedName, pair: Pair, reference: ReferenceData, language: Language) -> list[ComparedRow]:
    """The rows of *table*. A table that is withheld has hidden counts only; without both there are no rows."""
    found = [_by_key(table, one, reference, language) for one in pair]
    compared = [
        ComparedRow(
            key, next(one[kind, key]["name"] for one in found if (kind, key) in one), kind,
            *(_values(table, kind, key, *one) for one in zip(pair, found, strict=True)),
        )
        for kind, key in {**found[0], **found[1]}
        if kind in _KINDS
    ]  # fmt: skip
    return sorted(compared, key=lambda row: _KINDS.index(row.kind))


def records(table: ComparedName, pair: Pair, reference: ReferenceData, language: Language) -> list[Record]:
    """The same as rows of a file. The names of counts begin with the region."""
    return [
        {"key": row.key, "name": row.name}
        | {
            f"{snapshot.filter.region}.{name}": values[name]
            for snapshot, values in zip(pair, (row.first, row.second), strict=True)
            for name in (*columns(table), "hidden")
        }
        | {"kind": row.kind}
        for row in rows(table, pair, reference, language)
    ]


def to_json(table: ComparedName, pair: Pair, zone: str, found: Sequence[Record]) -> dict[str, Any]:
    """*found* as JSON, with what it was asked for and how old it is."""
    told = files.to_json("topics", pair.first._replace(age=pair.age), zone, found)
    del told["region"], told["body"]
    return {**told, "table": table, "regions": [one.filter.region for one in pair]}


_Keyed = Mapping[tuple[str, str], Record]


def _by_key(table: ComparedName, snapshot: Snapshot, reference: ReferenceData, language: Language) -> _Keyed:
    found = _totals(snapshot) if table == "totals" else files.records(table, snapshot, reference, language)
    return {(one.get("kind", "row"), _key(one)): {"name": _key(one), **one} for one in found}


def _key(record: Record) -> str:
    return record.get("key") or record.get("month") or record.get("body") or ""


def _totals(snapshot: Snapshot) -> list[Record]:
    answered, late = public_figures.answer_totals(snapshot)
    counted = {"received": public_figures.received(snapshot), "answered": answered, "answered_late": late}
    return [
        {"key": name, "appeals": one.value, "hidden": None if one.value is not None else "small"}
        for name, one in counted.items()
    ]


def _values(table: ComparedName, kind: str, key: str, snapshot: Snapshot, found: _Keyed) -> Record:
    """The values of one region in the row of *kind* and *key*. A key that its table lacks has no appeals, or is among
    the rest."""
    *counts, share = columns(table)
    record = found.get((kind, key))
    if record is None:
        hidden = "withheld" if not found else "in-rest" if kind == "row" and ("rest", "") in found else None
        return {**dict.fromkeys(counts, None if hidden else 0), share: None, "hidden": hidden}
    percent = record["percent"] if "percent" in record else _percent(table, key, record, snapshot)
    return {**{name: record[name] for name in counts}, share: percent, "hidden": record["hidden"]}


def _percent(table: ComparedName, key: str, record: Record, snapshot: Snapshot) -> str | None:
    """The share of a count in a sum. Both are shown, or there is none."""
    if table == "months":
        count, base = record["appeals"], public_figures.received(snapshot).value
    elif table == "late-answers":
        count, base = record["answered_late"], record["answered"]
    elif key == "answered_late":
        count, base = record["appeals"], public_figures.answer_totals(snapshot)[0].value
    else:
        return None
    return str(_ROUNDING.percent(count, base)) if count is not None and base else None
