"""Plain text tables, 80 columns wide: as good in a file as on a screen."""

import io
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Literal

from natija_chassis.reports.safe_text import as_printed

WIDTH = 80
ColumnStyle = Literal["text", "code", "number"]
"""A `text` column wraps where it has to, a `code` or a `number` never does; numbers are aligned to the right."""


def text_table(
    title: str, columns: Mapping[str, ColumnStyle], rows: Iterable[Sequence[str]], sections: Container[int] = ()
) -> str:
    """*rows* under the headings of *columns* and a *title*. A blank line comes before each row whose index is in
    *sections*. Characters that are not seen are printed as their codes."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading, style in columns.items():
        table.add_column(heading, justify="right" if style == "number" else "left", no_wrap=style != "text")
    for index, row in enumerate(rows):
        if index in sections:
            table.add_section()
        table.add_row(*map(as_printed, row))
    text = io.StringIO()
    console = Console(file=text, width=WIDTH, color_system=None, markup=False, emoji=False)
    console.print(as_printed(title))
    console.print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"
