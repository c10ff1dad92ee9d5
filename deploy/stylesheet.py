"""Makes the stylesheet of govuk-frontend that pages use, from its npm package: `make stylesheet`.

Its font, crest and logo belong to the Crown, and the licence of the package does not cover them: they are left out.
"""

import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "6.6.0"
STYLESHEET = "package/dist/govuk/govuk-frontend.min.css"
STATIC = Path(__file__).resolve().parents[1] / "libs/chassis/src/natija_chassis/pages/static"
TARGET = STATIC / "govuk-frontend.css"
_HEAD = (
    f"/* govuk-frontend {VERSION}, MIT (govuk-frontend.licence.txt). Made by deploy/stylesheet.py: do not edit. */\n"
)
_FONT = re.compile(r"@font-face\{[^}]*\}")
_FAMILY = re.compile(r"font-family:GDS Transport(?:,arial,sans-serif)?")
_CROWN = re.compile(r"[^{}]*(?:copyright-logo|crest)[^{}]*\{[^{}]*\}")
_UNUSED = (
    "accordion", "breadcrumbs", "character-count", "cookie-banner", "date-input", "exit-this-page", "file-upload",
    "footer", "generic-header", "grid", "header", "inset-text", "notification-banner", "panel", "password-input",
    "phase-banner", "service-navigation", "tabs", "task-list", "warning-text",
)  # fmt: skip
"""Components that no page has: their rules are a third of the stylesheet, which every first visit loads."""
_OF_UNUSED = re.compile(rf"\.govuk-(?:{'|'.join(_UNUSED)})(?![a-z])")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_COMMA = re.compile(r",(?![^()]*\))")
_EMPTY = re.compile(r"@(?:media|supports)[^{}]*\{\}")


def without_crown_property(stylesheet: str) -> str:
    """*stylesheet* with the font of the page in place of its own, and without crest and logo. Raises ValueError."""
    left = _FAMILY.sub("font-family:var(--n-font)", _FONT.sub("", stylesheet))
    left = _EMPTY.sub("", _CROWN.sub("", left))
    for word in ("url(", "GDS", "crest"):
        if word in left:
            raise ValueError(f"{word} is still in the stylesheet of govuk-frontend {VERSION}")
    return left


def without_unused_components(stylesheet: str) -> str:
    """*stylesheet* without the rules of components that no page has."""

    def used(rule: re.Match[str]) -> str:
        selectors, body = rule.groups()
        left = [one for one in _COMMA.split(selectors) if not _OF_UNUSED.search(one)]
        return f"{','.join(left)}{{{body}}}" if left else ""

    left = _RULE.sub(used, stylesheet)
    while (shorter := _EMPTY.sub("", left)) != left:
        left = shorter
    return left


def fetch(folder: Path) -> str:
    """The stylesheet in the npm package, which is loaded into *folder*."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", f"govuk-frontend@{VERSION}"], cwd=folder, check=True, capture_output=True, text=True
    )  # fmt: skip
    with tarfile.open(folder / packed.stdout.strip()) as archive:
        found = archive.extractfile(STYLESHEET)
        assert found is not None
        return found.read().decode()


def main() -> int:
    """Write the stylesheet."""
    with tempfile.TemporaryDirectory() as folder:
        stylesheet = without_unused_components(without_crown_property(fetch(Path(folder))))
        TARGET.write_text(f"{_HEAD}{stylesheet}\n")
    print(f"{TARGET.stat().st_size:,} bytes in {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
