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
        cells.append(ListColumn(words("Executor"), ["" if one.only_dates else _executor(one, names) for one in rows]))
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
        ListColumn(words("Days late"), [names.number(one.days) for one in rows], numeric=True),
        ListColumn(words("Working days"), [names.number(one.working_days) for one in rows], numeric=True),
        ListColumn(words("Missed by"), [_missed_by(one, names, words) for one in rows]),
        ListColumn(words("Whole term"), [_overall(one, names, words) for one in rows]),
    )


def _executor(one: Row, names: Names) -> str:
    return names.executor(one.body, one.executor)


def _last_day(one: Row, names: Names, words: GetText) -> str:
    day = names.last_day(one.due)
    return words("{day}, paused").format(day=day) if one.paused else day


def _missed_by(one: Row, names: Names, words: GetText) -> str:
    """The body that missed the term. Where another one holds the appeal now, its own term is named, too."""
    if one.only_dates:
        return ""
    missed_by = names.body(one.missed_by)
    if one.missed_by == one.body or one.due is None:
        return missed_by
    return words("{body}. The present body has until {day}").format(body=missed_by, day=names.last_day(one.due))


def _overall(one: Row, names: Names, words: GetText) -> str:
    """The term of all bodies together. Before it is forwarded, an appeal has only the one for the answer."""
    due = names.last_day(one.overall_due or one.breach)
    missed = one.overall_missed if one.overall_due else True
    return words("{day}, missed").format(day=due) if missed else words("{day}, running").format(day=due)
