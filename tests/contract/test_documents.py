"""CONTRACT.md and AsyncAPI are what the code says."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.packages import FETCH_SECONDS, ready_folder

from natija_events.documents.__main__ import documents
from natija_events.documents.tables import ATTRIBUTES, STAMPED, with_tables
from natija_events.ids import is_appeal_number
from natija_events.wire.names import PROPOSED, STAMPS, WRAPPEDKEY

CONTRACT = Path("libs/events/CONTRACT.md")
ASYNCAPI = json.loads(Path("libs/events/asyncapi.json").read_text())


def test_documents_are_current() -> None:
    for path, content in documents().items():
        assert path.read_text() == content, f"{path}: python -m natija_events.documents --write"


def test_stale_page_is_made_current() -> None:
    page = CONTRACT.read_text()
    assert with_tables(page.replace("| events of a proposal | 200 |", "| events | 2 |")) == page


def test_page_without_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="limits"):
        with_tables(CONTRACT.read_text().replace("<!-- limits -->", ""))


def test_tables_have_every_attribute() -> None:
    assert {one.name for one in ATTRIBUTES} >= PROPOSED | {WRAPPEDKEY}
    assert {one.name for one in STAMPED} == set(STAMPS)


def test_numbers_on_the_page_are_numbers() -> None:
    """A wrong example would teach a wrong check digit."""
    found = re.findall(r"\b[A-Z]{2}(?:-[0-9A-Z]{2,4}){4}\b", CONTRACT.read_text())
    assert found
    assert all(map(is_appeal_number, found))


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [one for value in part.values() for one in references(value)]
    return [one for value in part for one in references(value)] if isinstance(part, list) else []


def test_references_of_asyncapi_resolve() -> None:
    found = references(ASYNCAPI)
    assert len(found) > 200
    for reference in found:
        file, _, pointer = reference.partition("#/")
        if file:
            assert (CONTRACT.parent / file).is_file(), reference
            continue
        part: Any = ASYNCAPI
        for name in pointer.split("/"):
            part = part[name]


@pytest.mark.thorough
@pytest.mark.timeout(FETCH_SECONDS + 180)
def test_asyncapi_parser_accepts_the_document() -> None:
    """The official parser, which fetches its packages once."""
    files = sorted((Path(__file__).parent / "asyncapi").iterdir())
    folder = ready_folder("asyncapi", files, [["npm", "install", "--silent", "--no-audit", "--no-fund"]])
    command = ["node", str(folder / "parse.mjs"), str(Path("libs/events/asyncapi.json").resolve())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 channels" in done.stdout
