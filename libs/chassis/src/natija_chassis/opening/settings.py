"""The settings of the processes that hold the key encryption key."""

from collections.abc import Sequence

from pydantic import SecretStr

from natija_chassis.secret_keys import secret_keys
from natija_chassis.settings import Settings
from natija_events.sealing.storage import KeyEncryptionKey


class StorageSettings(Settings):
    """Settings of the processes that store data keys, or open what is stored."""

    key_encryption_key: SecretStr | None = None
    """The key encryption key (KEK), which wraps data keys: 32 bytes in base64url. Of several, separated by blanks, the
    first is version 1, and the last wraps new keys."""


def key_encryption_keys(settings: StorageSettings) -> Sequence[KeyEncryptionKey]:
    """Every version of the KEK, from the first; the last wraps new keys. Raises `OperatorError`."""
    name, use = "NATIJA_KEY_ENCRYPTION_KEY", "data keys cannot be stored or read"
    raw = secret_keys(name, settings.key_encryption_key, use)
    return [KeyEncryptionKey(one, settings.realm, version) for version, one in enumerate(raw, 1)]
