"""Wraps data keys for the topic that keeps them: AES-256-GCM under a key encryption key (KEK) of the realm.

A KEK has a version, which is bound into each wrap. To replace a KEK, each wrap is opened with the old one and made
again with the new one. The sealed values stay as they are. Without its wrap a data key is lost: nothing derives it.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from natija_events.sealing.data_key import (
    KEY_BYTES,
    NONCE_BYTES,
    DataKey,
    Unsealable,
    derived_key,
    from_text,
    prefixed,
    to_text,
)

_STORE = b"natija-kek-v1"
_ORIGINALS = b"natija-originals-v1"


class KeyEncryptionKey:
    """One *version* of a *realm*'s KEK, 32 bytes.

    *originals_key* seals the originals of rejected proposals. They are deleted after some months, so their key is not
    stored.
    """

    def __init__(self, raw: bytes, realm: str, version: int) -> None:
        if len(raw) != KEY_BYTES:
            raise ValueError("a KEK has 32 bytes")
        self.version = version
        self.originals_key = DataKey(derived_key(raw, _ORIGINALS, realm.upper()))
        self._realm = realm
        self._cipher = AESGCM(raw)

    def __repr__(self) -> str:
        return f"KeyEncryptionKey(version {self.version})"

    def wrap(self, key: DataKey, nonce: bytes | None = None) -> str:
        """The wrap of *key*, in base64url. Only a test gives the *nonce*."""
        nonce = os.urandom(NONCE_BYTES) if nonce is None else nonce
        return to_text(nonce + self._cipher.encrypt(nonce, key.raw, self._bound(key.id)))

    def unwrap(self, kid: str, wrapped: str) -> DataKey:
        """The data key with the id *kid*. Raises `Unsealable`, also when the wrap holds a key with another id."""
        raw = from_text(wrapped)
        try:
            key = DataKey(self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], self._bound(kid)))
        except (InvalidTag, ValueError):
            raise Unsealable("not wrapped under this version of the KEK for this key id, or changed since") from None
        if key.id != kid:
            raise Unsealable("the wrap holds another key")
        return key

    def _bound(self, kid: str) -> bytes:
        return prefixed(_STORE, (self._realm.upper(), kid, str(self.version)))
