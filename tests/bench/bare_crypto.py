"""The floor of sealing and signing: the calls of the library that a proposal needs, on fixed bytes, and no more."""

from collections.abc import Callable
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY, _NONCE, _BOUND = bytes(32), bytes(12), bytes(150)
_VALUES = (bytes(512), bytes(256))
"""The two sealed values of a registration, padded."""


def verification() -> Callable[[], None]:
    """One verification of a signature, of a message as long as that of a proposal."""
    key, message = Ed25519PrivateKey.generate(), bytes(300)
    return partial(key.public_key().verify, key.sign(message), message)


def signing() -> Callable[[], object]:
    """One signature."""
    return partial(Ed25519PrivateKey.generate().sign, bytes(300))


def seal(values: int = len(_VALUES)) -> None:
    """Wrap a secret in a session, derive the data key, and seal so many values."""
    AESGCM(_KEY).encrypt(_NONCE, _KEY, _BOUND)
    _derive()
    for plain in _VALUES[:values]:
        AESGCM(_derive()).encrypt(_NONCE, plain, _BOUND)


def open_and_store(values: int) -> None:
    """Unwrap a secret in a session, derive the data key, open so many values, and wrap the key for storage."""
    AESGCM(_KEY).decrypt(_NONCE, _WRAPPED, _BOUND)
    _derive()
    for sealed in _SEALED[:values]:
        _derive()
        _CIPHER.decrypt(_NONCE, sealed, _BOUND)
    AESGCM(_KEY).encrypt(_NONCE, _KEY, _BOUND)


def _derive() -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=_BOUND).derive(_KEY)


_CIPHER = AESGCM(_KEY)
_WRAPPED = _CIPHER.encrypt(_NONCE, _KEY, _BOUND)
_SEALED = [_CIPHER.encrypt(_NONCE, plain, _BOUND) for plain in _VALUES]
