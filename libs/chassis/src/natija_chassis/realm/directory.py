"""The directory of a realm as a data file: the names of bodies, topics, regions and channels.

The log holds ids only, and a fold never reads names. They are joined at query time, so a correction needs no rebuild.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from natija_chassis.realm import yaml_file
from natija_chassis.time_zones import ZoneName
from natija_events.reference.data import Section


class DirectoryEntry(BaseModel):
    """One named thing; *names* by language (`ky`, `ru`, `kk`, `uz`, `en`). Services may read further fields."""

    model_config = ConfigDict(frozen=True, extra="allow")

    names: Mapping[str, str] = Field(default_factory=dict)


class DirectoryBodyEntry(DirectoryEntry):
    """A body that answers appeals: its class, the region of a local one, and the body above it."""

    body_class: str | None = Field(None, alias="class")
    region: str | None = None
    superior: str | None = None


class Directory(BaseModel):
    """Each section by id, in the order in which it is printed."""

    model_config = ConfigDict(frozen=True, extra="allow")

    version: int = 1
    realm: str | None = None
    zone: ZoneName = "UTC"
    languages: tuple[str, ...] = ("en",)
    bodies: Mapping[str, DirectoryBodyEntry] = Field(default_factory=dict)
    topics: Mapping[str, DirectoryEntry] = Field(default_factory=dict)
    regions: Mapping[str, DirectoryEntry] = Field(default_factory=dict)
    channels: Mapping[str, DirectoryEntry] = Field(default_factory=dict)

    def name(self, section: Section, id: str, language: str = "en") -> str:
        """The name of *id*, in *language* or else the directory's first language; an unknown id itself."""
        entry = self._sections[section].get(id)
        if entry is None:
            return id
        return next((entry.names[known] for known in (language, *self.languages) if known in entry.names), id)

    @cached_property
    def _sections(self) -> dict[Section, Mapping[str, DirectoryEntry]]:
        return {"bodies": self.bodies, "topics": self.topics, "regions": self.regions, "channels": self.channels}


def load_directory(path: Path | None) -> Directory:
    """Read a directory file (YAML); without one, everything is named by its id. Raises `FileError`."""
    return Directory() if path is None else yaml_file.load(path, Directory, "NATIJA_DIRECTORY")
