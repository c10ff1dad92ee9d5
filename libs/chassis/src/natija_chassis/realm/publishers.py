"""Who may publish what: sources and their roles, as data of a realm."""

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Publishers(BaseModel):
    """Roles by source. A pattern that ends in ``*`` stands for every source that begins so; the longest one wins."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    publishers: Mapping[str, frozenset[str]] = Field(default_factory=dict)

    def roles(self, source: str) -> frozenset[str]:
        """The roles of *source*; none for a stranger."""
        return self._remembered(source)

    @cached_property
    def _remembered(self) -> Callable[[str], frozenset[str]]:
        return lru_cache(maxsize=1024)(self._look_up)  # the same few sources, twice for each event

    def _look_up(self, source: str) -> frozenset[str]:
        if source in self.publishers:
            return self.publishers[source]
        fitting = [name for name in self.publishers if name.endswith("*") and source.startswith(name[:-1])]
        return self.publishers[max(fitting, key=len)] if fitting else frozenset()


def load_publishers(path: Path) -> Publishers:
    """Read a publishers file (YAML). Raises OSError, or ValueError that names the place."""
    import yaml

    raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Publishers.model_validate(raw)
