"""Links, cited files and cited modules of every page exist in the repository."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.docs.pages import PAGES, REPOSITORY, current_text, name_of

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`((?:libs|services|deploy|docs|examples|tests)/[\w./-]+)`")
_MODULE = re.compile(r"`natija_(\w+)\.([\w.]+)`")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in _HEADING.findall(page.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def broken_links(page: Path, repository: Path = REPOSITORY) -> Iterator[str]:
    """Every relative link that leads to no file of the repository, or to no heading of its page."""
    for link in _LINK.findall(_BLOCK.sub("", page.read_text())):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if re.match(r"[a-z]+:", link):
            continue
        if not target.exists() or repository not in (target, *target.parents):
            yield f"{link}: no such file in the repository"
        elif anchor and anchor not in anchors(target):
            yield f"{link}: no such heading"


def is_module_or_member(package: str, dotted: str) -> bool:
    """Whether *dotted* is a module of natija_*package*, or a name that such a module contains."""
    *parents, last = dotted.split(".")
    for root in REPOSITORY.glob(f"*/*/src/natija_{package}"):
        holder = root.joinpath(*parents)
        if (holder / last).exists() or (holder / f"{last}.py").exists():
            return True
        for file in (holder / "__init__.py", holder.with_name(f"{holder.name}.py")):
            if file.exists() and re.search(rf"\b{last}\b", file.read_text()):
                return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=name_of)
class TestPage:
    """Every page of the repository."""

    def test_links_lead_somewhere(self, page: Path) -> None:
        assert list(broken_links(page)) == []

    def test_cited_paths_exist(self, page: Path) -> None:
        cited = _PATH.findall(_BLOCK.sub("", current_text(page)))
        assert [path for path in cited if not (REPOSITORY / path).exists()] == []

    def test_cited_modules_exist(self, page: Path) -> None:
        cited = _MODULE.findall(_BLOCK.sub("", current_text(page)))
        assert [one for one in cited if not is_module_or_member(*one)] == []


class TestChecks:
    """The checks find what is wrong."""

    def test_broken_link_is_found(self, tmp_path: Path) -> None:
        page = tmp_path / "page.md"
        page.write_text("# One thing\n\n[a](#one-thing) [b](#another) [c](nowhere.md) [d](https://example.org)\n")
        wanted = ["#another: no such heading", "nowhere.md: no such file in the repository"]
        assert list(broken_links(page, tmp_path)) == wanted

    def test_unknown_module_is_found(self) -> None:
        assert is_module_or_member("events", "lifecycle.transitions")
        assert is_module_or_member("events", "kafka.Publisher")
        assert not is_module_or_member("events", "lifecycle.nowhere")
        assert not is_module_or_member("nobody", "app")
