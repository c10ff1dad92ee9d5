"""The language of a page: the first part of its path, as in `/ky/statistics`.

So a link that is sent on keeps its language, caches keep the five pages apart, and no cookie is necessary.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Path
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import HTTPConnection

from natija_events.words import LANGUAGES, Language

NAMES: Mapping[Language, str] = {
    "ky": "Кыргызча", "kk": "Қазақша", "uz": "Oʻzbekcha", "ru": "Русский", "en": "English"
}  # fmt: skip
"""Each language's own name."""
PREFIX = "/{language:language}"
"""The beginning of the path of a page, for a route and its row in the access table."""
PageLanguage = Annotated[Language, Path(description="Language of the page.")]
LANGUAGE_COOKIE = "natija-language"
"""The language of the page that a browser left for the provider, so that it comes back to the same one."""
LASTS = 3600
"""Seconds that the cookie lasts."""
_FIRST = re.compile(rf"/({'|'.join(LANGUAGES)})(?=/|$)")
_WEIGHT = re.compile(r"\s*([A-Za-z]{2,3})(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*")


class _LanguageConvertor(StringConvertor):
    regex = "|".join(LANGUAGES)


register_url_convertor("language", _LanguageConvertor())


def of_request(request: HTTPConnection, fallback: Language) -> Language:
    """The language in the path, or else that of the page which the browser left for the provider, or else the best one
    that it asks for, or else *fallback*."""
    left = f"/{request.cookies.get(LANGUAGE_COOKIE, '')}"
    found = path_language(request.scope["path"]) or path_language(left)
    return found or preferred(request.headers.get("accept-language", ""), fallback)


def path_language(path: str) -> Language | None:
    """The language in the *path* of a page; None without one."""
    found = _FIRST.match(path)
    return None if found is None else next(one for one in LANGUAGES if one == found[1])


def preferred(header: str, fallback: Language) -> Language:
    """The language of ours with the greatest weight in the *header* Accept-Language."""
    weights: dict[str, float] = {}
    for part in header[:500].split(","):
        if (found := _WEIGHT.fullmatch(part)) is not None:
            weights.setdefault(found[1].lower(), float(found[2] or 1))
    known = [one for one in LANGUAGES if weights.get(one)]
    return max(known, key=lambda one: weights[one], default=fallback)


def path_in(path: str, language: Language, home: str) -> str:
    """The *path* of a page in another *language*; the page *home* when the path has none."""
    return _FIRST.sub(f"/{language}", path, count=1) if _FIRST.match(path) else f"/{language}{home}"


def known(languages: Sequence[str]) -> Language:
    """The first of a realm's *languages* that pages have."""
    return next((one for wanted in languages for one in LANGUAGES if one == wanted), "en")
