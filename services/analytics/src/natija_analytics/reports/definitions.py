"""How a realm prints its tables, as data: base, order of rows, rounding. See deploy/realms/kg/reports.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from natija_analytics.reports.rounding import Rounding
from natija_chassis.realm import yaml_file

Subject = Literal["channels", "regions", "topics"]
"""The key that appeals are counted by."""


def _rounding(name: Any) -> Any:
    return Rounding.parse(name) if isinstance(name, str) else name


class TableDefinition(BaseModel):
    """One table. If *first* is None, every row is printed. Otherwise the remaining rows are one row below the first
    ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: Literal["directory", "count"] = "count"
    first: Annotated[int, Field(ge=1)] | None = None
    rounding: Annotated[Rounding, BeforeValidator(_rounding)] = Rounding.parse("HALF_UP 1")


class Base(BaseModel):
    """The base of 100 %: received appeals of these *forms*, with its caption by language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    forms: tuple[str, ...] = ("written", "electronic")
    names: Mapping[str, str] = {"en": "written received"}

    def name(self, language: str) -> str:
        """The base in *language*, or else in the first language it has a name in."""
        return self.names.get(language) or next(iter(self.names.values()), ", ".join(self.forms))


class Definitions(BaseModel):
    """The tables of a realm."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    base: Base = Base()
    tables: Mapping[Subject, TableDefinition] = Field(default_factory=dict)

    def table(self, subject: Subject) -> TableDefinition:
        """The definition of the table by *subject*; the plain one where the realm has none."""
        return self.tables.get(subject, TableDefinition())


def load_definitions(path: Path | None) -> Definitions:
    """Read a definitions file (YAML); without one, tables are plain. Raises `FileError`."""
    return Definitions() if path is None else yaml_file.load(path, Definitions, "NATIJA_REPORTS")
