"""docs/architecture.md, "Change a rule", followed."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.guides import REPOSITORY, write_files

from natija_chassis.clock import FileClock
from natija_deadlines.policies import policy

REALM = REPOSITORY / "deploy" / "realms" / "kg"


@pytest.mark.parametrize(
    ("day", "body", "rule"),
    [("2026-12-31", "ministry-transport", "roads/2"), ("2027-01-01", "mayor-osh", "roads-2027/2")],
)
def test_new_rule_applies_from_its_day(tmp_path: Path, day: str, body: str, rule: str) -> None:
    assert "competence.yaml" in write_files("Change a rule", tmp_path)
    for name in ("directory.yaml", "publishers.yaml"):
        shutil.copy(REALM / name, tmp_path)
    clock = tmp_path / "clock.json"
    FileClock(clock).set(datetime.fromisoformat(f"{day}T12:00:00+00:00"), speed=0)
    variables = {"NATIJA_CLOCK": f"file:{clock}"}
    natija = str(Path(sys.executable).with_name("natija"))
    command = [natija, "routing", "explain", "roads", "--realm-files", str(tmp_path)]
    done = subprocess.run(command, env=variables | {"NATIJA_ENV_FILE": "/nowhere"}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    found, _, cited = done.stdout.rstrip("\n").split("\t")
    assert (found, cited) == (body, rule)


@pytest.fixture
def policies(tmp_path: Path) -> policy.Policies:
    """The policies after the steps of the guide: the old version ends, and a copy of it is changed."""
    write_files("Change a rule", tmp_path / "guide")
    folder = Path(shutil.copytree(policy.DATA, tmp_path / "policies"))
    old, new = (folder / name for name in ("kg-law-67-1.yaml", "kg-law-67-2.yaml"))
    changes = yaml.safe_load((tmp_path / "guide" / new.name).read_text())
    new.write_text(yaml.safe_dump(merged(yaml.safe_load(old.read_text()), changes)))
    old.write_text(old.read_text() + (tmp_path / "guide" / old.name).read_text())
    return policy.load_policies(folder)


def merged(old: Any, new: Any) -> Any:
    """The old content with the new values in it, at every depth."""
    if not isinstance(old, dict):
        return new
    return old | {key: merged(old.get(key), value) for key, value in new.items()}


def test_new_term_applies_from_its_day(policies: policy.Policies) -> None:
    """An appeal of the last old day keeps the old policy."""
    found = [
        policies.deadline("KG", "application", datetime(2026, 12, 31, 4, tzinfo=UTC)),
        policies.deadline("KG", "application", datetime(2027, 1, 4, 4, tzinfo=UTC)),
    ]
    assert [one.policy.number for one in found] == ["kg-law-67/1", "kg-law-67/2"]
    assert [one.policy.term("application").amount for one in found] == [14, 10]
