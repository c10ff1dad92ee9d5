"""The schema gate: `python -m natija_events.schema.compatibility [--write]`.

The JSON Schema of every type and version is generated from its model and checked in under `schemas/`. The gate fails
when a schema differs from its model. Since the commit `FIXED_SINCE` it also fails when a model breaks readers of the
checked-in schema, or of any schema that git has. So an edit by hand does not get around it. `--write` updates the
schemas, unless a change breaks a reader.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from natija_events.schema.diff import Schema, breaks
from natija_events.schema.documentation import document
from natija_events.schema.registry import REGISTRY
from natija_events.types.base import EventData

FOLDER = Path(__file__).parents[1] / "schemas"
FIXED_SINCE: str | None = None
"""The commit since which a type cannot change. None: nothing is released, so version 1 of a type still changes."""

REMEDY = "add a version vN+1 with an upcast: registered events cannot change"


_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


class GateResult(NamedTuple):
    """The findings of the gate, a line each: *broken* must not happen, *stale* schemas need `--write`."""

    broken: list[str]
    stale: list[str]


def schema_of(model: type[EventData]) -> Schema:
    """The JSON Schema of the data of a type, as it is checked in. It allows unknown fields: admission rejects them, and
    readers ignore them."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:natija:{model.type}",
        **document(model.model_json_schema(), model),
    }


def compare(models: Iterable[type[EventData]], folder: Path, since: str | None = "") -> GateResult:
    """Compare *models* with the schemas in *folder*, and with those that git has of it *since* a commit. An empty
    *since* means all commits. With None the schemas are not fixed yet, and no change breaks a reader."""
    generated = {model.type: schema_of(model) for model in models}
    checked_in = {file.stem: _parsed(file.read_bytes()) for file in sorted(folder.glob("*.json"))}
    fixed = [] if since is None else [*checked_in.items(), *committed(folder, since)]
    broken = [f"{type}: {change}" for type, earlier in fixed for change in _changes(earlier, generated.get(type))]
    stale = [f"{type}: differs from its model" for type, now in generated.items() if checked_in.get(type) != now]
    return GateResult(list(dict.fromkeys(broken)), stale)


def write(models: Iterable[type[EventData]], folder: Path) -> None:
    """Write the schemas of *models*."""
    folder.mkdir(exist_ok=True)
    for model in models:
        text = json.dumps(schema_of(model), indent=2, ensure_ascii=False)
        (folder / f"{model.type}.json").write_text(_escaped(text) + "\n", encoding="utf-8")


def committed(folder: Path, since: str = "") -> Iterator[tuple[str, Schema | None]]:
    """Every schema in *folder* of HEAD and the commits before it, back to the commit *since*, with its type.

    None outside a git work tree.
    """
    commits = f"{since}..HEAD" if since else "HEAD"
    objects = _git(folder, "rev-list", "--objects", commits, "--", ".").decode().splitlines()
    if since:
        at_first = _git(folder, "ls-tree", "-r", since, "--", ".").decode().splitlines()
        objects += [line.split(" ", 2)[2].replace("\t", " ") for line in at_first]
    named = [line.split(" ", 1) for line in objects if line.endswith(".json")]
    batch = _git(folder, "cat-file", "--batch", stdin="".join(f"{name}\n" for name, _ in named).encode())
    for _, path in named:
        header, _, rest = batch.partition(b"\n")
        size = int(header.split()[2])
        content, batch = rest[:size], rest[size + 1 :]
        yield Path(path).stem, _parsed(content)


def main(arguments: list[str] | None = None, folder: Path = FOLDER, since: str | None = FIXED_SINCE) -> int:
    """Run the gate: 0 when it passes, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m natija_events.schema.compatibility", description="The schema gate."
    )
    parser.add_argument("--write", action="store_true", help="update the schemas, if the changes are compatible")
    wanted = parser.parse_args(arguments)
    models = list(REGISTRY.models.values())
    found = compare(models, folder, since)
    if found.broken:
        print(*found.broken, REMEDY, sep="\n", file=sys.stderr)
        return 1
    if wanted.write:
        write(models, folder)
        print(f"{len(found.stale)} of {len(models)} schemas written")
        return 0
    if found.stale:
        print(*found.stale, "run python -m natija_events.schema.compatibility --write", sep="\n", file=sys.stderr)
        return 1
    print(f"{len(models)} schemas equal their models")
    return 0


def _changes(earlier: Schema | None, now: Schema | None) -> list[str]:
    if earlier is None:
        return ["its schema is not JSON"]
    if now is None:
        return ["its model is removed, but the log has its events"]
    return [str(change) for change in breaks(earlier, now)]


def _parsed(raw: bytes) -> Schema | None:
    try:
        parsed = json.loads(raw)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _escaped(text: str) -> str:
    """*text* with its patterns in ASCII: an editor does not show all characters that they name."""
    return re.sub(
        r'(?m)^ *"pattern": .*$', lambda line: _NOT_ASCII.sub(lambda one: json.dumps(one[0])[1:-1], line[0]), text
    )


def _git(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """The output of git; empty without git, a work tree or a commit."""
    git = shutil.which("git")
    if git is None:
        return b""
    done = subprocess.run([git, "-C", str(folder), *arguments], input=stdin, capture_output=True)  # noqa: S603  # fixed arguments
    return done.stdout if done.returncode == 0 else b""


if __name__ == "__main__":
    sys.exit(main())
