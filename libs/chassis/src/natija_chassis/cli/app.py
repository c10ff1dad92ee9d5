"""The one command line: the chassis' commands and those of every installed service, merged into one tree."""

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup

from natija_chassis.process import failpoints

ABOUT = "Natija: the register of citizens' appeals. `natija COMMAND --help` shows the arguments of a command."
PANEL = "Run a realm"
"""The heading of the chassis' own commands. Those of services follow, in the order of their ports."""


class PanelGroup(TyperGroup):
    """Help with a heading per service and no shortened text. (Rich would draw boxes and double the start-up time.)"""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        shown = [(name, command) for name, command in self.commands.items() if not command.hidden]
        width = max(len(name) for name, _ in shown)
        panels: dict[str, list[tuple[str, str]]] = {}
        for name, command in shown:
            panel = str(getattr(command, "rich_help_panel", None) or "Commands")
            panels.setdefault(panel, []).append((f"{name:{width}}", command.get_short_help_str(400)))
        for panel in sorted(panels, key=_order):
            with formatter.section(panel):
                formatter.write_dl(panels[panel])


def _order(panel: str) -> int:
    """The chassis' own commands first, then those of services in the order of their ports."""
    from natija_chassis.services import service_infos

    known = [PANEL, *(info.panel for info in service_infos())]
    return known.index(panel) if panel in known else len(known)


class Contribution(NamedTuple):
    """The commands that one *distribution* adds, listed under *panel*."""

    distribution: str
    panel: str
    app: typer.Typer


class CommandTree:
    """The commands of several distributions in one Typer app.

    Groups of the same name are merged. A command that two distributions define is refused, since one of them would
    silently hide the other.
    """

    def __init__(self) -> None:
        self.app = typer.Typer(
            cls=PanelGroup, help=ABOUT, no_args_is_help=True, add_completion=False, rich_markup_mode=None,
            pretty_exceptions_enable=False, callback=lambda: None,
        )  # fmt: skip
        self._owners: dict[str, str] = {}
        """Distribution by the full name of a command."""
        self._groups: dict[str, typer.Typer] = {"": self.app}
        """Each group by its full name."""

    def add(self, contribution: Contribution) -> None:
        """Add its commands. Raises `OperatorError` when one of them is already there."""
        self._merge("", contribution.app, contribution)

    def _merge(self, path: str, source: typer.Typer, contribution: Contribution) -> None:
        target = self._groups[path]
        for command in source.registered_commands:
            name = command.name or getattr(command.callback, "__name__", "").replace("_", "-")
            self._claim(f"{path} {name}".strip(), contribution)
            command.rich_help_panel = contribution.panel if not path else None
            target.registered_commands.append(command)
        for group in source.registered_groups:
            assert group.typer_instance is not None
            full = f"{path} {group.name}".strip()
            if full not in self._groups:
                self._claim(full, contribution)
                self._groups[full] = typer.Typer(
                    cls=PanelGroup, no_args_is_help=True, help=group.typer_instance.info.help
                )
                target.add_typer(self._groups[full], name=group.name, rich_help_panel=contribution.panel)
            self._merge(full, group.typer_instance, contribution)

    def _claim(self, name: str, contribution: Contribution) -> None:
        from natija_chassis.errors import OperatorError

        owner = self._owners.setdefault(name, contribution.distribution)
        if owner != contribution.distribution or name in self._groups:
            raise OperatorError(
                f"`natija {name}` is defined by {owner} and by {contribution.distribution}: uninstall one of them"
            )


def contributions() -> Iterator[Contribution]:
    """The chassis' commands, then those of each installed service."""
    from natija_chassis.cli import commands
    from natija_chassis.services import installed, resolve

    yield Contribution("natija-chassis", PANEL, commands.app)
    for point, info in installed():
        if info.commands is None:
            continue
        try:
            app = resolve(info.commands)
        except ImportError as error:
            print(f"natija: the commands of {info.name} cannot be imported: {error}", file=sys.stderr)
            continue
        yield Contribution(point.dist.name if point.dist else point.value, info.panel, app)


def build() -> typer.Typer:
    """One app with the commands of all. Raises `OperatorError` when two distributions define the same command."""
    tree = CommandTree()
    for contribution in contributions():
        tree.add(contribution)
    return tree.app


def main() -> None:
    """The program `natija`. An error ends it with a line that repeats no value it may hold."""
    failpoints.arm()
    try:
        build()()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        from natija_chassis.cli.failures import explain

        sys.exit(f"natija: {explain(error)}")
