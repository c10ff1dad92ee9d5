"""What the analytics process and its commands are told by their environment."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from natija_chassis.settings import Settings, port_field


class AnalyticsSettings(Settings):
    """The chassis' settings, and how the realm's tables are printed."""

    process: ClassVar[str] = "analytics"

    port: int = port_field("analytics", 8084)
    fetch_max_wait: float = Field(0.04, ge=0, le=5)
    """Shorter than where only decisions wait: here people look."""
    reports: Path | None = None
    """The definitions of the realm's tables; unless told, `reports.yaml` beside the directory."""

    @property
    def definitions(self) -> Path | None:
        """The file of definitions, if there is one."""
        if self.reports is not None or self.directory is None:
            return self.reports
        beside = self.directory.with_name("reports.yaml")
        return beside if beside.exists() else None
