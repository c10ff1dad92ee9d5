"""A register's CSV file: its rows with their lines. Gzip, BOM and blank lines are handled."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO

from natija_chassis.time_zones import time_zone
from natija_intake.imports.csv_record import CsvRecord, Reading, RowShape
from natija_intake.imports.csv_rows import CsvRow, RowReader
from natija_intake.imports.local_times import LocalTimes
from natija_intake.imports.mapping import RegisterMapping

_GZIP = b"\x1f\x8b"
_HEADER_LINES = 100


class CsvFileError(Exception):
    """The file cannot be read as the mapping describes it. The message holds no value of the file."""


class CsvFile:
    """The file at *path*, as *mapping* describes it. Bytes that are not text in its encoding affect only their row.

    *refused_from* is the first of the lines that `rows` refused to read, None when it read them all.
    """

    def __init__(self, path: Path, mapping: RegisterMapping) -> None:
        self._path = path
        self._mapping = mapping
        self.header, self._header_lines = self._header()
        self.refused_from: int | None = None

    def rows(self) -> Iterator[CsvRow]:
        """Every row after the header. Raises `CsvFileError` when the file ends in the middle of its compression."""
        with self._opened() as stream:
            lines = islice(stream, self._header_lines, None)
            reader = RowReader(lines, self._header_lines + 1, self._mapping.delimiter, self._shape())
            yield from reader.rows()
            self.refused_from = reader.refused_from

    def count(self) -> int:
        """The number of rows."""
        return sum(1 for _ in self.rows())

    def _shape(self) -> RowShape:
        mapping = self._mapping
        times = LocalTimes(time_zone(mapping.zone), mapping.time_format)
        id, time = self.header.index(mapping.external_id), self.header.index(mapping.events[0].time)
        return RowShape(len(self.header), id, time, times.reads)

    def _header(self) -> tuple[list[str], int]:
        """The names of the columns, and how many lines they take."""
        record, reading, lines = CsvRecord(self._mapping.delimiter), Reading.OPEN, 0
        with self._opened() as stream:
            while reading is Reading.OPEN and lines < _HEADER_LINES:
                reading, lines = record.feed(stream.readline()), lines + 1
        if reading is not Reading.COMPLETE or record.oversize:
            raise CsvFileError("the first line is not CSV")
        header = [name.strip() for name in record.cells]
        wanted = self._mapping.columns()
        missing = sorted(wanted.difference(header))
        if missing:
            raise CsvFileError(f"the mapping reads columns that the file does not have: {', '.join(missing)}")
        doubled = sorted(name for name in wanted if header.count(name) > 1)
        if doubled:
            raise CsvFileError(f"columns of the mapping occur twice in the file: {', '.join(doubled)}")
        return header, lines

    @contextmanager
    def _opened(self) -> Iterator[TextIO]:
        with self._path.open("rb") as raw:
            zipped = raw.read(2) == _GZIP
        opener = gzip.open if zipped else open
        try:
            with opener(
                self._path, "rt", encoding=self._mapping.encoding, errors="surrogateescape", newline=""
            ) as stream:
                yield stream
        except (EOFError, zlib.error, gzip.BadGzipFile, UnicodeError):
            raise CsvFileError("the file is damaged, or not in the encoding the mapping says") from None
