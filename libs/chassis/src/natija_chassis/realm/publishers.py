"""The sources that may publish, with their roles: data of a realm."""

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from natija_chassis.realm import yaml_file


class Publishers(BaseModel):
    """Roles by source. A pattern that ends in ``*`` covers every source with that beginning; the longest wins."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    publishers: Mapping[str, frozenset[str]] = Field(default_factory=dict)

    def roles(self, source: str) -> frozenset[str]:
        """The roles of *source*; none for an unknown source."""
        return self._remembered(source)

    @cached_property
    def _remembered(self) -> Callable[[str], frozenset[str]]:
        return lru_cache(maxsize=1024)(self._look_up)  # the same few sources, twice for each event

    def _look_up(self, source: str) -> frozenset[str]:
        if source in self.publishers:
            return self.publishers[source]
        matching = [name for name in self.publishers if name.endswith("*") and source.startswith(name[:-1])]
        return self.publishers[max(matching, key=len)] if matching else frozenset()


def load_publishers(path: Path) -> Publishers:
    """Read a publishers file (YAML). Raises `FileError`."""
    return yaml_file.load(path, Publishers, "NATIJA_PUBLISHERS")
