"""A register's file is read whatever is wrong with single rows, and refused when all of it is wrong."""

import gzip
from pathlib import Path

import pytest

from natija_intake.imports.csv_file import CsvFile, CsvFileError
from natija_intake.imports.csv_rows import CsvRow
from natija_intake.imports.mapping import parse


def opened(path: Path, content: bytes, **changes: str) -> CsvFile:
    path.write_bytes(content)
    mapping = {
        "register": "r", "jurisdiction": "KG", "external_id": "id",
        "events": [{"type": "appeal.registered.v1", "time": "came", "data": {"text": {"sealed": "text"}}}],
    }  # fmt: skip
    return CsvFile(path, parse(mapping | changes))


def cells(file: CsvFile) -> list[list[str]]:
    return [row.cells for row in file.rows()]


def test_gzip_and_bom_are_detected(tmp_path: Path) -> None:
    """For every file name."""
    plain = "\ufeffid,came,text\n1,2015,ä\n".encode()
    for content in (plain, gzip.compress(plain)):
        file = opened(tmp_path / "register.csv", content)
        assert file.header == ["id", "came", "text"]
        assert cells(file) == [["1", "2015", "ä"]]
        assert file.count() == 1


def test_row_has_its_lines(tmp_path: Path) -> None:
    """Blank lines are not rows."""
    file = opened(tmp_path / "r.csv", b'id,came,text\n1,a,"two\nlines"\n\n2,b,c\n')
    assert [(row.line, row.last_line, row.cells[0]) for row in file.rows()] == [(2, 3, "1"), (5, 5, "2")]


def test_other_encoding_and_delimiter(tmp_path: Path) -> None:
    file = opened(tmp_path / "r.csv", "id;came;text\n1;a;улица\n".encode("cp1251"), encoding="cp1251", delimiter=";")
    assert cells(file) == [["1", "a", "улица"]]


def test_invalid_bytes_affect_one_cell(tmp_path: Path) -> None:
    file = opened(tmp_path / "r.csv", b"id,came,text\n1,a,\xff\n2,b,c\n")
    assert cells(file) == [["1", "a", "\udcff"], ["2", "b", "c"]]


def test_oversize_row_does_not_stop_reading(tmp_path: Path) -> None:
    file = opened(tmp_path / "r.csv", b"id,came,text\n1,a," + b"x" * 1_000_001 + b"\n2,b,c\n")
    rows = list(file.rows())
    assert rows[0].broken == "has a cell of more than 1,000,000 characters"
    assert rows[1:] == [CsvRow(3, 3, ["2", "b", "c"])]


def test_header_may_span_lines(tmp_path: Path) -> None:
    file = opened(tmp_path / "r.csv", b'id,"came\n",text\n1,a,b\n')
    assert file.header == ["id", "came", "text"]
    assert list(file.rows()) == [CsvRow(3, 3, ["1", "a", "b"])]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"id,text\n", "does not have: came"),
        (b"", "does not have: came, id, text"),
        (b'id,"came,text\n', "first line is not CSV"),
        (b'id,"came"x,text\n', "first line is not CSV"),
        (b"id,came,text,came\n", "occur twice in the file: came"),
        (gzip.compress(b"id,came,text\n" + b"1,a,b\n" * 1000, mtime=0)[:40], "damaged"),
        (b"\x1f\x8bnot gzip at all", "damaged"),
    ],
)
def test_file_without_columns_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    """The file is damaged, lacks a column, or has a column twice."""
    with pytest.raises(CsvFileError, match=says):
        list(opened(tmp_path / "r.csv", content).rows())
