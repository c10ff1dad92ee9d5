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
_EMPTY = re.compile(r"@(?:media|supports)[^{}]*\{\}")


def without_crown_property(stylesheet: str) -> str:
    """*stylesheet* with the font of the page in place of its own, and without crest and logo. Raises ValueError."""
    left = _FAMILY.sub("font-family:var(--n-font)", _FONT.sub("", stylesheet))
    left = _EMPTY.sub("", _CROWN.sub("", left))
    for word in ("url(", "GDS", "crest"):
        if word in left:
            raise ValueError(f"{word} is still in the stylesheet of govuk-frontend {VERSION}")
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
        TARGET.write_text(_HEAD + without_crown_property(fetch(Path(folder))) + "\n")
    print(f"{TARGET.stat().st_size:,} bytes in {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
