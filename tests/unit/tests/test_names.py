"""Names of tests are short: the sentence stands in the docstring."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.folders import TESTS

MOST_WORDS = 7


def long_names(path: Path) -> Iterator[str]:
    """The tests in *path* whose names have more than `MOST_WORDS` words after `test`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            words = node.name.split("_")[1:]
            if len(words) > MOST_WORDS:
                yield f"{path.relative_to(TESTS)}::{node.name}"


def test_names_have_seven_words() -> None:
    assert [name for path in sorted(TESTS.rglob("test_*.py")) for name in long_names(path)] == []
