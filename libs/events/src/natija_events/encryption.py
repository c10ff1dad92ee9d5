"""Encrypts personal data on the log: AES-256-GCM under a data key, bound to the appeal and the field.

The wire form names the key. So one key per realm (now) and one key per person (with erasure) look the same.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict, StringConstraints

_NONCE_BYTES = 12


class Sealed(BaseModel):
    """An encrypted value: the id of its key, the nonce (12 bytes), the ciphertext with its tag; both in base64url."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kid: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9:._-]{0,63}$")]
    """The id of the key."""
    iv: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16}$")]
    """The nonce: 12 bytes in base64url."""
    ct: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{22,}$")]
    """The ciphertext with its tag of 16 bytes, in base64url."""


class Unsealable(ValueError):
    """This key cannot decrypt the value: it has another key, appeal or field, or it was changed."""


class Sealer:
    """Encrypts and decrypts the personal fields of appeals under one data *key* (32 bytes) with the id *kid*."""

    def __init__(self, key: bytes, kid: str = "realm-1") -> None:
        if len(key) != 32:
            raise ValueError("key: must have 32 bytes")
        self._cipher = AESGCM(key)
        nonce_key = hmac.digest(key, b"natija nonce", hashlib.sha256)
        self._nonces = hmac.new(nonce_key, digestmod=hashlib.sha256)  # a copy costs half of a new one
        self.kid = kid

    def seal(self, subject: str, field: str, plain: str | bytes) -> Sealed:
        """Encrypt *plain*. The nonce derives from all three, so that a repeated proposal has the same bytes."""
        raw = plain.encode() if isinstance(plain, str) else plain
        bound = self._bound(self.kid, subject, field)
        nonce = self._nonce(len(bound).to_bytes(4, "big") + bound + raw)
        return Sealed(kid=self.kid, iv=_text(nonce), ct=_text(self._cipher.encrypt(nonce, raw, bound)))

    def open(self, subject: str, field: str, sealed: Sealed) -> bytes:
        """Decrypt a value of this appeal and field. Raises `Unsealable`."""
        if sealed.kid != self.kid:
            raise Unsealable("sealed under another key")
        try:
            return self._cipher.decrypt(_raw(sealed.iv), _raw(sealed.ct), self._bound(sealed.kid, subject, field))
        except (InvalidTag, ValueError):
            raise Unsealable("not sealed for this appeal and field, or changed since") from None

    def _nonce(self, sealed: bytes) -> bytes:
        digest = self._nonces.copy()
        digest.update(sealed)
        return digest.digest()[:_NONCE_BYTES]

    @staticmethod
    def _bound(kid: str, subject: str, field: str) -> bytes:
        return "\x1f".join((kid, subject, field)).encode()


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
