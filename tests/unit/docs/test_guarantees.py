"""Every promise of docs/guarantees.md names the tests that prove it, and those tests are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[2]
PAGE = TESTS.parent / "docs/guarantees.md"
_CITED = re.compile(r"`([\w/]+\.py)::(\w+)`")


def rows(page: str) -> list[list[str]]:
    """The cells of each row of the page's one table: promise, what it rests on, what it leaves out, tests."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def unproved(page: str) -> list[str]:
    """What is wrong with the rows of *page*: an empty cell, no test, or one that does not exist."""
    wrong = []
    for cells in rows(page):
        name = cells[0][:60]
        cited = _CITED.findall(cells[-1])
        if len(cells) != 4 or not all(cells):
            wrong.append(f"{name}: a cell is missing")
        if not cited:
            wrong.append(f"{name}: no test")
        wrong += [f"{name}: there is no {path}::{test}" for path, test in cited if test not in known_in(path)]
    return wrong


@cache
def known_in(path: str) -> frozenset[str]:
    """The names of the tests in the file *path* below tests/."""
    file = TESTS / path
    tree = ast.parse(file.read_text()) if file.exists() else ast.Module([], [])
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return frozenset(one.name for one in functions if one.name.startswith("test_"))


def test_every_guarantee_names_the_tests_that_prove_it() -> None:
    assert len(rows(PAGE.read_text())) >= 12
    assert unproved(PAGE.read_text()) == []


@pytest.mark.parametrize(
    ("proof", "says"),
    [
        ("trust us", "It holds: no test"),
        ("`unit/docs/test_guarantees.py::test_nobody_wrote`", "there is no unit/docs/test_guarantees.py::test_nobody"),
        ("`unit/docs/test_nowhere.py::test_it`", "there is no unit/docs/test_nowhere.py::test_it"),
    ],
)
def test_a_guarantee_without_a_test_is_found(proof: str, says: str) -> None:
    page = f"| promise | rests on | not | tests |\n|---|---|---|---|\n| It holds | a lock | a fire | {proof} |\n"
    [wrong] = unproved(page)
    assert says in wrong
