"""The file of API keys holds hashes, and `natija api-key` changes it."""

import json
import os
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from natija_chassis.cli import commands
from natija_chassis.errors import OperatorError
from natija_chassis.http import api_keys
from natija_chassis.http.access import Principal


def natija(path: Path, *arguments: str) -> Result:
    """Run `natija api-key ARGUMENTS`."""
    environment = {"NATIJA_API_KEYS": str(path), "NATIJA_ENV_FILE": os.devnull}
    return CliRunner().invoke(commands.app, ["api-key", *arguments], env=environment)


def test_command_adds_lists_and_revokes(tmp_path: Path) -> None:
    """The key is printed once, and stands nowhere."""
    path = tmp_path / "keys.yaml"
    added = natija(path, "add", "portal", "--role", "official", "--role", "publisher", "--body", "ministry-health")
    key = added.stdout.strip()
    assert key.startswith(api_keys.PREFIX)
    assert key not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = api_keys.ApiKeys(path).principal(key)
    assert found == Principal("portal", frozenset(["official", "publisher"]), "ministry-health")
    [entry] = json.loads(natija(path, "list", "--format", "json").stdout)
    assert set(entry) == {"name", "roles", "body", "source", "created"}
    assert natija(path, "revoke", "portal").exit_code == 0
    assert api_keys.ApiKeys(path).principal(key) is None


def test_wrong_commands_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys.yaml"
    api_keys.add(path, "portal", ["official"], None)
    before = path.read_text()
    for arguments in (("add", "portal", "--role", "operator"), ("add", "x", "--role", "public"), ("revoke", "other"),
                      ("add", "A B", "--role", "operator"), ("add", "x")):  # fmt: skip
        assert natija(path, *arguments).exit_code != 0
    assert path.read_text() == before


@pytest.mark.parametrize(
    "text", ["keys: 1", "[", "keys: [{name: a, sha256: x, roles: [official], created: 2026-01-01}]"]
)
def test_wrong_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.yaml"
    path.write_text(text)
    with pytest.raises(OperatorError, match=r"keys\.yaml"):
        api_keys.ApiKeys(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="NATIJA_API_KEYS"):
        api_keys.ApiKeys(tmp_path / "none.yaml")
