"""`natija routing explain`: who would have to answer."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from natija_routing.commands import app

REALM = Path(__file__).parents[3] / "deploy" / "realms" / "kg"
EXPLAIN = ("routing", "explain", "--realm-files", str(REALM))


@pytest.fixture(autouse=True)
def realm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NATIJA_ENV_FILE", str(tmp_path / "none.env"))


def test_explain_prints_body_and_rule() -> None:
    done = CliRunner().invoke(app, [*EXPLAIN, "roads", "--region", "bishkek", "--complained-of", "mayor-bishkek"])
    assert (done.exit_code, done.output) == (0, "ministry-transport\tMinistry of Transport and Roads\troads/1\n")


def test_explain_without_body_fails() -> None:
    """The exit code is 1, and the reason is printed."""
    done = CliRunner().invoke(app, [*EXPLAIN, "other"])
    assert (done.exit_code, done.output) == (1, "nobody: no_rule\n")
