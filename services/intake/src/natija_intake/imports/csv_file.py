"""A register's CSV file: its rows with their first lines. Gzip, BOM and blank lines are handled."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

from natija_intake.imports.mapping import RegisterMapping

csv.field_size_limit(1_000_000)

_GZIP = b"\x1f\x8b"


class CsvFileError(Exception):
    """The file cannot be read as the mapping describes it. The message holds no value of the file."""


class CsvRow(NamedTuple):
    """A row and its first line, from 1. *broken* says why it is not CSV; then it has no cells."""

    line: int
    cells: list[str]
    broken: str | None = None


class CsvFile:
    """The file at *path*, as *mapping* describes it. Bytes that are not text in its encoding affect only their row."""

    def __init__(self, path: Path, mapping: RegisterMapping) -> None:
        self._path = path
        self._mapping = mapping
        self.header = self._header()

    def rows(self) -> Iterator[CsvRow]:
        """Every row after the header. Raises `CsvFileError` when the file ends in the middle of its compression."""
        with self._opened() as stream:
            reader = csv.reader(stream, delimiter=self._mapping.delimiter)
            next(reader)
            while True:
                line = reader.line_num + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error:
                    yield CsvRow(line, [], "is not CSV: a quote that does not end, or a stray line end")
                    continue
                if cells:
                    yield CsvRow(line, cells)

    def count(self) -> int:
        """The number of rows."""
        return sum(1 for _ in self.rows())

    def _header(self) -> list[str]:
        with self._opened() as stream:
            try:
                header = [name.strip() for name in next(csv.reader(stream, delimiter=self._mapping.delimiter), [])]
            except csv.Error:
                raise CsvFileError("the first line is not CSV") from None
        wanted = self._mapping.columns()
        missing = sorted(wanted.difference(header))
        if missing:
            raise CsvFileError(f"the mapping reads columns that the file does not have: {', '.join(missing)}")
        doubled = sorted(name for name in wanted if header.count(name) > 1)
        if doubled:
            raise CsvFileError(f"columns of the mapping occur twice in the file: {', '.join(doubled)}")
        return header

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
