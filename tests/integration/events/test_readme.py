"""libs/events/README.md: its example runs, its steps work, its table is the table."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.stack import REPOSITORY, Realm

from natija_events.lifecycle_doc import markdown

EVENTS = REPOSITORY / "libs" / "events"
README = (EVENTS / "README.md").read_text()


def block(first_line: str) -> str:
    """The block of code of the README that begins with *first_line*, without it and without its indent."""
    for found in re.findall(r"^( *)```python\n(.*?)^\1```$", README, re.MULTILINE | re.DOTALL):
        code = "\n".join(line.removeprefix(found[0]) for line in found[1].splitlines())
        if code.startswith(first_line):
            return code.partition("\n")[2]
    raise AssertionError(f"the README has no block that begins with {first_line}")


def test_the_table_in_the_readme_is_the_one_code_and_tests_read() -> None:
    assert README.rstrip().endswith(markdown())


async def test_the_example_in_the_readme_runs(registry: Realm) -> None:
    example = "import asyncio, os\n" + block("import asyncio, os")
    variables = {**os.environ, **registry.environment}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", example, env=variables, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    first, second = out.decode().splitlines()
    assert first == "registered"
    assert second.startswith("1 appeal.registered.v1 ")


def test_the_steps_to_add_an_event_type_work_as_they_stand(tmp_path: Path) -> None:
    shutil.copytree(EVENTS / "src", tmp_path / "src")
    package = tmp_path / "src" / "natija_events"
    model = block("# src/natija_events/types/routing.py")
    (package / "types" / "routing.py").write_text(
        (package / "types" / "routing.py").read_text() + "\n\n" + model + "\n"
    )
    row = block("# src/natija_events/lifecycle.py, after r.HearingWaived")
    lifecycle = (package / "lifecycle.py").read_text()
    place = next(line for line in lifecycle.splitlines() if "r.HearingWaived" in line)
    (package / "lifecycle.py").write_text(lifecycle.replace(place, f"{place}\n{row}"))
    assert run(tmp_path, "-m", "natija_events.compatibility").returncode != 0
    assert run(tmp_path, "-m", "natija_events.compatibility", "--write").returncode == 0
    assert run(tmp_path, "-m", "natija_events.compatibility").returncode == 0
    assert (package / "schemas" / "appeal.site-visited.v1.json").exists()
    told = run(tmp_path, "-m", "natija_events.lifecycle_doc").stdout
    assert "| `appeal.site-visited.v1` | routing | desk | any open | stays | note |" in told
    lawful = """
from datetime import UTC, datetime
from natija_events.catalogue import CATALOGUE
from natija_events.lifecycle import Standing, refusal
data = CATALOGUE.admit("appeal.site-visited.v1", b'{"official": "o-17"}')
assert refusal(Standing("IN_WORK"), "KG-0", datetime.now(UTC), data) is None
assert refusal(Standing("ANSWERED"), "KG-0", datetime.now(UTC), data) is not None
"""
    assert run(tmp_path, "-c", lawful).returncode == 0


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in the copy: its `natija_events` comes before the installed one."""
    variables = {**os.environ, "PYTHONPATH": str(folder / "src")}
    return subprocess.run([sys.executable, *arguments], env=variables, cwd=folder, capture_output=True, text=True)
