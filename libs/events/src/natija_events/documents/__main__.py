"""Checks or writes the generated documents of the contract: ``python -m natija_events.documents [--write]``.

Run it in the root of the repository. It exits with 1 when a document is not current.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from natija_events.documents.asyncapi import asyncapi_json
from natija_events.documents.tables import with_tables

FOLDER = Path("libs/events")


def documents(folder: Path = FOLDER) -> Mapping[Path, str]:
    """The present content of each document in *folder*."""
    contract = folder / "CONTRACT.md"
    return {contract: with_tables(contract.read_text()), folder / "asyncapi.json": asyncapi_json()}


def main(arguments: list[str]) -> int:
    """Write the documents with ``--write``, else compare them. The exit code."""
    stale = [path for path, content in documents().items() if not path.exists() or path.read_text() != content]
    if "--write" in arguments:
        for path in stale:
            path.write_text(documents()[path])
        print(f"{len(stale)} documents written")
        return 0
    for path in stale:
        print(f"{path} is not current: python -m natija_events.documents --write", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
