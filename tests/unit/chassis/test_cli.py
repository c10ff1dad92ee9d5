"""The one command line: its tree of commands, and the line with which a failed command ends."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest
import typer

from natija_chassis.cli.app import CommandTree, Contribution, main
from natija_chassis.errors import OperatorError

NATIJA = Path(sys.executable).with_name("natija")
PANELS = ["Run a realm", "Intake and registrar", "Routing", "Deadlines", "Analytics"]
COMMANDS = [
    ["serve"], ["provision"], ["settings"], ["clock"], ["import"], ["history"], ["sample"],
    ["projection", "rebuild"], ["projection", "lag"],
    ["dead-letters", "list"], ["dead-letters", "retry"],
    ["intake", "rotate-secret"], ["intake", "replace-code"],
    ["registrar", "verify"], ["registrar", "rejections"], ["registrar", "shards"],
    ["routing", "explain"],
    ["deadlines", "seed-calendars"],
    ["report", "overdue"], ["report", "late-answers"], ["report", "breaches"],
    ["report", "channels"], ["report", "regions"], ["report", "topics"],
]  # fmt: skip
HEAVY = ("aiokafka", "faststream", "sqlalchemy", "fastapi", "pydantic")


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ended."""

    returncode: int
    stdout: str
    stderr: str


def natija(*arguments: str, **variables: str) -> Ended:
    """Run `natija ARGUMENTS` in this process, with *variables* as its whole environment."""
    out, err, code = io.StringIO(), io.StringIO(), None
    with (
        patch.dict(os.environ, variables, clear=True),
        patch.object(sys, "argv", ["natija", *arguments]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
    if isinstance(code, str):  # as the interpreter does
        err.write(f"{code}\n")
    return Ended(1 if isinstance(code, str) else code or 0, out.getvalue(), err.getvalue())


class TestHelp:
    def test_help_shows_panel_per_service(self) -> None:
        """The installed program itself; the other tests call its `main`."""
        shown = subprocess.run([NATIJA, "--help"], capture_output=True, text=True, env={"COLUMNS": "80"}).stdout
        places = [shown.index(f"\n{panel}:\n") for panel in PANELS]
        assert places == sorted(places)
        for command in COMMANDS:
            assert f"\n  {command[0]} " in shown
        assert "..." not in shown.split("\n\n", 1)[1]
        assert max(map(len, shown.splitlines())) <= 80

    def test_help_lists_commands_of_groups(self) -> None:
        for group in {command[0] for command in COMMANDS if len(command) == 2}:
            shown = natija(group, "--help").stdout
            for name in (command[1] for command in COMMANDS if command[0] == group and len(command) == 2):
                assert f"\n  {name} " in shown, group

    @pytest.mark.parametrize("arguments", [("settings",), ("settings", "--format", "json"), ("--help",)])
    def test_closed_pipe_ends_quietly(self, arguments: tuple[str, ...]) -> None:
        """As in `natija settings | head -0`."""
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([NATIJA, *arguments], stdout=writer, stderr=subprocess.PIPE, text=True)
        os.close(writer)
        assert done.stderr == ""

    def test_help_imports_no_heavy_library(self) -> None:
        """`natija --help` stays fast: it loads neither Kafka, nor the database, nor HTTP."""
        program = f"""
import sys
from natija_chassis.cli.app import main
sys.argv = ["natija", "--help"]
try:
    main()
except SystemExit:
    print([name for name in {HEAVY!r} if name in sys.modules])
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env={})
        assert done.stdout.splitlines()[-1] == "[]"


def contribution(distribution: str, *commands: str) -> Contribution:
    """Commands of a distribution; "report overdue" is the command `overdue` of the group `report`."""
    app, groups = typer.Typer(), dict[str, typer.Typer]()
    for command in commands:
        group, _, name = command.rpartition(" ")
        if group and group not in groups:
            groups[group] = typer.Typer()
            app.add_typer(groups[group], name=group)
        (groups[group] if group else app).command(name)(lambda: None)
    return Contribution(distribution, distribution.title(), app)


def names(app: typer.Typer, prefix: str = "") -> Iterator[str]:
    for command in app.registered_commands:
        yield f"{prefix}{command.name}"
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from names(group.typer_instance, f"{prefix}{group.name} ")


class TestMerging:
    """Several distributions contribute to one tree of commands."""

    def test_groups_of_two_distributions_merge(self) -> None:
        tree = CommandTree()
        tree.add(contribution("natija-analytics", "history", "report overdue"))
        tree.add(contribution("natija-tally", "report tally"))
        assert list(names(tree.app)) == ["history", "report overdue", "report tally"]

    @pytest.mark.parametrize(
        ("first", "second", "name"),
        [
            ("report overdue", "report overdue", "report overdue"),
            ("history", "history", "history"),
            ("report", "report overdue", "report"),
            ("report overdue", "report", "report"),
        ],
    )
    def test_doubled_command_is_refused(self, first: str, second: str, name: str) -> None:
        """The error names both distributions; a group and a command of one name are a double, too."""
        tree = CommandTree()
        tree.add(contribution("natija-analytics", first))
        with pytest.raises(OperatorError) as caught:
            tree.add(contribution("natija-tally", second))
        expected = f"`natija {name}` is defined by natija-analytics and by natija-tally: uninstall one of them"
        assert str(caught.value) == expected


class TestSettings:
    def test_settings_shows_value_source_and_meaning(self, tmp_path: Path) -> None:
        (tmp_path / "natija.env").write_text("NATIJA_REALM=kz\n")
        variables = {"NATIJA_ENV_FILE": str(tmp_path / "natija.env"), "NATIJA_ROUTING_PORT": "9000"}
        found = json.loads(natija("settings", "--format", "json", **variables).stdout)
        by_name = {(one["process"], one["name"]): one for one in found}
        realm, port = by_name["every process", "NATIJA_REALM"], by_name["routing", "NATIJA_ROUTING_PORT"]
        assert (realm["value"], realm["source"], realm["default"]) == ("kz", str(tmp_path / "natija.env"), "kg")
        assert (port["value"], port["source"], port["default"]) == ("9000", "environment", "8082")
        assert by_name["every process", "NATIJA_FETCH_MAX_WAIT"]["source"] == "default"
        assert [one["name"] for one in found if not one["meaning"]] == []

    def test_settings_masks_secrets_and_passwords(self) -> None:
        secret = "c2VjcmV0LW9mLW91cnM"
        variables = {
            "NATIJA_REALM_KEY": secret,
            "NATIJA_KAFKA_PASSWORD": secret,
            "NATIJA_NUMBER_SECRET": secret,
            "NATIJA_ACCESS_CODE_SECRET": secret,
            "NATIJA_POSTGRES": f"postgresql://admin:{secret}@db:5432/postgres",
            "NATIJA_DATABASE": f"postgresql+asyncpg://natija_{{service}}:{secret}@db/{{realm}}_{{service}}",
        }
        for format in ("table", "json"):
            shown = natija("settings", "--format", format, NATIJA_ENV_FILE="/nowhere", **variables).stdout
            assert "admin:****@db:5432" in shown
            assert secret not in shown


class TestClock:
    def test_clock_is_shown_moved_and_reset(self, tmp_path: Path) -> None:
        variables = {"NATIJA_CLOCK": f"file:{tmp_path / 'clock.json'}", "NATIJA_ENV_FILE": str(tmp_path / "none")}
        assert natija("clock", **variables).stdout.endswith("UTC, system time\n")
        moved = natija("clock", "--advance", "20d", "--speed", "60", **variables)
        assert moved.stdout.endswith("UTC, 60 times real time\n")
        assert natija("clock", "--reset", **variables).stdout.endswith("UTC, system time\n")
        assert natija("clock", "--advance", "soon", **variables).returncode == 2

    def test_system_clock_cannot_be_moved(self, tmp_path: Path) -> None:
        refused = natija("clock", "--advance", "1d", NATIJA_ENV_FILE=str(tmp_path / "none"))
        assert refused.returncode == 2
        assert "only a file:PATH clock can be moved" in refused.stderr


class TestFailures:
    """An error is one line that says what failed and what to do; never a traceback."""

    def test_unknown_service_is_named(self, tmp_path: Path) -> None:
        for command in (["projection", "rebuild", "nobody"], ["serve", "nobody"]):
            failed = natija(*command, NATIJA_ENV_FILE=str(tmp_path / "none"))
            assert failed.returncode == 1
            [line] = failed.stderr.splitlines()
            assert "called nobody; these" in line
            assert "deadlines, desk, intake" in line

    @pytest.mark.parametrize(
        ("command", "variables", "expected"),
        [
            (["projection", "lag"], {"NATIJA_KAFKA": "127.0.0.1:1"}, "PostgreSQL at /nowhere does not answer"),
            (["registrar", "rejections"], {"NATIJA_KAFKA": "127.0.0.1:1"}, "Kafka at 127.0.0.1:1 does not answer"),
            (
                ["dead-letters", "list"],
                {"NATIJA_DATABASE": "postgresql+asyncpg://nobody@127.0.0.1:1/{realm}_{service}"},
                "PostgreSQL at 127.0.0.1:1 does not answer",
            ),
        ],
    )
    def test_silent_server_is_named_with_address(
        self, tmp_path: Path, command: list[str], variables: dict[str, str], expected: str
    ) -> None:
        database = "postgresql+asyncpg://nobody@/{realm}_{service}?host=/nowhere"
        given = {"NATIJA_ENV_FILE": str(tmp_path / "none"), "NATIJA_DATABASE": database} | variables
        failed = natija(*command, **given)
        assert failed.returncode == 1
        assert "Traceback" not in failed.stderr
        last = failed.stderr.splitlines()[-1]
        assert last.startswith(f"natija: {expected}")
        assert "make up" in last

    def test_wrong_variable_is_named(self, tmp_path: Path) -> None:
        failed = natija("clock", NATIJA_REALM="no realm at all", NATIJA_ENV_FILE=str(tmp_path / "none"))
        assert failed.stderr.startswith("natija: NATIJA_REALM: String should match pattern")
        assert "no realm at all" not in failed.stderr
