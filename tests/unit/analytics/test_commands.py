"""The commands refuse what they cannot answer before they ask anybody, and their help shows how it is done."""

from pathlib import Path

import pytest
from tests.stack import REPOSITORY
from typer.testing import CliRunner

from natija_analytics.cli.commands import app

MARGINALS = str(REPOSITORY / "examples/kg-h1-2019.yaml")


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NATIJA_ENV_FILE", str(tmp_path / "none.env"))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("report", "channels", "--from", "2019-01-01", "--to", "2018-01-01"), "is before --from"),
        (("report", "channels", "--from", "2019-01-01", "--to", "2019-01-02", "--zone", "Mars"), "not a time zone"),
        (("report", "topics", "--from", "1.1.2019", "--to", "2019-01-02"), "does not match"),
        (("report", "overdue", "--as-of", "yesterday"), "not an ISO 8601 instant"),
        (("report", "overdue", "--by", "person"), "person"),
        (("report", "breaches", "--known", "yesterday"), "--known"),
        (("report", "late-answers", "--from", "2022-01-01", "--to", "2021-12-31"), "is before --from"),
        (("history", "KG-1"), "one character is wrong or missing"),
        (("sample", "--marginals", "none.yaml"), "does not exist"),
    ],
)
def test_wrong_arguments_end_with_2(arguments: tuple[str, ...], complaint: str) -> None:
    """And with a line that names the option."""
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert complaint in " ".join(done.stderr.replace("│", " ").split())


def test_sample_is_equal_on_stdout(tmp_path: Path) -> None:
    """And in a file."""
    printed = CliRunner().invoke(app, ["sample", "--marginals", MARGINALS, "--seed", "3"])
    assert printed.stderr == ""
    written = CliRunner().invoke(
        app, ["sample", "--marginals", MARGINALS, "--seed", "3", "--output", str(tmp_path / "sample.csv")]
    )
    assert written.stdout == ""
    assert (tmp_path / "sample.csv").read_text() == printed.stdout
    assert printed.stdout.count("\n") == 3089


@pytest.mark.parametrize(
    "command",
    [
        "report overdue",
        "report late-answers",
        "report breaches",
        "report channels",
        "report regions",
        "report topics",
        "history",
        "sample",
    ],
)
def test_help_has_an_example(command: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"]).stdout
    assert f"natija {command} " in shown.partition("Options")[0]
