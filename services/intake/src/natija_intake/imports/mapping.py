"""The mapping of a register: from columns of its CSV file to fields of events.

examples/README.md describes the format. An error names the key in the file.
"""

import codecs
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError

from natija_chassis.realm import yaml_file
from natija_chassis.time_zones import ZoneName
from natija_events.schema.registry import REGISTRY
from natija_events.types.base import EventData
from natija_events.types.codes import Jurisdiction
from natija_intake.imports.sources import (
    ObjectSource,
    Scalar,
    StrictModel,
    columns_by_path,
    located_error,
    parse_source,
)


def _format(text: str) -> str:
    probe = datetime(2015, 11, 30, 23, 59, 58)
    try:
        read = datetime.strptime(probe.strftime(text), text)
    except ValueError:
        raise ValueError("is not a format of strptime (example: %d.%m.%Y)") from None
    if read.date() != probe.date():
        raise ValueError("does not hold a whole date")
    return text


def _encoding(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except LookupError:
        raise ValueError("is not an encoding (example: utf-8)") from None
    return "utf-8-sig" if found == "utf-8" else found


def _quoted(values: Any) -> Any:
    """YAML converts No, 7 and 2015-01-01 to other types; a register means the text."""
    for name, known in values.items() if isinstance(values, dict) else ():
        for key in known if isinstance(known, dict) else ():
            if not isinstance(key, str):
                raise ValueError(f"{name}: YAML reads a key as {key!r}: put it in quotes")
    return values


class EventMapping(StrictModel):
    """An event of each row, or of those in which the column *when* is filled; it happened at the column *time*."""

    type: str
    time: str
    when: str | None = None
    data: dict[str, Any] = Field(default_factory=dict)


class RegisterMapping(StrictModel):
    """A mapping file."""

    register_name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$"), Field(alias="register")]
    jurisdiction: Jurisdiction
    external_id: str
    zone: ZoneName = "UTC"
    time_format: Annotated[str, AfterValidator(_format)] | None = None
    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8-sig"
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    values: Annotated[dict[str, dict[str, Scalar]], BeforeValidator(_quoted)] = Field(default_factory=dict)
    events: Annotated[tuple[EventMapping, ...], Field(min_length=1)]

    @property
    def source(self) -> str:
        """The publisher that the register is."""
        return f"/registers/{self.register_name}"

    def columns(self) -> set[str]:
        """Every column it reads."""
        found = {self.external_id, *(event.time for event in self.events)}
        found |= {event.when for event in self.events if event.when}
        for index in range(len(self.events)):
            found |= {column for _, column in columns_by_path(self.data(index))}
        return found

    def model(self, index: int) -> type[EventData]:
        """The model of the event at *index*."""
        return REGISTRY.models[self.events[index].type]

    def data(self, index: int) -> ObjectSource:
        """Where the data of the event at *index* come from. Raises `MappingError`."""
        key = f"events.{index}.data"
        return ObjectSource({name: parse_source(f"{key}.{name}", raw) for name, raw in self.events[index].data.items()})


def load_mapping(path: Path) -> RegisterMapping:
    """Read a mapping file (YAML). Raises `FileError` or `MappingError`."""
    return parse(yaml_file.read(path))


def parse(raw: Any) -> RegisterMapping:
    """The mapping in *raw*. Raises `MappingError`."""
    try:
        return RegisterMapping.model_validate(raw)
    except ValidationError as error:
        raise located_error("", error) from None
