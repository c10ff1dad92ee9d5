"""One record of a CSV file by RFC 4180, line by line, so that a quote that is not closed is noticed where it matters.

Python's csv module reads on after such a quote as it can, and takes text of a cell for rows.
"""

from collections.abc import Callable, Sequence
from enum import Enum

MAX_CELL = 1_000_000
"""The most characters of a cell."""

QUOTE = '"'
_BLANKS = " \t"


class Reading(Enum):
    """How far a record is read."""

    OPEN = "a quoted cell goes on in the next line"
    COMPLETE = "the record ended with the line"
    MALFORMED = "text follows a closing quote"


class CsvRecord:
    """A record while its lines are read. *inside* begins inside a quoted cell.

    *cells* are those that have ended. *oversize* tells that a cell has more than `MAX_CELL` characters: then no more
    text is kept. *unopened* tells that a quote stands where it could only close a cell, and no cell was open.
    """

    def __init__(self, delimiter: str, *, inside: bool = False) -> None:
        self.cells: list[str] = []
        self.oversize = False
        self.unopened = False
        self.opened_in_line: str | None = None
        """The rest of the last line from its open quote on, if that line opened the cell that is open."""
        self._delimiter = delimiter
        self._blanks = _BLANKS.replace(delimiter, "")
        self._open: list[str] | None = [] if inside else None
        self._size = 0

    def feed(self, line: str) -> Reading:
        """Read the next *line*, with its line end."""
        body = line.rstrip("\r\n")
        self.opened_in_line = None
        if self._open is None and QUOTE not in body:
            for cell in body.split(self._delimiter):
                self._add(cell)
            return Reading.COMPLETE
        place = 0
        while True:
            if self._open is None and body.startswith(QUOTE, place):
                self._open, self._size, place = [], 0, place + 1
                self.opened_in_line = line[place - 1 :]
            if self._open is None:
                place = self._plain(body, place)
            else:
                closing = _closing(body, place)
                if closing < 0:
                    self._keep(line[place:])
                    return Reading.OPEN
                self._keep(line[place:closing])
                place = self._close(body, closing + 1)
                if place < 0:
                    return Reading.MALFORMED
            if place > len(body):
                return Reading.COMPLETE

    def _plain(self, body: str, place: int) -> int:
        """Read a cell without quotes; the place after its delimiter."""
        end = body.find(self._delimiter, place)
        end = len(body) if end < 0 else end
        cell = body[place:end]
        self.unopened |= cell.endswith(QUOTE)
        self._add(cell)
        return end + 1

    def _close(self, body: str, place: int) -> int:
        """End the open cell before *place*; the place after its delimiter, -1 when text follows."""
        self._add("".join(self._open or ()).replace(QUOTE * 2, QUOTE))
        self._open, self.opened_in_line = None, None
        while place < len(body) and body[place] in self._blanks:
            place += 1
        return place + 1 if place == len(body) or body[place] == self._delimiter else -1

    def _keep(self, text: str) -> None:
        self._size += len(text)
        if self._size > MAX_CELL:
            self.oversize = True
        if self._open is not None:
            if self.oversize:
                self._open.clear()
            else:
                self._open.append(text)

    def _add(self, cell: str) -> None:
        self.oversize |= len(cell) > MAX_CELL
        self.cells.append("" if self.oversize else cell)


def _closing(body: str, place: int) -> int:
    """The next quote from *place* on that is not doubled; -1 when there is none."""
    while (found := body.find(QUOTE, place)) >= 0:
        if not body.startswith(QUOTE, found + 1):
            return found
        place = found + 2
    return -1


class RowShape:
    """The shape of a register's rows: the number of cells, a filled id, a time that can be read."""

    def __init__(self, width: int, id: int, time: int, is_time: Callable[[str], bool]) -> None:
        self._width, self._id, self._time, self._is_time = width, id, time, is_time

    def fits(self, cells: Sequence[str]) -> bool:
        """Whether *cells* may be a row."""
        return len(cells) == self._width and self._plausible(cells)

    def may_begin(self, cells: Sequence[str]) -> bool:
        """Whether *cells* may begin a row whose next cell goes on in the next line."""
        return len(cells) < self._width and len(cells) not in (self._id, self._time) and self._plausible(cells)

    def has_width(self, cells: Sequence[str]) -> bool:
        """Whether there are as many cells as in the header."""
        return len(cells) == self._width

    def _plausible(self, cells: Sequence[str]) -> bool:
        if len(cells) > self._id and not cells[self._id].strip():
            return False
        return len(cells) <= self._time or self._is_time(cells[self._time].strip())


class StrayQuote:
    """The other reading of a quoted cell that spans lines: its quote opens nothing, and its next lines are rows.

    *first* is the number of the line with the quote. *complete* tells that this line is then a row by itself. *alive*
    is False once a line cannot be a row; *inside* tells that the last line ends within a quoted cell.
    """

    def __init__(self, shape: RowShape, delimiter: str, first: int, before: Sequence[str], rest: str) -> None:
        self.first = first
        self.complete = shape.fits([*before, *rest.rstrip("\r\n").split(delimiter)])
        self.alive = True
        self._shape, self._delimiter = shape, delimiter
        self._record: CsvRecord | None = None

    @property
    def inside(self) -> bool:
        return self._record is not None

    def feed(self, line: str) -> None:
        """Read the next *line* in this way."""
        if not line.strip():
            self.alive = self.alive and self._record is None
            return
        record = self._record or CsvRecord(self._delimiter)
        match record.feed(line):
            case Reading.MALFORMED:
                self.alive = False
            case Reading.OPEN:
                self.alive, self._record = self._shape.may_begin(record.cells), record
            case Reading.COMPLETE:
                self.alive, self._record = self._shape.fits(record.cells), None
