"""The settings of the desk."""

from typing import ClassVar

from natija_chassis.opening.settings import StorageSettings
from natija_chassis.realm.public_key import SealingSettings
from natija_chassis.settings import management_port_field, port_field
from natija_chassis.sign_in.settings import SignInSettings
from natija_routing.info import DESK


class DeskSettings(SignInSettings, SealingSettings, StorageSettings):
    """The chassis' settings, those of signing in, and the keys that seal and open."""

    process: ClassVar[str] = DESK.name

    port: int = port_field(DESK)
    management_port: int = management_port_field(DESK)
