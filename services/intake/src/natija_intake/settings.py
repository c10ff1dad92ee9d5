"""The settings of the intake API and the import."""

from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import Field, SecretStr

from natija_chassis.errors import OperatorError
from natija_chassis.settings import Settings, port_field
from natija_events.encryption import Sealer
from natija_intake.info import INTAKE

_KEY_BYTES = 32


class SealingSettings(Settings):
    """Settings of the processes that seal personal data."""

    realm_key: SecretStr | None = None
    """The key that seals personal data: 32 bytes in base64url."""


class IntakeSettings(SealingSettings):
    """Settings of the intake API."""

    process: ClassVar[str] = INTAKE.name

    port: int = port_field(INTAKE)
    jurisdiction: str | None = Field(None, pattern="^[A-Z]{2}(-[A-Za-z0-9-]{1,20})?$")
    """The jurisdiction of appeals sent to the intake API, such as KG; by default the realm in capital letters."""
    number_secret: SecretStr | None = None
    """The secret of appeal numbers: 32 bytes in base64url. It never changes."""
    registration_secrets: Path | None = None
    """The file with the secrets of registration ids, which `natija intake rotate-secret` creates and changes."""
    access_code_secret: SecretStr | None = None
    """The secret of access codes: 32 bytes in base64url. Of several, separated by blanks, the last makes new codes."""
    trusted_proxies: str = ""
    """The addresses or networks of our own proxies, separated by commas: their X-Forwarded-For is believed."""
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


def sealer(settings: SealingSettings) -> Sealer:
    """The sealer of the realm's personal data. Raises `OperatorError` without a proper key."""
    if settings.realm_key is None:
        raise OperatorError("NATIJA_REALM_KEY is not set: personal data cannot be sealed")
    return Sealer(_key("NATIJA_REALM_KEY", settings.realm_key.get_secret_value()))


def number_secret(settings: IntakeSettings) -> bytes:
    """The secret of appeal numbers. Raises `OperatorError` without a proper one."""
    if settings.number_secret is None:
        raise OperatorError("NATIJA_NUMBER_SECRET is not set: numbers cannot be made")
    return _key("NATIJA_NUMBER_SECRET", settings.number_secret.get_secret_value())


def registration_secrets_file(settings: IntakeSettings) -> Path:
    """The file with the secrets of registration ids. Raises `OperatorError` when none is named."""
    if settings.registration_secrets is None:
        raise OperatorError(
            "NATIJA_REGISTRATION_SECRETS is not set: name the file with the secrets of registration ids"
        )
    return settings.registration_secrets


def access_code_secrets(settings: IntakeSettings) -> Sequence[bytes]:
    """The secrets in NATIJA_ACCESS_CODE_SECRET; the last makes new codes. Raises `OperatorError`."""
    given = settings.access_code_secret.get_secret_value().split() if settings.access_code_secret else ()
    if not given:
        raise OperatorError("NATIJA_ACCESS_CODE_SECRET is not set: access codes cannot be made")
    return [_key("NATIJA_ACCESS_CODE_SECRET", secret) for secret in given]


def _key(name: str, text: str) -> bytes:
    try:
        key = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (NotBase64, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise OperatorError(f"{name}: must be {_KEY_BYTES} bytes in base64url")
    return key
