"""The settings of the deadlines process."""

from pathlib import Path
from typing import ClassVar

from natija_chassis.settings import management_port_field, port_field
from natija_chassis.sign_in.settings import SignInSettings
from natija_deadlines.info import DEADLINES
from natija_deadlines.policies import policy
from natija_terms.calendars import files


class DeadlinesSettings(SignInSettings):
    """The chassis' settings, those of signing in, and the folders of the dated data, by default those in here."""

    process: ClassVar[str] = DEADLINES.name

    port: int = port_field(DEADLINES)
    management_port: int = management_port_field(DEADLINES)
    policies: Path = policy.DATA
    """The folder of policies (YAML); by default the one in this package."""
    calendars: Path = files.DATA
    """The folder of working calendars (YAML); by default the one in this package."""
