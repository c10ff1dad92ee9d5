"""What the deadlines process is told by its environment."""

from pathlib import Path
from typing import ClassVar

from natija_chassis.settings import Settings, port_field
from natija_deadlines.calendars import calendar
from natija_deadlines.policies import policy


class DeadlinesSettings(Settings):
    """The chassis' settings, and where the dated data stand: by default what this package brings."""

    process: ClassVar[str] = "deadlines"

    port: int = port_field("deadlines", 8083)
    policies: Path = policy.DATA
    calendars: Path = calendar.DATA
