"""The failpoints that stand in the code, found in its syntax."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.stack import REPOSITORY


def failpoints_in_code() -> set[str]:
    """Every step that libs/ and services/ mark. Raises AssertionError for one whose name is not written out."""
    sources = [path for room in ("libs", "services") for path in (REPOSITORY / room).glob("*/src/**/*.py")]
    return {step for path in sources for step in _steps(path)}


def _steps(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "failpoint":
            (step,) = node.args
            assert isinstance(step, ast.Constant), f"{path}:{node.lineno}: a failpoint's name is a constant"
            yield str(step.value)
