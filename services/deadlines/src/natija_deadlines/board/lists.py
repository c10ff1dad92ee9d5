"""The rows of a list as a page shows them."""

from collections.abc import Sequence
from typing import NamedTuple

from natija_chassis.pages.catalogs import GetText
from natija_chassis.pages.tables import Column, Table, TableRow
from natija_deadlines.board.names import Names
from natija_deadlines.worklists.rows import Row
from natija_deadlines.worklists.selection import Selection


class ListColumn(NamedTuple):
    """A column with the texts of its rows."""

    heading: str
    texts: Sequence[str]
    numeric: bool = False


def table(rows: Sequence[Row], selection: Selection, names: Names, words: GetText, *, title: str, home: str) -> Table:
    """The table of *rows*. Each number leads to the page of its appeal, below *home*."""
    cells = [
        ListColumn(words("Appeal"), [one.appeal for one in rows]),
        ListColumn(words("Body"), [words("Confidential") if one.only_dates else names.body(one.body) for one in rows]),
    ]
    if not selection.past:
        cells.append(
            ListColumn(
                words("Executor"), ["" if one.only_dates else names.executor(one.body, one.executor) for one in rows]
            )
        )
    if selection.within is None:
        cells += _of_breaches(rows, names, words)
    else:
        cells.append(ListColumn(words("Last day"), [_last_day(one, names, words) for one in rows]))
        cells.append(ListColumn(words("Days late"), [names.number(one.days) for one in rows], numeric=True))
    cells.append(ListColumn(words("Told last"), [names.told(one.told[-1]) if one.told else "" for one in rows]))
    columns = tuple(Column(one.heading, one.numeric) for one in cells)
    texts = zip(*(one.texts for one in cells), strict=True)
    return Table(title, columns, tuple(
        TableRow(row, href=f"{home}/appeals/{one.appeal}") for row, one in zip(texts, rows, strict=True)
    ))  # fmt: skip


def _of_breaches(rows: Sequence[Row], names: Names, words: GetText) -> Sequence[ListColumn]:
    return (
        ListColumn(words("Last day"), [names.last_day(one.breach) for one in rows]),
        ListColumn(words("Days late (working days)"), [_days(one, names) for one in rows], numeric=True),
        ListColumn(words("Missed by"), [_missed_by(one, names, words) for one in rows]),
    )


def _days(one: Row, names: Names) -> str:
    working = f" ({names.number(one.working_days)})" if one.working_days is not None else ""
    return names.number(one.days) + working


def _last_day(one: Row, names: Names, words: GetText) -> str:
    day = names.last_day(one.due)
    return words("{day}, paused").format(day=day) if one.paused else day


def _missed_by(one: Row, names: Names, words: GetText) -> str:
    """The body that missed the term. Of an appeal that was forwarded also the present term, and that of all bodies."""
    parts = [] if one.only_dates else [names.body(one.missed_by)]
    if one.due is not None and one.due != one.breach:
        parts.append(words("Present term until {day}").format(day=names.last_day(one.due)))
    if one.overall_due is not None:
        text = (
            words("Term of all bodies missed on {day}")
            if one.overall_missed
            else words("Term of all bodies until {day}")
        )
        parts.append(text.format(day=names.last_day(one.overall_due)))
    return ". ".join(parts)
