"""docs/architecture.md, "Change a rule", followed."""

import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from tests.guides import REPOSITORY, write_files

from natija_chassis.clock import FileClock

REALM = REPOSITORY / "deploy" / "realms" / "kg"


@pytest.mark.parametrize(
    ("day", "body", "rule"),
    [("2026-12-31", "ministry-transport", "roads/2"), ("2027-01-01", "mayor-osh", "roads-2027/2")],
)
def test_new_rule_applies_from_its_day(tmp_path: Path, day: str, body: str, rule: str) -> None:
    assert write_files("Change a rule", tmp_path) == ["competence.yaml"]
    shutil.copy(REALM / "directory.yaml", tmp_path)
    clock = tmp_path / "clock.json"
    FileClock(clock).set(datetime.fromisoformat(f"{day}T12:00:00+00:00"), speed=0)
    variables = {"NATIJA_DIRECTORY": str(tmp_path / "directory.yaml"), "NATIJA_CLOCK": f"file:{clock}"}
    command = [str(Path(sys.executable).with_name("natija")), "routing", "explain", "roads"]
    done = subprocess.run(command, env=variables | {"NATIJA_ENV_FILE": "/nowhere"}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    found, _, cited = done.stdout.rstrip("\n").split("\t")
    assert (found, cited) == (body, rule)
