"""The public key of the realm, for which personal data are sealed."""

from natija_chassis.errors import OperatorError
from natija_chassis.secret_keys import secret_key
from natija_chassis.settings import Settings
from natija_events.sealing.wrapping import RealmPublicKey


class SealingSettings(Settings):
    """Settings of the processes that seal personal data. With a public key, nobody can open them."""

    realm_public_key: str | None = None
    """The public key of the realm, for which personal data are sealed: 32 bytes in base64url."""


def realm_public_key(settings: SealingSettings) -> RealmPublicKey:
    """The public key of the realm. Raises `OperatorError` without a proper one."""
    if settings.realm_public_key is None:
        raise OperatorError(
            "NATIJA_REALM_PUBLIC_KEY is not set: personal data cannot be sealed. `natija keys realm` makes the keys"
        )
    return RealmPublicKey(secret_key("NATIJA_REALM_PUBLIC_KEY", settings.realm_public_key), settings.realm)
