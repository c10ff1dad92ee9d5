"""The schema gate: `python -m natija_events.schema.compatibility [--write]`.

The JSON Schemas of every type and version are generated from its model and checked in under `schemas/`. The gate fails
when a schema differs from its model. Since the commit `FIXED_SINCE` it also fails when a model breaks readers of the
checked-in schema, or of any schema that git has. So an edit by hand does not get around it. `--write` updates the
schemas, unless a change breaks a reader.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from natija_events.schema.diff import Schema, breaks
from natija_events.schema.generation import log_schema, plain_name, plain_schema, proposal_schema, text
from natija_events.schema.registry import REGISTRY
from natija_events.types.base import EventData
from natija_events.types.sealed import Plain, sealed_fields

FOLDER = Path(__file__).parents[1] / "schemas"
FIXED_SINCE: str | None = "6f0577ccc7c9e10ad2eecc994a898f3515378f7c"
"""The commit since which a type cannot change. Nothing is released: a change of the whole contract sets it again."""

REMEDY = "add a version vN+1 with an upcast: registered events cannot change"


PROPOSALS = "proposals"
"""The folder inside the folder of log schemas that has the schemas of proposals."""
SEALED = "sealed"
"""The folder beside it that has the schemas of plain values, which are sealed whole."""


class GateResult(NamedTuple):
    """The findings of the gate, a line each: *broken* must not happen, *stale* schemas need `--write`."""

    broken: list[str]
    stale: list[str]


def compare(models: Iterable[type[EventData]], folder: Path, since: str | None = "") -> GateResult:
    """Compare *models* with the schemas in *folder*, and with those that git has of it *since* a commit. An empty
    *since* means all commits. With None the schemas are not fixed yet, and no change breaks a reader.

    Only the schemas of the log bind: a proposal may get more fields at any time.
    """
    generated = {model.type: log_schema(model) for model in models}
    proposals = {model.type: proposal_schema(model) for model in models}
    checked_in, checked_in_proposals = _checked_in(folder), _checked_in(folder / PROPOSALS)
    fixed = [] if since is None else [*checked_in.items(), *committed(folder, since)]
    broken = [f"{type}: {change}" for type, earlier in fixed for change in _changes(earlier, generated.get(type))]
    stale = [
        f"{type}: differs from its model"
        for type in generated
        if checked_in.get(type) != generated[type] or checked_in_proposals.get(type) != proposals[type]
    ]
    plain = _plain_models(models)
    checked_in_plain = _checked_in(folder / SEALED)
    stale += [
        f"{name}: differs from its model"
        for name, model in plain.items()
        if checked_in_plain.get(name) != plain_schema(model)
    ]
    return GateResult(list(dict.fromkeys(broken)), stale)


def _plain_models(models: Iterable[type[EventData]]) -> dict[str, type[Plain]]:
    """The models of what events of *models* seal, by name."""
    plain = (field.plain for model in models for field in sealed_fields(model).values())
    return {plain_name(one): one for one in plain}


def write(models: Iterable[type[EventData]], folder: Path) -> None:
    """Write both schemas of each of *models*, and those of what they seal."""
    for inner in (PROPOSALS, SEALED):
        (folder / inner).mkdir(parents=True, exist_ok=True)
    for name, plain in _plain_models(models).items():
        (folder / SEALED / f"{name}.json").write_text(text(plain_schema(plain)), encoding="utf-8")
    for model in models:
        (folder / f"{model.type}.json").write_text(text(log_schema(model)), encoding="utf-8")
        (folder / PROPOSALS / f"{model.type}.json").write_text(text(proposal_schema(model)), encoding="utf-8")


def committed(folder: Path, since: str = "") -> Iterator[tuple[str, Schema | None]]:
    """Every log schema in *folder* of HEAD and the commits before it, back to the commit *since*, with its type.

    None outside a git work tree.
    """
    commits = f"{since}..HEAD" if since else "HEAD"
    objects = _git(folder, "rev-list", "--objects", commits, "--", ".").decode().splitlines()
    if since:
        at_first = _git(folder, "ls-tree", "--full-name", since, "--", "./").decode().splitlines()
        objects += [line.split(" ", 2)[2].replace("\t", " ") for line in at_first]
    files = [line.split(" ", 1) for line in objects if line.endswith(".json")]
    named = [(name, path) for name, path in files if Path(path).parent.name == folder.name]
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


def _checked_in(folder: Path) -> dict[str, Schema | None]:
    return {file.stem: _parsed(file.read_bytes()) for file in sorted(folder.glob("*.json"))}


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


def _git(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """The output of git; empty without git, a work tree or a commit."""
    git = shutil.which("git")
    if git is None:
        return b""
    done = subprocess.run([git, "-C", str(folder), *arguments], input=stdin, capture_output=True)  # noqa: S603  # fixed arguments
    return done.stdout if done.returncode == 0 else b""


if __name__ == "__main__":
    sys.exit(main())
