"""A table of a page. templates/components/tables.html draws it: rows are cards where the window is narrow."""

from typing import NamedTuple


class Column(NamedTuple):
    """A column under its heading; the first one names the row."""

    text: str
    numeric: bool = False


class TableRow(NamedTuple):
    """The texts of a row. A *strong* one is a sum. The first text is a link to *href*, where it has one."""

    cells: tuple[str, ...]
    strong: bool = False
    href: str | None = None


class Table(NamedTuple):
    """*rows* under *columns*."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]
