"""Every promise of docs/guarantees.md has its four parts, and cites tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[2]
PAGE = TESTS.parent / "docs/guarantees.md"
PARTS = ("**Claim.**", "**How**", "**Not covered**", "**Tests**")
_CITED = re.compile(r"^- `([\w/]+\.py)::(\w+)`$", re.MULTILINE)


def sections(page: str) -> dict[str, str]:
    """The text of each promise of *page*, by its heading."""
    _, *parts = re.split(r"^## ", page, flags=re.MULTILINE)
    return {heading: text for heading, _, text in (part.partition("\n") for part in parts)}


def faults(page: str) -> list[str]:
    """The faults of *page*: a part that is missing or empty, no test, or a test that does not exist."""
    found = []
    for heading, text in sections(page).items():
        places = [text.find(part) for part in PARTS]
        if -1 in places or places != sorted(places):
            found.append(f"{heading}: needs the parts {', '.join(PARTS)}, in this order")
            continue
        ends = [*places[1:], len(text)]
        for part, start, end in zip(PARTS, places, ends, strict=True):
            if not text[start + len(part) : end].strip():
                found.append(f"{heading}: {part} is empty")
        cited = _CITED.findall(text[places[-1] :])
        if not cited:
            found.append(f"{heading}: cites no test")
        found += [f"{heading}: {path}::{test} does not exist" for path, test in cited if test not in known_in(path)]
    return found


@cache
def known_in(path: str) -> frozenset[str]:
    """The names of the tests in the file *path* below tests/."""
    file = TESTS / path
    tree = ast.parse(file.read_text()) if file.exists() else ast.Module([], [])
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return frozenset(one.name for one in functions if one.name.startswith("test_"))


def test_every_guarantee_cites_existing_tests() -> None:
    assert len(sections(PAGE.read_text())) == 28
    assert faults(PAGE.read_text()) == []


@pytest.mark.parametrize(
    ("tests", "message"),
    [
        ("trust us", "1. It holds: cites no test"),
        ("", "1. It holds: **Tests** is empty"),
        ("- `unit/docs/test_guarantees.py::test_nobody_wrote`", "test_guarantees.py::test_nobody_wrote does not exist"),
        ("- `unit/docs/test_nowhere.py::test_it`", "unit/docs/test_nowhere.py::test_it does not exist"),
    ],
)
def test_unproved_guarantee_is_found(tests: str, message: str) -> None:
    parts = "**Claim.** It does.\n\n**How**\n\n- a lock\n\n**Not covered**\n\n- a fire\n\n**Tests**\n\n"
    page = f"## 1. It holds\n{parts}{tests}\n"
    assert any(message in fault for fault in faults(page))


def test_missing_part_is_found() -> None:
    page = "## 1. It holds\n**Claim.** It does.\n\n**How**\n\n- a lock\n\n**Tests**\n\n- `x.py::test_it`\n"
    assert "needs the parts" in faults(page)[0]
