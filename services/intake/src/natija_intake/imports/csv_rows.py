"""Rows out of the lines of a CSV file, so that no line of a citizen's letter is taken for a row.

It holds for a file that doubles the quotes inside quoted cells, with one quote lost or added anywhere. A row is given
once it is proven that no cell is open around it. A later line that opens a cell proves it, and so do a million
characters: no letter is that long. Lines without a proof are told and not read.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from natija_intake.imports.csv_record import MAX_CELL, CsvRecord, Reading, RowShape, StrayQuote

_OVERSIZE = f"has a cell of more than {MAX_CELL:,} characters"
_LIKE_ROWS = "a cell holds lines that look like rows: a quote is missing in these lines, or the cell quotes rows"
_UNOPENED = "a quote closes a cell and nothing opened it: a quote is missing in these lines"
_UNBALANCED = "the quotes of line {} are wrong: where the next row begins is not certain, and nothing more is read"


class CsvRow(NamedTuple):
    """A row with its first and last line, from 1. *broken* says why its lines cannot be one; then it has no cells."""

    line: int
    last_line: int
    cells: list[str]
    broken: str | None = None


class RowReader:
    """Reads the rows of *lines*, whose first is number *line*, in a file with *delimiter* and rows of this *shape*.

    *refused_from* is the first line that was not read for want of a proof, None while all were read.
    """

    def __init__(self, lines: Iterable[str], line: int, delimiter: str, shape: RowShape) -> None:
        self.refused_from: int | None = None
        self._lines = iter(lines)
        self._number = line - 1
        self._delimiter = delimiter
        self._shape = shape
        self._unproven: deque[tuple[CsvRow, int]] = deque()
        self._unproven_size = 0

    def rows(self) -> Iterator[CsvRow]:
        """Every row that is not blank, in the order of lines."""
        while (line := self._next()) is not None:
            yield from self._row(line)
            if self.refused_from is not None:
                return
        yield from self._release()

    def _next(self) -> str | None:
        line = next(self._lines, None)
        self._number += line is not None
        return line

    def _row(self, line: str) -> Iterator[CsvRow]:
        """Read the record that begins with *line*."""
        if not line.strip("\r\n"):
            return
        first, record = self._number, CsvRecord(self._delimiter)
        proven = self._opens_cell(line)
        size, others, like_rows = len(line), list[StrayQuote](), False
        while (reading := record.feed(line)) is Reading.OPEN:
            if record.opened_in_line is not None:
                others.append(
                    StrayQuote(self._shape, self._delimiter, self._number, record.cells, record.opened_in_line)
                )
            following = self._next()
            if following is None:
                yield from self._refuse(first)
                return
            line, size = following, size + len(following)
            for other in others:
                other.feed(line)
            others = [other for other in others if other.alive]
            like_rows = like_rows or self._is_row(line)
        doubt = any(other.inside and (other.complete or like_rows) for other in others)
        if reading is Reading.MALFORMED or doubt:
            yield from self._refuse(first)
        else:
            yield from self._complete(first, record, size, like_rows, proven=proven)

    def _is_row(self, line: str) -> bool:
        record = CsvRecord(self._delimiter)
        return record.feed(line) is Reading.COMPLETE and self._shape.fits(record.cells)

    def _opens_cell(self, line: str) -> bool:
        """Whether a quote of *line* can only open a cell: then no cell was open before the line."""
        return '"' in line and CsvRecord(self._delimiter, inside=True).feed(line) is Reading.MALFORMED

    def _complete(self, first: int, record: CsvRecord, size: int, like_rows: bool, *, proven: bool) -> Iterator[CsvRow]:
        if record.unopened and (self._has_unlike_row() or not self._shape.fits(record.cells)):
            yield from self._reject_unopened(first)
            return
        if proven:
            yield from self._release()
        broken = _OVERSIZE if record.oversize else _LIKE_ROWS if like_rows else None
        row = CsvRow(first, self._number, [] if broken else record.cells, broken)
        if proven and (broken or self._shape.has_width(row.cells)):
            yield row
            return
        self._unproven.append((row, size))
        self._unproven_size += size
        while self._unproven_size > MAX_CELL:
            row, size = self._unproven.popleft()
            self._unproven_size -= size
            yield row

    def _release(self) -> Iterator[CsvRow]:
        """Give the rows that waited for a proof."""
        while self._unproven:
            yield self._unproven.popleft()[0]
        self._unproven_size = 0

    def _has_unlike_row(self) -> bool:
        """Whether a record that waits for a proof has not as many cells as the header: it may begin a letter."""
        return any(not row.broken and not self._shape.has_width(row.cells) for row, _ in self._unproven)

    def _reject_unopened(self, first: int) -> Iterator[CsvRow]:
        """Tell the rows that may stand in a cell that ends in this record: its opening quote is lost."""
        yield CsvRow(self._forget(first), self._number, [], _UNOPENED)

    def _refuse(self, first: int) -> Iterator[CsvRow]:
        """Tell that nothing is read from the oldest row without a proof on."""
        self.refused_from = self._forget(first)
        while self._next() is not None:
            pass
        yield CsvRow(self.refused_from, self._number, [], _UNBALANCED.format(first))

    def _forget(self, first: int) -> int:
        """Forget the rows that wait for a proof; the first line of the oldest, or else *first*."""
        begin = self._unproven[0][0].line if self._unproven else first
        self._unproven.clear()
        self._unproven_size = 0
        return begin
