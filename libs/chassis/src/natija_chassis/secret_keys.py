"""Secret keys in settings: 32 bytes in base64url. An error names the variable and never repeats its value."""

from base64 import urlsafe_b64decode
from binascii import Error as NotBase64

from pydantic import SecretStr

from natija_chassis.errors import OperatorError

_KEY_BYTES = 32


def secret_keys(name: str, given: SecretStr | None, without: str) -> list[bytes]:
    """The keys in a setting that may hold several. Raises `OperatorError`, which says what does not work *without*."""
    texts = given.get_secret_value().split() if given else ()
    if not texts:
        raise OperatorError(f"{name} is not set: {without}")
    return [secret_key(name, text) for text in texts]


def secret_key(name: str, text: str) -> bytes:
    """The key in *text*, the value of the variable *name*. Raises `OperatorError`."""
    try:
        key = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (NotBase64, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise OperatorError(f"{name}: must be {_KEY_BYTES} bytes in base64url")
    return key
