"""The processes that are installed here. Each describes itself; the chassis knows none of them by name."""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from natija_chassis.errors import OperatorError

GROUP = "natija.services"
"""The group of entry points. Each is named like its process and refers to a `ServiceInfo`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInfo:
    """The description of one process of a distribution. References are ``module:name``, resolved when needed.

    The module that holds it is imported by every command, so it imports nothing but this class.
    """

    name: str
    """The process: `natija serve NAME`, the variable NATIJA_<NAME>_PORT, the Kafka group."""
    panel: str
    """The heading of its commands in `natija --help`."""
    port: int
    """The default of NATIJA_<NAME>_PORT. Processes are listed and started in the order of their ports."""
    management_port: int
    """The default of NATIJA_<NAME>_MANAGEMENT_PORT."""
    start: str
    """A coroutine function that takes the settings and runs the process until SIGTERM."""
    settings: str
    """The class of its settings."""
    commands: str | None = None
    """A Typer app with its commands."""
    command_settings: tuple[str, ...] = ()
    """The classes of settings that only its commands read."""
    projection: str | None = None
    """A function that builds its projection. A service with one has a database of the service's name."""
    reads: str = "log"
    """The topic it reads."""
    lag: str | None = None
    """Where that is not the log: a coroutine function from settings to lag by partition."""
    metrics: str | None = None
    """The module that defines its own metrics."""
    read_by_analysts: bool = False
    """Whether analysts may read its database."""


def port_variable(process: str) -> str:
    """The environment variable that holds the port of *process*."""
    return f"NATIJA_{process.upper()}_PORT"


def management_port_variable(process: str) -> str:
    """The environment variable that holds the management port of *process*."""
    return f"NATIJA_{process.upper()}_MANAGEMENT_PORT"


@cache
def installed() -> tuple[tuple[EntryPoint, ServiceInfo], ...]:
    """Each installed process with the entry point that names it, in the order of ports. Raises ImportError."""
    found = [(point, point.load()) for point in entry_points(group=GROUP)]
    return tuple(sorted(found, key=lambda one: (one[1].port, one[1].name)))


def service_infos() -> tuple[ServiceInfo, ...]:
    """Every installed process, in the order of ports."""
    return tuple(info for _, info in installed())


def service_info(name: str) -> ServiceInfo:
    """The installed process *name*. Raises `OperatorError` for an unknown one."""
    for info in service_infos():
        if info.name == name:
            return info
    known = ", ".join(sorted(info.name for info in service_infos()))
    raise OperatorError(f"no process is called {name}; these are installed: {known}")


def resolve(reference: str) -> Any:
    """The object that ``module:name`` refers to."""
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)
