"""The README of a distribution, and the table in docs/architecture.md, name every package and module it has."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.docs.pages import REPOSITORY

ARCHITECTURE = REPOSITORY / "docs" / "architecture.md"
TABLE = re.compile(r"^\| (package|module)", re.MULTILINE)
SOURCES = sorted([*REPOSITORY.glob("libs/*/src/natija_*"), *REPOSITORY.glob("services/*/src/natija_*")])


def members(source: Path) -> set[str]:
    """The packages and modules directly in *source*."""
    packages = {path.parent.name for path in source.glob("*/__init__.py")}
    return packages | {path.stem for path in source.glob("*.py") if not path.stem.startswith("__")}


def unnamed(text: str, names: set[str]) -> Iterator[str]:
    """The *names* that *text* does not have in a code span."""
    spans = {part for span in re.findall(r"`([^`\n]+)`", text) for part in re.split(r"[^\w]+", span)}
    yield from sorted(names - spans)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
class TestDistribution:
    """Every distribution of the repository."""

    def test_readme_names_its_packages(self, source: Path) -> None:
        readme = (source.parents[1] / "README.md").read_text()
        if TABLE.search(readme):  # a small service may do without
            assert list(unnamed(readme, members(source))) == []

    def test_architecture_names_its_packages(self, source: Path) -> None:
        rows = [line for line in ARCHITECTURE.read_text().splitlines() if line.startswith(f"| [`{source.name}`]")]
        assert [name for row in rows for name in unnamed(row, members(source))] == []


def test_unnamed_package_is_found() -> None:
    assert list(unnamed("| `one`, `two/three` | four |", {"one", "three", "four"})) == ["four"]
