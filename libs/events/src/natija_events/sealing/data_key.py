"""The data key of a proposal: it seals the values of its events with AES-256-GCM, each value under a key of its own.

A value is bound to its place: realm, appeal, source, event, type and field. So nobody can move it to another one.
"""

import os
from base64 import b32encode, urlsafe_b64encode
from binascii import a2b_base64
from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import BaseModel, ConfigDict, StringConstraints

KEY_BYTES, NONCE_BYTES, TAG_BYTES = 32, 12, 16

_FIELDS = b"natija-fields-v1"
_KEY_ID = b"natija-kid-v1"
_VALUE = b"natija-value-v1"
_TO_BASE64 = bytes.maketrans(b"-_+/=", b"+/\x00\x00\x00")
_CHANGED = "not sealed for this place, or changed since"


class Unsealable(ValueError):
    """This key cannot open the value: it has another key or another place, or it was changed."""


class Place(NamedTuple):
    """Where a sealed value stands: the *field* of an event of a *type*, by a *source*, on the appeal *subject*."""

    realm: str
    subject: str
    source: str
    id: UUID
    type: str
    field: str


class SealedValue(BaseModel):
    """A value that is sealed: encrypted for the realm, and bound to its place."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kid: Annotated[str, StringConstraints(pattern=r"^gcm1:[A-Z2-7]{26}$")]
    """The id of the data key: gcm1, and 26 characters that commit to the key."""
    ct: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{38,}$")]
    """The nonce (12 bytes), the ciphertext and its tag (16 bytes), in base64url without padding."""


class DataKey:
    """The key of the sealed values of one proposal on the appeal *subject*, 32 bytes. Its *id* commits to it."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise ValueError("a data key has 32 bytes")
        self.raw = raw
        self.id = "gcm1:" + b32encode(sha256(_KEY_ID + raw).digest()[:16]).decode().rstrip("=")

    def __repr__(self) -> str:
        return f"DataKey({self.id})"

    @classmethod
    def derive(cls, secret: bytes, realm: str, subject: str) -> "DataKey":
        """The data key of a *secret* for one appeal. A secret that two appeals share gives two keys."""
        return cls(derived_key(secret, _FIELDS, realm.upper(), subject))

    def seal(self, place: Place, padded: bytes, nonce: bytes | None = None) -> SealedValue:
        """Seal *padded*. Only a test gives the *nonce*: a nonce that two values share would open both."""
        nonce = os.urandom(NONCE_BYTES) if nonce is None else nonce
        ct = to_text(nonce + self._cipher(place).encrypt(nonce, padded, _bound(place)))
        return SealedValue.model_construct(kid=self.id, ct=ct)

    def open(self, place: Place, value: SealedValue) -> bytes:
        """The padded text of a value at this place. Raises `Unsealable`."""
        if value.kid != self.id:
            raise Unsealable("sealed under another key")
        raw = from_text(value.ct)
        try:
            return self._cipher(place).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(place))
        except (InvalidTag, ValueError):
            raise Unsealable(_CHANGED) from None

    def _cipher(self, place: Place) -> AESGCM:
        return AESGCM(derived_key(self.raw, _VALUE, place.source, str(place.id), place.field))


def prefixed(purpose: bytes, texts: Iterable[str]) -> bytes:
    """*purpose* and the *texts*, each text with its length (4 bytes, big-endian) before it."""
    parts = [purpose]
    for text in texts:
        raw = text.encode()
        parts += (len(raw).to_bytes(4, "big"), raw)
    return b"".join(parts)


def to_text(raw: bytes) -> str:
    """*raw* in base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """The bytes of *text*. Raises `Unsealable` for anything that `to_text` does not write."""
    try:
        encoded = text.encode("ascii").translate(_TO_BASE64) + b"=" * (-len(text) % 4)
        raw = a2b_base64(encoded, strict_mode=True)
    except ValueError:
        raise Unsealable(_CHANGED) from None
    rest = len(raw) % 3
    if rest and to_text(raw[-rest:]) != text[len(raw) // 3 * 4 :]:  # its last character has bits that no byte has
        raise Unsealable(_CHANGED)
    return raw


def _bound(place: Place) -> bytes:
    named = (place.realm.upper(), place.subject, place.source, str(place.id), place.type, place.field)
    return prefixed(_VALUE, named)


def derived_key(key: bytes, purpose: bytes, *texts: str) -> bytes:
    """A key of 32 bytes that follows from *key*, for one *purpose* and these *texts* (HKDF-SHA256)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=prefixed(purpose, texts)).derive(key)
