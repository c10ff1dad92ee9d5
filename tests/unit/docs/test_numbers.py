"""Every appeal number that a page or a help text prints is a number: people test their own code with it."""

import re
from pathlib import Path

import pytest
from tests.unit.docs.pages import PAGES, REPOSITORY, name_of

from natija_events.ids import is_appeal_number

_NUMBER = re.compile(r"\b[A-Z]{2}[A-Z0-9]*-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}\b")
SOURCES = [path for folder in ("libs", "services") for path in sorted((REPOSITORY / folder).glob("*/src/**/*.py"))]


@pytest.mark.parametrize("path", [*PAGES, *SOURCES], ids=name_of)
def test_printed_numbers_are_valid(path: Path) -> None:
    printed = _NUMBER.findall(path.read_text(encoding="utf-8"))
    assert [number for number in printed if not is_appeal_number(number)] == []
