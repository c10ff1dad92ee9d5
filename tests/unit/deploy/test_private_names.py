"""A module uses only the public names of another module."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.guides import REPOSITORY

SOURCES = [*REPOSITORY.glob("libs/*/src/natija_*"), *REPOSITORY.glob("services/*/src/natija_*")]


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def private_uses(text: str) -> Iterator[str]:
    """The private names of other natija modules that the module *text* imports or reads from an imported module."""
    tree, modules = ast.parse(text), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("natija_"):
            modules |= {one.asname or one.name for one in node.names if one.name.islower()}
            yield from (f"{node.module}.{one.name}" for one in node.names if is_private(one.name))
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in modules and is_private(name):
                yield f"{module}.{name}"


@pytest.mark.parametrize("package", SOURCES, ids=lambda path: path.name)
def test_no_private_name_crosses_modules(package: Path) -> None:
    found = {
        f"{path.relative_to(package)}: {use}"
        for path in package.rglob("*.py")
        for use in private_uses(path.read_text())
    }
    assert found == set()


def test_check_finds_both_kinds() -> None:
    text = "from natija_chassis.postgres import engine\nfrom natija_events.ids import _ALPHABET\nengine._connect()\n"
    assert list(private_uses(text)) == ["natija_events.ids._ALPHABET", "engine._connect"]
