"""What the routing process is told by its environment."""

from pathlib import Path
from typing import ClassVar

from natija_chassis.settings import Settings, port_field


class RoutingSettings(Settings):
    """The chassis' settings, and the file of competence rules: by default `competence.yaml` beside the directory."""

    process: ClassVar[str] = "routing"

    port: int = port_field("routing", 8082)
    competence: Path | None = None

    @property
    def competence_file(self) -> Path | None:
        """Where the rules stand; None in a realm without a directory."""
        if self.competence is not None or self.directory is None:
            return self.competence
        return self.directory.with_name("competence.yaml")
