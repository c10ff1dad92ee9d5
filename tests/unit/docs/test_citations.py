"""Commands, metrics and settings that a page names exist."""

import importlib
import re
import subprocess
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import typer
from prometheus_client import REGISTRY
from tests.unit.docs.pages import PAGES, REPOSITORY, current_text, name_of

from natija_chassis.cli.app import build

_CODE = re.compile(r"`([^`\n]+)`|^(?:    | *\$ )(.+)$", re.MULTILINE)
_SHELL = re.compile(r"^ *```sh\n(.*?)```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?<![\w/])natija ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?")
_METRIC = re.compile(r"\bnatija_[a-z_]+")
_SETTING = re.compile(r"\bNATIJA_[A-Z0-9_]*[A-Z0-9]\b")
NOT_METRICS = frozenset({"natija_reader", "natija_tally"})
"""A role of PostgreSQL, and the package that the guide in docs/architecture.md adds."""
ADDED_REPORT = ("report", "tally")
"""The report that the same guide adds."""


@cache
def groups() -> dict[str, frozenset[str]]:
    """The commands of `natija`, each with its sub-commands; without any it takes arguments."""
    top = typer.main.get_command(build())
    return {name: frozenset(getattr(one, "commands", ())) for name, one in vars(top)["commands"].items()}


def unknown_commands(text: str) -> set[str]:
    """The commands in the code of *text* that `natija` does not have."""
    code = "\n".join([*("".join(span) for span in _CODE.findall(text)), *_SHELL.findall(text)])
    found = set()
    for name, inner in _COMMAND.findall(code):
        if (name, inner) == ADDED_REPORT:
            continue
        if name not in groups() or (inner and groups()[name] and inner not in groups()[name]):
            found.add(f"{name} {inner}".strip())
    return found


@cache
def metrics() -> frozenset[str]:
    """The metrics of every process, under each name that a query may use."""
    for path in REPOSITORY.glob("*/*/src/**/metrics.py"):
        importlib.import_module(".".join(path.with_suffix("").parts[path.parts.index("src") + 1 :]))
    ends = {"counter": ("_total",), "histogram": ("", "_bucket", "_sum", "_count")}
    return frozenset(family.name + end for family in REGISTRY.collect() for end in ends.get(family.type, ("",)))


def unknown_metrics(text: str) -> set[str]:
    """The metrics that *text* names and no process exports; `natija_x_…` stands for those that begin so."""
    packages = {path.name for path in REPOSITORY.glob("*/*/src/natija_*")}
    cited = set(_METRIC.findall(text)) - packages - NOT_METRICS
    return {name for name in cited if not (name in metrics() or (name[-1] == "_" and _begins_a_metric(name)))}


def _begins_a_metric(name: str) -> bool:
    return any(metric.startswith(name) for metric in metrics())


@cache
def settings() -> frozenset[str]:
    """Every NATIJA_ variable: the fields of settings classes, and the names in code and scripts."""
    tracked = ["git", "ls-files", "libs", "services", "deploy", "Makefile"]
    paths = subprocess.run(tracked, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.splitlines()
    texts = {path: (REPOSITORY / path).read_text() for path in paths if path.endswith((".py", ".sh", "Makefile"))}
    fields = re.compile(r"^    ([a-z_]+): ", re.MULTILINE)
    declared = {
        name
        for path, text in texts.items()
        if path.endswith(("settings.py", "/app.py"))
        for name in fields.findall(text)
    }
    processes = [point.name.upper() for point in entry_points(group="natija.services")]
    ports = {f"NATIJA_{process}_{port}" for process in processes for port in ("PORT", "MANAGEMENT_PORT")}
    named = {name for text in texts.values() for name in _SETTING.findall(text)}
    return frozenset({*named, *ports, *(f"NATIJA_{name.upper()}" for name in declared)})


@pytest.mark.parametrize("page", PAGES, ids=name_of)
class TestPage:
    """Every page of the repository."""

    def test_cited_commands_exist(self, page: Path) -> None:
        assert unknown_commands(current_text(page)) == set()

    def test_cited_metrics_exist(self, page: Path) -> None:
        assert unknown_metrics(current_text(page)) == set()

    def test_cited_settings_exist(self, page: Path) -> None:
        assert set(_SETTING.findall(current_text(page))) - settings() == set()


class TestChecks:
    """The checks find what is wrong."""

    def test_unknown_command_is_found(self) -> None:
        assert unknown_commands("`natija serve intake` and `natija frobnicate it`, natija words") == {"frobnicate it"}

    def test_unknown_metric_is_found(self) -> None:
        assert unknown_metrics("natija_ready, natija_projection_…, natija_steadiness") == {"natija_steadiness"}
