"""Where a field's value comes from: a constant, a column, a part with fields of its own, a list."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

Scalar = str | int | bool


class MappingError(ValueError):
    """A mapping that cannot be used; *key* says where in the file."""

    def __init__(self, key: str, rule: str) -> None:
        super().__init__(f"{key}: {rule}")
        self.key, self.rule = key, rule


class StrictModel(BaseModel):
    """A part of a mapping file: what it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Const(StrictModel):
    """The same value in every row."""

    const: Scalar


class Cell(StrictModel):
    """The value of *column*, through the value map *map*. A blank cell gives *default*. An unknown value is kept and
    counted, or gives *otherwise*."""

    column: str
    map: str | None = None
    default: Scalar | None = None
    otherwise: Scalar | None = None


class Time(StrictModel):
    """The instant in the column *time*."""

    time: str


class SealedCell(StrictModel):
    """The value of the column *sealed*, sealed."""

    sealed: str


Leaf = Const | Cell | Time | SealedCell
_KEYWORDS: dict[str, type[Leaf]] = {"const": Const, "column": Cell, "time": Time, "sealed": SealedCell}


class ObjectSource(NamedTuple):
    """Fields by name: an event's data, or a part of it."""

    fields: Mapping[str, "Source"]


class ListSource(NamedTuple):
    """A list; blank items are left out."""

    items: tuple["Source", ...]


Source = Leaf | ObjectSource | ListSource


def parse_source(key: str, raw: Any) -> Source:
    """The source that *raw*, found at *key* of the file, describes. Raises `MappingError`."""
    if isinstance(raw, str):
        return Cell(column=raw)
    if isinstance(raw, list):
        return ListSource(tuple(parse_source(f"{key}.{index}", item) for index, item in enumerate(raw)))
    if not isinstance(raw, dict) or not raw:
        raise MappingError(key, "is not a source: use a column's name, a list, const:, column:, time: or sealed:")
    keyword = next((_KEYWORDS[name] for name in _KEYWORDS if name in raw), None)
    if keyword is None:
        return ObjectSource({str(name): parse_source(f"{key}.{name}", inner) for name, inner in raw.items()})
    try:
        return keyword.model_validate(raw)
    except ValidationError as error:
        raise located_error(key, error) from None


def columns_by_path(source: Source, at: str = "") -> Iterator[tuple[str, str]]:
    """Each field's dotted path under *at*, with the column it comes from."""
    match source:
        case Cell(column=column) | Time(time=column) | SealedCell(sealed=column):
            yield at, column
        case ObjectSource(fields):
            for name, inner in fields.items():
                yield from columns_by_path(inner, f"{at}.{name}" if at else name)
        case ListSource(items):
            for index, inner in enumerate(items):
                yield from columns_by_path(inner, f"{at}.{index}")


def located_error(key: str, error: ValidationError) -> MappingError:
    """The first of pydantic's errors, by its key below *key*."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(step) for step in ((key,) if key else ()) + first["loc"] if step != "[key]")
    return MappingError(place or "file", first["msg"].removeprefix("Value error, "))
