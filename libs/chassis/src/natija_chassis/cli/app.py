"""The one command line: commands of the chassis and of every installed service, found by entry point."""

import sys
from importlib.metadata import entry_points
from typing import Any

import typer
from typer.core import TyperGroup

ABOUT = "Natija: the register of citizens' appeals. `natija COMMAND --help` says what a command takes and prints."
PANELS = {
    "chassis": "Run and look after a realm",
    "intake": "The door and the register",
    "registrar": "The door and the register",
    "routing": "Who must answer",
    "deadlines": "By when",
    "analytics": "What happened",
}
"""Headings of `natija --help` by entry point, in the order of print."""


class Grouped(TyperGroup):
    """Help with a heading per service and nothing cut off. (Rich would draw boxes and double the start-up time.)"""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        shown = [(name, command) for name, command in self.commands.items() if not command.hidden]
        width = max(len(name) for name, _ in shown)
        panels: dict[str, list[tuple[str, str]]] = {}
        for name, command in shown:
            panel = str(getattr(command, "rich_help_panel", None))
            panels.setdefault(panel, []).append((f"{name:{width}}", command.get_short_help_str(400)))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)


def build() -> typer.Typer:
    """One app with the commands of all."""
    app = typer.Typer(
        cls=Grouped, help=ABOUT, no_args_is_help=True, add_completion=False, rich_markup_mode=None,
        pretty_exceptions_enable=False, callback=lambda: None,
    )  # fmt: skip
    found = {point.name: point for point in entry_points(group="natija.commands")}
    for name in sorted(found, key=lambda one: ([*PANELS, one].index(one), one)):
        try:
            part: typer.Typer = found[name].load()
        except ImportError as error:
            print(f"natija: the commands of {name} are not to be had: {error}", file=sys.stderr)
            continue
        for command in part.registered_commands:
            command.rich_help_panel = PANELS.get(name, name)
        for group in part.registered_groups:
            group.rich_help_panel = PANELS.get(name, name)
        app.registered_commands.extend(part.registered_commands)
        app.registered_groups.extend(part.registered_groups)
    return app


def main() -> None:
    """The program `natija`. An error ends it with a line that repeats no value it may hold."""
    try:
        build()()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        sys.exit(_explain(error))


def _explain(error: Exception) -> str:
    from natija_chassis.errors import OperatorError
    from natija_chassis.observability.logs import frames, sanitised

    if isinstance(error, OperatorError):
        return f"natija: {error}"
    if isinstance(error, OSError) or type(error).__name__ == "KafkaConnectionError":
        known = "`make up` starts a stack here; NATIJA_KAFKA and NATIJA_DATABASE name another"
        return f"natija: a server does not answer ({sanitised(error)}). {known}"
    return f"natija: {sanitised(error)} (at {frames(error)[-1]})"
