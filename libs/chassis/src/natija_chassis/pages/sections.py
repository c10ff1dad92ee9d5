"""The sections of all processes: the head of a page also leads to those that other processes serve."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from natija_chassis.errors import OperatorError
from natija_chassis.pages.site import OtherSection, PageLink


class _Known(NamedTuple):
    """A section that is known: its *link*, and whether it is for *officials* only."""

    link: PageLink
    officials: bool = False


KNOWN: Mapping[str, _Known] = {
    "file": _Known(PageLink("/file", "File an appeal")),
    "follow": _Known(PageLink("/follow", "Follow an appeal")),
    "answer": _Known(PageLink("/answer", "Read the answer")),
    "statistics": _Known(PageLink("/statistics", "Statistics")),
    "clerk": _Known(PageLink("/clerk", "Enter a letter"), officials=True),
    "desk": _Known(PageLink("/desk", "Work on appeals"), officials=True),
    "board": _Known(PageLink("/board", "Control board"), officials=True),
}
"""The sections by the name that NATIJA_SITES has for them, in the order of the head."""


def parse(text: str) -> Sequence[OtherSection]:
    """The sections in NATIJA_SITES, such as `file=https://appeals.example.org`. Raises `OperatorError`."""
    given: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, origin = part.partition("=")
        if name not in KNOWN:
            raise OperatorError(f"NATIJA_SITES: there is no section {name!r}; these are known: {', '.join(KNOWN)}")
        if not _is_origin(origin):
            raise OperatorError(f"NATIJA_SITES: {name}: must be an address without a path, as https://example.org")
        given[name] = origin
    return [OtherSection(known.link, given[name], known.officials) for name, known in KNOWN.items() if name in given]


def _is_origin(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and text == f"{parts.scheme}://{parts.netloc}"
