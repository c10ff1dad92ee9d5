"""The pages of the repository, as the tests read them."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
PAGES = sorted(
    path for depth in ("*.md", "*/*.md", "*/*/*.md") for path in REPOSITORY.glob(depth) if path.parts[-2][0] != "."
)


def name_of(page: Path) -> str:
    """The path of *page* in the repository."""
    return str(page.relative_to(REPOSITORY))


def current_text(page: Path) -> str:
    """The page; of the changelog's tables only the last column, since the others name what was before."""
    if page.name != "CHANGELOG.md":
        return page.read_text()
    lines = page.read_text().splitlines()
    return "\n".join(line.strip("|").rpartition("|")[2] if line.startswith("|") else line for line in lines)
