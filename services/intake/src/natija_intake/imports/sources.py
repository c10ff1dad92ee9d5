"""Where a field's value comes from: a constant, a column, a part with fields of its own, a list."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

Scalar = str | int | bool


class MappingError(ValueError):
    """A mapping that cannot be used; *key* says where in the file."""

    def __init__(self, key: str, rule: str) -> None:
        super().__init__(f"{key}: {rule}")
        self.key = key


class Strict(BaseModel):
    """A part of a mapping file: what it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Const(Strict):
    """The same value in every row."""

    const: Scalar


class Cell(Strict):
    """What stands in *column*, through the value map *map*. A blank cell gives *default*; a value that the map does
    not know passes through and is counted, or gives *otherwise*."""

    column: str
    map: str | None = None
    default: Scalar | None = None
    otherwise: Scalar | None = None


class Time(Strict):
    """The instant in the column *time*."""

    time: str


class SealedCell(Strict):
    """What stands in the column *sealed*, for authorised eyes only."""

    sealed: str


Leaf = Const | Cell | Time | SealedCell
_VERBS: dict[str, type[Leaf]] = {"const": Const, "column": Cell, "time": Time, "sealed": SealedCell}


class Part(NamedTuple):
    """Fields by name: an event's data, or a part of it."""

    fields: Mapping[str, "Source"]


class Items(NamedTuple):
    """A list; blank items are left out."""

    items: tuple["Source", ...]


Source = Leaf | Part | Items


def source_of(key: str, raw: Any) -> Source:
    """The source that *raw*, found at *key* of the file, describes. Raises `MappingError`."""
    if isinstance(raw, str):
        return Cell(column=raw)
    if isinstance(raw, list):
        return Items(tuple(source_of(f"{key}.{index}", item) for index, item in enumerate(raw)))
    if not isinstance(raw, dict) or not raw:
        raise MappingError(key, "is a column's name, a list, or one of const:, column:, time:, sealed:")
    verb = next((_VERBS[name] for name in _VERBS if name in raw), None)
    if verb is None:
        return Part({str(name): source_of(f"{key}.{name}", inner) for name, inner in raw.items()})
    try:
        return verb.model_validate(raw)
    except ValidationError as error:
        raise named(key, error) from None


def columns_of(source: Source, at: str = "") -> Iterator[tuple[str, str]]:
    """Each field's dotted path under *at*, with the column it comes from."""
    match source:
        case Cell(column=column) | Time(time=column) | SealedCell(sealed=column):
            yield at, column
        case Part(fields):
            for name, inner in fields.items():
                yield from columns_of(inner, f"{at}.{name}" if at else name)
        case Items(items):
            for index, inner in enumerate(items):
                yield from columns_of(inner, f"{at}.{index}")


def named(key: str, error: ValidationError) -> MappingError:
    """The first of pydantic's errors, by its key below *key*."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(step) for step in ((key,) if key else ()) + first["loc"] if step != "[key]")
    return MappingError(place or "file", first["msg"].removeprefix("Value error, "))
