"""The settings of the process that shows answers."""

from typing import ClassVar

from natija_chassis.opening.settings import StorageSettings
from natija_chassis.settings import management_port_field, port_field
from natija_intake.info import ANSWERS
from natija_intake.settings import AccessSettings


class AnswersSettings(AccessSettings, StorageSettings):
    """Settings of the process that shows answers: it checks access codes, and opens what is sealed."""

    process: ClassVar[str] = ANSWERS.name

    port: int = port_field(ANSWERS)
    management_port: int = management_port_field(ANSWERS)
