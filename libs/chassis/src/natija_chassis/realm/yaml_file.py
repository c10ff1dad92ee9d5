"""YAML files of a realm: read and checked in one place, with errors that name file, line and field."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from natija_chassis.errors import OperatorError

_SHOWN = 3
"""The most errors of one file that are printed."""
Model = TypeVar("Model", bound=BaseModel)


class FileError(OperatorError):
    """A file is missing or wrong. The text names the file, the line, the field and the rule."""


def load(path: Path, model: type[Model], variable: str | None = None) -> Model:
    """The content of the file at *path* as a *model*. Raises `FileError`; *variable* is the setting that names it."""
    raw = read(path, variable)
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        shown = [_located(path, one["loc"], one["msg"].removeprefix("Value error, ")) for one in found[:_SHOWN]]
        more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        raise FileError("; ".join([*shown, *more])) from None


def read(path: Path, variable: str | None = None) -> Any:
    """The plain content of the file at *path*. Raises `FileError`; *variable* is the setting that names it."""
    import yaml

    named = f"{path} ({variable})" if variable else str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FileError(f"{path} does not exist" + (f" ({variable})" if variable else "")) from None
    except UnicodeDecodeError:
        raise FileError(f"{named} is not a text in UTF-8") from None
    except OSError as error:
        raise FileError(f"{named}: {error.strerror}") from None
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - ten times as fast
    except yaml.YAMLError:
        raise FileError(_syntax(path, text)) from None


def error_at(path: Path, field: Sequence[str | int], rule: str) -> FileError:
    """The error that *field* of the file at *path* breaks *rule*, with the line of the field."""
    return FileError(_located(path, field, rule))


def _syntax(path: Path, text: str) -> str:
    """The syntax error in *text*. The loader in Python has plainer messages than the one in C."""
    import yaml

    try:
        yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        return f"{path}{line}: YAML syntax: {error.problem}"
    except yaml.YAMLError as error:
        return f"{path}: YAML syntax: {str(error).splitlines()[0]}"
    return f"{path}: YAML syntax"


def _located(path: Path, field: Sequence[str | int], rule: str) -> str:
    line = _line(path, field)
    named = ".".join(str(step) for step in field)
    return ": ".join([f"{path}:{line}" if line else str(path), *([named] if named else []), rule])


def _line(path: Path, field: Sequence[str | int]) -> int | None:
    """The line of *field*, or of the nearest field around it that is there."""
    import yaml

    node, line = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader), None
    for step in field:
        match node:
            case yaml.MappingNode():
                found = next((pair for pair in node.value if str(pair[0].value) == str(step)), None)
            case yaml.SequenceNode() if str(step).isdigit() and int(step) < len(node.value):
                found = (node.value[int(step)], node.value[int(step)])
            case _:
                found = None
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line
