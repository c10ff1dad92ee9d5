"""Display settings of a reader: size of letters, spacing, images, colors. A cookie keeps them, without any script."""

from collections.abc import Mapping
from typing import NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

COOKIE = "natija_display"
MAX_AGE = 365 * 24 * 3600
CHOICES: Mapping[str, tuple[str, ...]] = {
    "size": ("normal", "large", "largest"),
    "spacing": ("normal", "wide"),
    "images": ("shown", "hidden"),
    "colors": ("normal", "light", "dark", "contrast"),
}
"""The choices of each setting; the first one holds without a cookie."""


class Display(NamedTuple):
    """The settings of one reader. They are names of classes in natija.css, so they come from `CHOICES` only."""

    size: str = "normal"
    spacing: str = "normal"
    images: str = "shown"
    colors: str = "normal"

    @classmethod
    def of_cookie(cls, value: str | None) -> Self:
        """The settings in the *value* of the cookie. An unknown part stands for the first choice."""
        return cls.of_form((value or "").replace("-", "=").replace(".", "&"))

    @classmethod
    def of_form(cls, body: str) -> Self:
        """The settings in the *body* of a form."""
        given = dict(parse_qsl(body, max_num_fields=20))
        return cls(**{name: given[name] for name, known in CHOICES.items() if given.get(name) in known})

    @property
    def cookie(self) -> str:
        """The value of the cookie."""
        return ".".join(f"{name}-{value}" for name, value in self._asdict().items())

    @property
    def classes(self) -> str:
        """The classes of the page."""
        return " ".join(f"n-{name}-{value}" for name, value in self._asdict().items() if value != CHOICES[name][0])


def form_value(body: str, name: str) -> str | None:
    """The value of the field *name* in the *body* of a form."""
    return dict(parse_qsl(body, max_num_fields=20)).get(name)


def local_path(text: str) -> str | None:
    """*text* if it is the path of a page here, perhaps with a query; None for anything that leads elsewhere."""
    parts = urlsplit(text)
    plain = text.isascii() and text.isprintable() and "\\" not in text
    leads_here = plain and not (parts.scheme or parts.netloc) and text.startswith("/") and not text.startswith("//")
    return text if leads_here else None
