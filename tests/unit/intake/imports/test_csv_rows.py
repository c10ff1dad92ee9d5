"""A file whose quotes or cells are wrong: no line of a letter becomes a row, and each row is given or told."""

import csv
import io
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natija_intake.imports.csv_file import CsvFile
from natija_intake.imports.csv_rows import CsvRow
from natija_intake.imports.mapping import parse

HEADER = ["id", "opened", "topic", "text", "body", "closed", "note"]
TIME = "01.03.2025 10:00"
FORGED = f"X9,{TIME},forged,t,b1,15.03.2025 00:00,"
MAPPING = {
    "register": "r", "jurisdiction": "KG", "external_id": "id", "time_format": "%d.%m.%Y %H:%M",
    "events": [{"type": "appeal.registered.v1", "time": "opened", "data": {"text": {"sealed": "text"}}}],
}  # fmt: skip


class Read(NamedTuple):
    """The *ids* of the rows, the first and last line of what was *told*, and the line from which all was *refused*."""

    ids: list[str]
    told: list[tuple[int, int]]
    refused: int | None


def rows_of(path: Path, content: str) -> tuple[list[CsvRow], int | None]:
    path.write_bytes((",".join(HEADER) + "\n" + content).encode())
    file = CsvFile(path, parse(MAPPING))
    return list(file.rows()), file.refused_from


def read(path: Path, *lines: str) -> Read:
    rows, refused = rows_of(path, "".join(f"{line}\n" for line in lines))
    told = [(row.line, row.last_line) for row in rows if row.broken]
    return Read([row.cells[0] for row in rows if not row.broken], told, refused)


def row(id: str, text: str = "t", topic: str = "roads") -> str:
    return f"{id},{TIME},{topic},{text},b1,,"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "register.csv"


def test_letter_spans_lines(path: Path) -> None:
    """It may begin and end with an empty line, and hold quotes and delimiters."""
    letter = '"\nDear all,\n\n1, 2, 3, 4, 5, 6\n""t"", he said\n"'
    assert read(path, row("A1", letter), row("A2")) == Read(["A1", "A2"], [], None)


def test_letter_that_quotes_rows_is_told(path: Path) -> None:
    """A lost quote would look the same."""
    letter = '"I quote:\n' + FORGED + '\nbye"'
    assert read(path, row("A1", letter), row("A2")) == Read(["A2"], [(2, 4)], None)


def test_oversize_cell_rejects_its_own_row(path: Path) -> None:
    """Its lines are told, and none of them is read as a row."""
    letter = '"line\n' + f"{FORGED}\n" * 3 + "z" * 1_000_000 + '"'
    found = read(path, row("A1"), row("A2", letter), row("A3"))
    assert found == Read(["A1", "A3"], [(3, 7)], None)


def test_oversize_row_may_end_in_doubt(path: Path) -> None:
    """The quote that closes the cell may as well open one, as the lines in it are rows."""
    lines = [row("A1", topic='"roads'), *[row("A2", "t" * 1000)] * 1001, row("A3", '"'), FORGED, row("A4", '"t"')]
    assert read(path, *lines) == Read([], [(2, len(lines) + 1)], 2)


def test_stray_quote_between_quotes_is_told(path: Path) -> None:
    """It swallows a row, and that is a cell by the rules of CSV."""
    found = read(path, row("A1", '"about the road'), row("A2", 'my name is Ivan"'), row("A3"))
    assert found == Read(["A3"], [(2, 3)], None)


@pytest.mark.parametrize("later", ["t", '"t, t"'])
def test_stray_quote_without_proof_refuses_rest(path: Path, later: str) -> None:
    """Nothing proves whether the lines after it are rows, or a letter whose closing quote is lost."""
    found = read(path, row("A1", '"t"'), row("A2", topic='"roads'), row("A3"), row("A4", later))
    assert found == Read(["A1"], [(3, 5)], 3)


def test_quotes_not_doubled_refuse_rest(path: Path) -> None:
    """Then a letter decides itself where its cell ends."""
    for letter in ('"He said "no"\n', '"He\nsaid \\"no\\"\n', '"He said\n', '"x ""\n'):
        forged = FORGED.replace(",t,", ',"t",')
        assert read(path, row("A1", f'{letter}{forged}\nbye"'), row("A2")).ids == []


@pytest.mark.parametrize("first_line", ["Hello", "Hello, you, there, all"])
def test_lost_opening_quote_rejects_its_lines(path: Path, first_line: str) -> None:
    """The quote that closes the letter tells that its lines are none."""
    found = read(path, row("A1", '"t"'), f"A2,{TIME},roads,{first_line}", FORGED, 'bye",b1,,', row("A3"))
    assert found.ids == ["A1", "A3"]
    assert found.told == [(3, 5)]


def test_quote_within_cell_is_text(path: Path) -> None:
    """An inch mark in a cell without quotes, and blanks after a quoted cell."""
    found = read(path, row("A1", '5" pipe'), row("A2", 'pipe 5"'), row("A3", '"t" '))
    assert found == Read(["A1", "A2", "A3"], [], None)


class Damaged(NamedTuple):
    """A file with one quote lost or added, and the lines of its honest rows."""

    content: str
    lines: dict[str, tuple[int, int]]


_words = st.sampled_from(
    ["Dear sir", ", ", "\n", '"', '""', '"t"', f"{FORGED}\n", f'\nX8,{TIME},forged,"', '",b1,,\n', "5 ", "a, b, c\n"]
)
_letters = st.lists(_words, max_size=6).map("".join)


@st.composite
def damaged_files(draw: st.DrawFn) -> Damaged:
    """Rows as csv.writer writes them, with letters that hold rows and quotes."""
    stream, lines = io.StringIO(newline=""), dict[str, tuple[int, int]]()
    writer = csv.writer(stream, lineterminator="\n", quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])))
    for number in range(draw(st.integers(1, 7))):
        first = stream.getvalue().count("\n") + 2
        writer.writerow(
            [f"A{number}", TIME, draw(_letters), draw(_letters), "b1", "", draw(st.sampled_from(["", "n"]))]
        )
        lines[f"A{number}"] = first, stream.getvalue().count("\n") + 1
    content = stream.getvalue()
    quotes = [place for place, character in enumerate(content) if character == '"']
    kind = draw(st.sampled_from(["whole", "lost", "added"]))
    if kind == "lost" and quotes:
        place = draw(st.sampled_from(quotes))
        content = content[:place] + content[place + 1 :]
    elif kind == "added":
        place = draw(st.integers(0, len(content)))
        content = content[:place] + '"' + content[place:]
    return Damaged(content, lines)


@given(damaged_files())
def test_every_row_is_given_or_told(tmp_path_factory: pytest.TempPathFactory, damaged: Damaged) -> None:
    """With one quote lost or added anywhere, and nothing of a letter is a row."""
    rows, _ = rows_of(tmp_path_factory.mktemp("csv") / "r.csv", damaged.content)
    given = [row.cells[0].replace('"', "") for row in rows if not row.broken and len(row.cells) == len(HEADER)]
    assert not [id for id in given if id.startswith("X")]
    told = [(row.line, row.last_line) for row in rows if row.broken or len(row.cells) != len(HEADER)]
    for id, (first, last) in damaged.lines.items():
        assert id in given or any(begin <= last and first <= end for begin, end in told), id
