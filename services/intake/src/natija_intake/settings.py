"""The settings of intake: of its API, its import, and the processes that hold keys of sealed data."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import Field, SecretStr

from natija_chassis.errors import OperatorError
from natija_chassis.opening.settings import StorageSettings
from natija_chassis.realm.public_key import SealingSettings
from natija_chassis.secret_keys import secret_key, secret_keys
from natija_chassis.settings import Settings, management_port_field, port_field
from natija_chassis.sign_in.settings import SignInSettings
from natija_events.sealing.wrapping import RealmKeys
from natija_intake.info import INTAKE


class OpeningSettings(StorageSettings):
    """Settings of the registrar, which opens sealed values once."""

    realm_key: SecretStr | None = None
    """The private key of the realm: 32 bytes in base64url. Several are separated by blanks: each opens what was sealed
    for it."""


class OpenerSettings(StorageSettings):
    """Settings of `natija appeal show`, which opens what is sealed."""

    process: ClassVar[str] = "opener"


class AccessSettings(Settings):
    """Settings of the processes that applicants reach with the access code of their appeal."""

    access_code_secret: SecretStr | None = None
    """The secret of access codes: 32 bytes in base64url. Of several, separated by blanks, the last makes new codes."""
    trusted_proxies: str = ""
    """The addresses or networks of our own proxies, separated by commas: their X-Forwarded-For is believed."""


class IntakeSettings(SealingSettings, SignInSettings, AccessSettings):
    """Settings of the intake API, to which registrars sign in."""

    process: ClassVar[str] = INTAKE.name

    port: int = port_field(INTAKE)
    management_port: int = management_port_field(INTAKE)
    jurisdiction: str | None = Field(None, pattern="^[A-Z]{2}(-[A-Za-z0-9-]{1,20})?$")
    """The jurisdiction of appeals sent to the intake API, such as KG; by default the realm in capital letters."""
    number_secret: SecretStr | None = None
    """The secret of appeal numbers: 32 bytes in base64url. It never changes."""
    registration_secrets: Path | None = None
    """The file with the secrets of registration ids, which `natija intake rotate-secret` creates and changes."""
    answers_url: str = Field("", pattern=r"^(https?://[^/?#\s]+)?$")
    """The address at which browsers reach the process `answers`, without a path; by default that of the page."""
    appeals_per_minute: int = Field(60, ge=0)
    """The most appeals that one client address may send in a minute; 0: any number. Others get 429."""
    proposals_per_minute: int = Field(1200, ge=0)
    """The most proposals that one publisher may send over HTTP in a minute; 0: any number. Others get 429. A proposal
    counts once more for each 10,000 bytes."""
    outcome_wait: float = Field(5.0, gt=0, le=60)
    """Seconds a POST waits for the registrar before it answers 202."""
    delivery_wait: float = Field(5.0, gt=0, le=60)
    """Seconds a POST waits for Kafka before it answers 503."""


class ImportSettings(SealingSettings):
    """Settings of `natija import`."""

    process: ClassVar[str] = "import"

    import_in_flight: int = Field(2000, ge=1)
    """The most rows of an import that are proposed and not yet decided."""
    import_inbox_lag: int = Field(5000, ge=1)
    """An import pauses while more proposals than this wait for the registrar."""
    import_patience: float = Field(60.0, gt=0)
    """Seconds without Kafka after which an import gives up."""


def jurisdiction(settings: IntakeSettings) -> str:
    """The jurisdiction of appeals sent to the intake API."""
    return settings.jurisdiction or settings.realm.upper()


def realm_keys(settings: OpeningSettings) -> RealmKeys:
    """The private keys of the realm. Raises `OperatorError` without a proper one."""
    return RealmKeys(
        secret_keys("NATIJA_REALM_KEY", settings.realm_key, "sealed values cannot be opened"), settings.realm
    )


def number_secret(settings: IntakeSettings) -> bytes:
    """The secret of appeal numbers. Raises `OperatorError` without a proper one."""
    if settings.number_secret is None:
        raise OperatorError("NATIJA_NUMBER_SECRET is not set: numbers cannot be made")
    return secret_key("NATIJA_NUMBER_SECRET", settings.number_secret.get_secret_value())


def registration_secrets_file(settings: IntakeSettings) -> Path:
    """The file with the secrets of registration ids. Raises `OperatorError` when none is named."""
    if settings.registration_secrets is None:
        raise OperatorError(
            "NATIJA_REGISTRATION_SECRETS is not set: name the file with the secrets of registration ids"
        )
    return settings.registration_secrets


def access_code_secrets(settings: AccessSettings) -> Sequence[bytes]:
    """The secrets in NATIJA_ACCESS_CODE_SECRET; the last makes new codes. Raises `OperatorError`."""
    return secret_keys("NATIJA_ACCESS_CODE_SECRET", settings.access_code_secret, "access codes cannot be made")
