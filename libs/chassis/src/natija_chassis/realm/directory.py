"""The directory of a realm as a data file: names of bodies, topics, regions and channels, joined when somebody asks.

The log holds ids only and a fold never looks here, so a name may be corrected at any time.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Section = Literal["bodies", "topics", "regions", "channels"]


class DirectoryEntry(BaseModel):
    """One named thing; *names* by language (`ky`, `ru`, `kk`, `uz`, `en`). Further fields belong to who reads them."""

    model_config = ConfigDict(frozen=True, extra="allow")

    names: Mapping[str, str] = Field(default_factory=dict)


class Body(DirectoryEntry):
    """A body that answers appeals: its class, the region of a local one, and the body above it."""

    body_class: str | None = Field(None, alias="class")
    region: str | None = None
    under: str | None = None


class Directory(BaseModel):
    """Each section by id, in the order of print."""

    model_config = ConfigDict(frozen=True, extra="allow")

    version: int = 1
    realm: str | None = None
    zone: str = "UTC"
    languages: tuple[str, ...] = ("en",)
    bodies: Mapping[str, Body] = Field(default_factory=dict)
    topics: Mapping[str, DirectoryEntry] = Field(default_factory=dict)
    regions: Mapping[str, DirectoryEntry] = Field(default_factory=dict)
    channels: Mapping[str, DirectoryEntry] = Field(default_factory=dict)

    def name(self, section: Section, id: str, language: str = "en") -> str:
        """The name of *id*, in *language* or else the directory's first language; the id itself for a stranger."""
        entry = self._sections[section].get(id)
        if entry is None:
            return id
        return next((entry.names[known] for known in (language, *self.languages) if known in entry.names), id)

    @cached_property
    def _sections(self) -> dict[Section, Mapping[str, DirectoryEntry]]:
        return {"bodies": self.bodies, "topics": self.topics, "regions": self.regions, "channels": self.channels}


def load_directory(path: Path | None) -> Directory:
    """Read a directory file (YAML); without one, everything is named by its id.

    Raises OSError, or ValueError that names the place.
    """
    if path is None:
        return Directory()
    import yaml

    raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Directory.model_validate(raw)
