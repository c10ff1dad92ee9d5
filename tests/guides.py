"""The guides in docs/architecture.md, as tests follow them."""

import re
import textwrap
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
_ARCHITECTURE = REPOSITORY / "docs" / "architecture.md"
_FILE = re.compile(r"^   ```(?:toml|python|yaml)\n(.*?)^   ```$", re.MULTILINE | re.DOTALL)
_SHELL = re.compile(r"^   ```sh\n(.*?)^   ```$", re.MULTILINE | re.DOTALL)


def guide(title: str) -> str:
    """The section *title*."""
    return _ARCHITECTURE.read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def write_files(title: str, folder: Path) -> list[str]:
    """Write each block of the guide *title* to the file in *folder* that its first line names; the files' names."""
    names = []
    for block in _FILE.findall(guide(title)):
        first, _, body = textwrap.dedent(block).partition("\n")
        name = first.removeprefix("# ")
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(body)
        names.append(name)
    return names


def shell(title: str) -> list[str]:
    """The blocks of shell commands in the guide *title*."""
    return [textwrap.dedent(block) for block in _SHELL.findall(guide(title))]
