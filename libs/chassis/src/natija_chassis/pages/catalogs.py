"""Catalogues of translations: `locales/LANGUAGE.po` beside the templates of a site. English is in the templates.

They are read when a process starts, so that a wheel needs no compiled file. An entry with the comment `unconfirmed` was
not seen by a native speaker yet. `make lint` lists such entries, and fails when one is missing or left over.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from natija_events.words import LANGUAGES, Language

GetText = Callable[[str], str]
"""Translates an English text."""
SOURCE: Language = "en"
TRANSLATED: tuple[Language, ...] = tuple(one for one in LANGUAGES if one != SOURCE)
UNCONFIRMED = "unconfirmed"
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_KEYWORDS = {"_": None, "words": None, "_words": None, "PageLink": (2,)}
"""The functions whose argument is a word: in templates, in modules, and the name of a section."""


class CatalogFault(NamedTuple):
    """A *fault* of one *entry* in the catalogue at *path*."""

    path: Path
    fault: str
    entry: str

    def __str__(self) -> str:
        return f"{self.path}: {self.fault}: {self.entry!r}"


def load(folders: Sequence[Path], language: Language) -> NullTranslations:
    """The words of *language* in the catalogues of all *folders*; the first folder that has a word gives it."""
    if language == SOURCE:
        return NullTranslations()
    merged = Translations()
    for folder in reversed(folders):
        if (path := catalog_path(folder, language)).exists():
            compiled = io.BytesIO()
            write_mo(compiled, read(path, language))
            compiled.seek(0)
            merged.merge(Translations(compiled))
    return merged


def catalog_path(folder: Path, language: Language) -> Path:
    """Where the folder of a site keeps the catalogue of *language*."""
    return folder / "locales" / f"{language}.po"


def read(path: Path, language: Language) -> Catalog:
    """The catalogue at *path*. Raises OSError, and PoFileError for a wrong one."""
    with path.open("rb") as source:
        return read_po(source, locale=language, abort_invalid=True)


def extract(folder: Path) -> dict[str, str]:
    """The words that the modules and templates in *folder* use: each with the place of its first use."""
    found: dict[str, str] = {}
    for name, line, message, _, _ in extract_from_dir(str(folder), _METHODS, keywords=_KEYWORDS):
        for one in message if isinstance(message, tuple) else (message,):
            found.setdefault(one, f"{name}:{line}")
    return found


def faults(folder: Path) -> Iterator[CatalogFault]:
    """Each word of *folder* without a translation, and each entry that no template uses any more."""
    used = extract(folder)
    for language in TRANSLATED if used else ():
        path = catalog_path(folder, language)
        entries = _entries(path, language) if path.exists() else {}
        for word, place in used.items():
            if word not in entries or not entries[word].string or entries[word].fuzzy:
                yield CatalogFault(path, f"not translated ({place})", word)
            elif not _same_fields(entries[word]):
                yield CatalogFault(path, "other {fields} than in English", word)
        for word in entries.keys() - used.keys():
            yield CatalogFault(path, "not used", word)


def unconfirmed(folder: Path) -> Iterator[CatalogFault]:
    """Each entry that a native speaker must still confirm."""
    for language in TRANSLATED:
        path = catalog_path(folder, language)
        for word, entry in (_entries(path, language) if path.exists() else {}).items():
            if UNCONFIRMED in entry.user_comments:
                yield CatalogFault(path, UNCONFIRMED, word)


def _entries(path: Path, language: Language) -> dict[str, Message]:
    return {str(entry.id): entry for entry in read(path, language) if entry.id}


def _same_fields(entry: Message) -> bool:
    return _fields(str(entry.id)) == _fields(str(entry.string))


def _fields(text: str) -> list[str]:
    import string

    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
