"""The settings of the analytics process and its commands."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from natija_analytics.info import ANALYTICS
from natija_chassis.settings import Settings, management_port_field, port_field


class AnalyticsSettings(Settings):
    """The chassis' settings, and how the realm's tables are printed."""

    process: ClassVar[str] = ANALYTICS.name

    port: int = port_field(ANALYTICS)
    management_port: int = management_port_field(ANALYTICS)
    fetch_max_wait: float = Field(0.04, ge=0, le=5)
    """Seconds that the broker may wait for more records. Shorter than elsewhere, since people wait for figures."""
    reports: Path | None = None
    """The definitions of the realm's reports (YAML); by default `reports.yaml` in the folder of the realm."""

    @property
    def definitions(self) -> Path | None:
        """The file of definitions, if there is one."""
        if self.reports is not None or self.realm_files is None:
            return self.reports
        beside = self.realm_files / "reports.yaml"
        return beside if beside.exists() else None
