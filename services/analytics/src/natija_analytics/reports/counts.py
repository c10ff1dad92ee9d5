"""Tables of the appeals received in a period, as data: rows, totals and computed rows. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from natija_analytics.reports.definitions import Base, Definitions, Subject, TableDefinition
from natija_analytics.reports.rounding import Rounding
from natija_chassis.reports.period import Period

LineKind = Literal["row", "subtotal", "rest", "unclassified", "total", "apart", "all"]
"""The kind of a line: `row` counts one key; all others are computed. `subtotal` is the sum of the printed rows, `rest`
that of the others. `unclassified` counts appeals without a key, `total` the base, `apart` a form outside the base."""


class GroupCount(NamedTuple):
    """How many appeals of a form have a key; None where they have none."""

    form: str | None
    key: str | None
    appeals: int


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One line. *key* is blank in computed lines, but names the form of one that is apart; *percent* is of the base."""

    kind: LineKind
    key: str
    appeals: int
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Report:
    """A table, with what makes it comparable: period, base and rounding. *printed* counts the rows of a subtotal."""

    subject: Subject
    period: Period
    base: Base
    rounding: Rounding
    lines: tuple[ReportLine, ...]
    printed: int


def build(
    subject: Subject, period: Period, counts: Iterable[GroupCount], definitions: Definitions, order: Iterable[str]
) -> Report:
    """The report of *counts*; *order* lists the keys as the directory prints them."""
    definition = definitions.table(subject)
    base: Counter[str | None] = Counter()
    apart: Counter[str] = Counter()
    for form, key, appeals in counts:
        if form in definitions.base.forms:
            base[key] += appeals
        else:
            apart[form or ""] += appeals
    unclassified = base.pop(None, 0)
    rows = _ordered({key: appeals for key, appeals in base.items() if key and appeals}, definition, order)
    head, tail = (rows, []) if definition.first is None else (rows[: definition.first], rows[definition.first :])
    body = [*head]
    if tail:
        body.append(("rest", "", sum(appeals for *_, appeals in tail)))
    if unclassified:
        body.append(("unclassified", "", unclassified))
    lines = _shared(body, len(head) if tail else None, definition.rounding)
    lines += _apart(apart, sum(base.values()) + unclassified)
    return Report(subject, period, definitions.base, definition.rounding, tuple(lines), len(head))


def by_month(period: Period, counts: Iterable[GroupCount], definitions: Definitions) -> dict[date, int]:
    """The appeals of the base in each month of *period*, by its first day."""
    first = period.first_day.replace(day=1)
    months = 12 * (period.last_day.year - first.year) + period.last_day.month - first.month + 1
    found = {
        date(first.year + (first.month - 1 + place) // 12, (first.month - 1 + place) % 12 + 1, 1): 0
        for place in range(months)
    }
    for form, key, appeals in counts:
        if form in definitions.base.forms and key:
            found[date.fromisoformat(f"{key}-01")] += appeals
    return found


_Body = tuple[LineKind, str, int]


def _ordered(counts: Mapping[str, int], definition: TableDefinition, order: Iterable[str]) -> list[_Body]:
    """Keys the directory does not know come last, by name."""
    place = {key: index for index, key in enumerate(order)}
    known = sorted(counts, key=lambda key: (place.get(key, len(place)), key))
    if definition.order == "count":
        known.sort(key=lambda key: -counts[key])
    return [("row", key, counts[key]) for key in known]


def _shared(body: list[_Body], subtotal_of: int | None, rounding: Rounding) -> list[ReportLine]:
    """The lines with a share, and their total. The total's share is the sum of the printed ones: it may be 99.99."""
    base = sum(appeals for *_, appeals in body)
    percents: list[Decimal | None] = list(rounding.percents([one[2] for one in body], base)) if base else []
    lines = [ReportLine(*one, percent) for one, percent in zip(body, percents, strict=True)]
    total = ReportLine(
        "total", "", base, sum((line.percent or Decimal(0) for line in lines), Decimal(0)) if base else None
    )
    if subtotal_of is not None:
        printed = sum(line.appeals for line in lines[:subtotal_of])
        lines.insert(subtotal_of, ReportLine("subtotal", "", printed, rounding.percent(printed, base)))
    return [*lines, total]


def _apart(apart: Mapping[str, int], base: int) -> list[ReportLine]:
    lines = [ReportLine("apart", form, appeals, None) for form, appeals in sorted(apart.items()) if appeals]
    return [*lines, ReportLine("all", "", base + sum(apart.values()), None)] if lines else []
