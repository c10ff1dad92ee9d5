"""`natija settings`: every environment variable with its value, the source of the value, its default and meaning."""

import json
import os
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from natija_chassis import time_zones
from natija_chassis.services import resolve, service_infos
from natija_chassis.settings import Settings, env_file, read_env_file
from natija_chassis.settings import variables as settings_variables

WIDTH = 100
MASK = "****"
EVERY = "every process"
COMMANDS = "commands and the local stack"
_PASSWORD = re.compile(r"(?<=:)[^:@/]+(?=@)")
_OTHERS = {
    "NATIJA_ENV_FILE": (None, "The file with the local stack's settings; by default .local/natija.env of the clone."),
    "NATIJA_POSTGRES": (None, "URL of a superuser's connection, for `natija provision`: postgresql://…"),
    "NATIJA_API_KEY": (None, "The operator's API key of the local stack, to read its APIs."),
    "NATIJA_BROKERS": ("1", "How many Kafka brokers `make up` starts: 1 or 3."),
    "OTEL_EXPORTER_OTLP_ENDPOINT": (None, "Where processes send traces (OTLP over HTTP); without it they send none."),
}
"""Variables outside the settings classes: default and meaning."""


_PORTS = ("port", "management_port")


class Variable(NamedTuple):
    """One variable of one *process*. *source* is `environment`, a file, or `default`; secrets are masked."""

    process: str
    name: str
    value: str | None
    source: str
    default: str | None
    meaning: str


def variables() -> list[Variable]:
    """All variables: those of every process, each process' own, then those of commands and the local stack."""
    filed = read_env_file()
    found = [_variable(EVERY, name, field, filed) for name, field in _fields(Settings)]
    for info in service_infos():
        for reference in (info.settings, *info.command_settings):
            found += [_variable(info.name, name, field, filed) for name, field in _fields(resolve(reference))]
    for name, (default, meaning) in _OTHERS.items():
        value, source = _given(name, filed)
        shown = MASK if value and name == "NATIJA_API_KEY" else _masked(value or default)
        found.append(Variable(COMMANDS, name, shown, source, default, meaning))
    return found


def _fields(settings: type[Settings]) -> Iterator[tuple[str, FieldInfo]]:
    """The fields that *settings* declares beside those of every process, by variable. Only a process knows the
    variables of its ports."""
    classes = [one for one in reversed(settings.__mro__) if issubclass(one, Settings) and one is not Settings]
    names = dict.fromkeys(name for one in classes or [Settings] for name in one.__annotations__)
    for name, variable in settings_variables(settings).items():
        if name in names and not (settings is Settings and name in _PORTS):
            yield variable, settings.model_fields[name]


def _variable(process: str, name: str, field: FieldInfo, filed: Mapping[str, str]) -> Variable:
    default = None if field.default in (None, PydanticUndefined) else str(field.default)
    value, source = _given(name, filed)
    shown = value if value is not None else default
    if "Secret" in str(field.annotation):
        shown = MASK if shown is not None else None
    return Variable(process, name, _masked(shown), source, default, _one_line(field.description))


def _given(name: str, filed: Mapping[str, str]) -> tuple[str | None, str]:
    """The value of the variable *name* and its source."""
    if name in os.environ:
        return os.environ[name], "environment"
    if name in filed:
        return filed[name], _short(env_file())
    return None, "default"


def _masked(value: str | None) -> str | None:
    """*value* without the password of a URL."""
    return None if value is None else _PASSWORD.sub(MASK, value)


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def show(format: str) -> None:
    """Print all variables."""
    found = variables()
    if format == "json":
        print(json.dumps([one._asdict() for one in found], ensure_ascii=False))
        return
    for process in dict.fromkeys(one.process for one in found):
        print(f"{process}\n")
        for one in (one for one in found if one.process == process):
            print(_entry(one))
        print()
    print(f"time zones\n\n  IANA release {time_zones.version()}, from the package tzdata")


def _entry(one: Variable) -> str:
    """Two lines and more: name and value with its source; meaning with the default where another value is set."""
    value: Any = "(not set)" if one.value is None else one.value
    source = "" if one.source == "default" and one.value is None else f"   [{one.source}]"
    default = f" Default: {_masked(one.default)}" if one.default not in (None, one.value) else ""
    meaning = textwrap.fill(one.meaning + default, WIDTH, initial_indent="      ", subsequent_indent="      ")
    return f"  {one.name} = {value}{source}\n{meaning}"
