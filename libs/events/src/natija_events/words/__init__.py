"""Official words for the contract's codes in five languages: event types, states, outcomes, reasons, roles.

`words.json` beside this module is the table: kind, code, language. Its *confirmed* names the languages in which the
word was found in an official source. A speaker must still confirm the others of ky, kk and uz. Uzbek is in Latin
script. The table is read from the package at the first word. Names of bodies, topics, regions and channels are in the
realm's directory instead.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

Language = Literal["ky", "kk", "uz", "ru", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

WordKind = Literal[
    "type", "state", "outcome", "reason", "rejection", "role", "owner", "kind", "form", "character", "applicant",
    "measure", "ruling", "term",
]  # fmt: skip
"""The kinds of codes. *reason* ends an appeal without an answer, *rejection* is the registrar's reason. *kind*, *form*
and *character* are those of an appeal. *applicant* is the kind of person, *measure* that of a sanction,
*ruling* that of a court. *term* is the kind of a term."""
KINDS: tuple[WordKind, ...] = get_args(WordKind)


def word(kind: WordKind, code: str, language: Language) -> str:
    """The word for *code* in *language*, in lower case; the code itself when it has no word.

    A *type* may be of any version. Raises ValueError for an unknown kind or language.
    """
    if kind not in KINDS:
        raise ValueError(f"kind: not one of {', '.join(KINDS)}")
    if language not in LANGUAGES:
        raise ValueError(f"language: not one of {', '.join(LANGUAGES)}")
    entry = _table()[kind].get(_unversioned(code) if kind == "type" else code)
    return code if entry is None else str(entry[language])


def codes(kind: WordKind) -> tuple[str, ...]:
    """The codes of *kind* that have words; types without their versions."""
    return tuple(_table()[kind])


def is_confirmed(kind: WordKind, code: str, language: Language) -> bool:
    """True when the word is from an official source, or is Russian or English; False for a draft."""
    entry = _table()[kind].get(_unversioned(code) if kind == "type" else code, {})
    return language in ("ru", "en", *entry.get("confirmed", ()))


def _unversioned(type: str) -> str:
    name, dot, version = type.rpartition(".v")
    return name if dot and version.isdigit() else type


@cache
def _table() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    table: Mapping[str, Mapping[str, Mapping[str, Any]]] = json.loads(
        files(__name__).joinpath("words.json").read_text(encoding="utf-8")
    )
    return table
