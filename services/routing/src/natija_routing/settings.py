"""The settings of the routing process."""

from pathlib import Path
from typing import ClassVar

from natija_chassis.settings import Settings, management_port_field, port_field
from natija_routing.info import ROUTING


class RoutingSettings(Settings):
    """The chassis' settings, and the file of competence rules."""

    process: ClassVar[str] = ROUTING.name

    port: int = port_field(ROUTING)
    management_port: int = management_port_field(ROUTING)
    competence: Path | None = None
    """The competence rules (YAML); by default `competence.yaml` in the folder of the realm."""

    @property
    def competence_file(self) -> Path | None:
        """The path of the rules; None in a realm without files."""
        if self.competence is not None or self.realm_files is None:
            return self.competence
        return self.realm_files / "competence.yaml"
