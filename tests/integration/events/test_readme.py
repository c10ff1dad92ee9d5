"""The README of libs/events: its example runs, its guide works."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.signing import key_of
from tests.stack import REPOSITORY, Realm

README = (REPOSITORY / "libs" / "events" / "README.md").read_text()
STEP = re.compile(r"^# (?P<file>\S+), (?:at its end|after (?P<after>[^\n]+))\n(?P<lines>.*)", re.DOTALL)


def section(heading: str) -> str:
    """The part of the README under *heading*."""
    return README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def blocks(text: str, language: str = "python") -> list[str]:
    """Its blocks of code, without their indent."""
    return [
        "".join(f"{line.removeprefix(indent)}\n" for line in code.splitlines())
        for indent, code in re.findall(rf"^( *)```{language}\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL)
    ]


async def test_readme_example_runs(registry: Realm, capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = blocks(section("Propose and read in ten lines"))
    assert len(example.splitlines()) <= 10
    names: dict[str, Any] = {}
    exec(example, names)

    await names["main"](registry.servers.kafka, registry.name, key_of("/registers/osh"), registry.public_key)

    outcome, events = capsys.readouterr().out.splitlines()
    assert re.match(r"ProposalOutcome\(subject='\S+', sequence=1, recordedtime=.*, rejection=None\)", outcome)
    assert events == "[(1, 'appeal.registered.v1')]"


@pytest.mark.timeout(240)  # it runs the tests of the contract
def test_add_an_event_type_guide(tmp_path: Path) -> None:
    for folder in ("libs", "services", "deploy/local", "tests/unit/events", "tests/contract"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (REPOSITORY / "pyproject.toml", *(REPOSITORY / "tests").glob("*.py")):
        shutil.copy(file, tmp_path / file.relative_to(REPOSITORY))
    text = section("Add an event type")
    edits = [step for block in blocks(text) if (step := STEP.match(block))]
    assert len(edits) == len(blocks(text)) == 8
    for edit in edits:
        follow(edit, tmp_path / edit["file"])
    write, gate, table, vectors, tests = (line for block in blocks(text, "sh") for line in block.splitlines())

    assert "appeal.site-visited.v1: differs from its model" in run(tmp_path, gate, fails=True).stderr
    run(tmp_path, write)
    run(tmp_path, gate)
    assert (tmp_path / "libs/events/src/natija_events/schemas/appeal.site-visited.v1.json").exists()
    run(tmp_path, table)
    row = "| `appeal.site-visited.v1` | routing | desk, history | any open | stays | note |"
    assert row in (tmp_path / "libs/events/CONTRACT.md").read_text()
    run(tmp_path, vectors)
    about = "site-visited or golden or schema or words"
    elsewhere = "--ignore=tests/contract/test_http_apis.py --ignore=tests/contract/fuzz"  # they need services' tests
    command = f"{tests} {elsewhere} --noconftest -p no:cacheprovider -v -k"
    assert "site-visited" in run(tmp_path, command, about).stdout


def follow(step: re.Match[str], file: Path) -> None:
    """Do as the step says: its lines go to the end of *file*, or after the line that holds what it names."""
    text = file.read_text()
    if step["after"] is None:
        file.write_text(f"{text}\n\n{step['lines']}")
        return
    at = next(line for line in text.splitlines(keepends=True) if step["after"] in line)
    file.write_text(text.replace(at, at + step["lines"], 1))


def run(folder: Path, command: str, *more: str, fails: bool = False) -> subprocess.CompletedProcess[str]:
    """Run *command* in the copy: its `natija_events` comes before the installed one."""
    arguments = [*command.removeprefix("python ").split(), *more]
    if arguments[0] == "pytest":
        arguments.insert(0, "-m")
    variables = {**os.environ, "PYTHONPATH": str(folder / "libs/events/src")}
    done = subprocess.run([sys.executable, *arguments], env=variables, cwd=folder, capture_output=True, text=True)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done
