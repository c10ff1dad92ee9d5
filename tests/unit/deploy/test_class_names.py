"""One name has one meaning: no two modules of Natija define a public class or type of the same name."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.folders import TESTS


def public_types(path: Path) -> Iterator[str]:
    """The public classes, and the type aliases by their capitalized names, that *path* defines."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        else:
            continue
        yield from (name for name in names if name[0].isupper() and not name.isupper())


def test_public_types_have_unique_names() -> None:
    modules: dict[str, list[str]] = defaultdict(list)
    for folder in ("libs", "services"):
        for path in sorted((TESTS.parent / folder).glob("*/src/**/*.py")):
            for name in public_types(path):
                modules[name].append(str(path.relative_to(TESTS.parent)))
    assert {name: places for name, places in modules.items() if len(places) > 1} == {}
