"""The catalogues of every site: words that are not translated, entries that are not used, and unconfirmed ones."""

from collections.abc import Iterator
from pathlib import Path

from natija_chassis.pages import catalogs
from natija_chassis.pages.catalogs import CatalogFault


def sites(repository: Path) -> list[Path]:
    """The folders of pages: templates, and the catalogues of their words beside them."""
    found = repository.glob("*/*/src/natija_*/*/templates")
    return sorted(path.parent for path in found if (path.parent / "locales").is_dir())


def faults(repository: Path) -> Iterator[CatalogFault]:
    """The faults of the catalogues."""
    for folder in sites(repository):
        yield from catalogs.faults(folder)


def unconfirmed(repository: Path) -> Iterator[CatalogFault]:
    """The entries that a native speaker must still confirm."""
    for folder in sites(repository):
        yield from catalogs.unconfirmed(folder)


def print_unconfirmed(repository: Path) -> None:
    """Print how many entries of each catalogue are unconfirmed."""
    counts: dict[Path, int] = {}
    for one in unconfirmed(repository):
        counts[one.path] = counts.get(one.path, 0) + 1
    for path, count in counts.items():
        print(f"{count:5}  words of {path.relative_to(repository)} that no native speaker has confirmed")
