"""Wraps the secret of a proposal for the realm: HPKE (RFC 9180) once a session, then AES-256-GCM for each secret.

The attribute `wrappedkey` has three parts, separated by points. The first is the id of the realm's key: its beginning
names the suite. The second is the encapsulation of the session's secret, with its ciphertext. The third is the secret
of the proposal under that of the session. A session may serve many proposals, such as an import.
"""

import os
import time
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from natija_events.sealing.data_key import KEY_BYTES, NONCE_BYTES, DataKey, Unsealable, from_text, prefixed, to_text

SUITE = "x25519"
"""DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Another suite gets another name."""

_WRAP = b"natija-wrap-v1"
_HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_SESSIONS = 1024
"""The sessions that a realm's key remembers: to open an encapsulation takes 50 us."""
_SESSION_SECONDS = 3600.0
"""The secret of a session opens all that was sealed in this time."""


def realm_key_id(public: bytes) -> str:
    """The id of a realm's *public* key (32 bytes): the suite and 22 characters of its SHA-256 in base64url."""
    return f"{SUITE}:{urlsafe_b64encode(sha256(public).digest()).decode()[:22]}"


class ProposalKey(NamedTuple):
    """The key of one proposal: *wrapped* for the realm, the attribute `wrappedkey`, and the *data_key* to seal with."""

    wrapped: str
    data_key: DataKey


class RealmPublicKey:
    """The *public* key of a *realm* (32 bytes). Its holder can seal, and cannot open what anybody else sealed."""

    def __init__(self, public: bytes, realm: str) -> None:
        self.realm = realm
        self.id = realm_key_id(public)
        self._public = public
        self._session, self._until = SealingSession(public, realm), time.monotonic() + _SESSION_SECONDS

    @classmethod
    def from_text(cls, public: str, realm: str) -> "RealmPublicKey":
        """The key in base64url, as the realm publishes it. Raises ValueError for anything else."""
        try:
            raw = from_text(public.strip().rstrip("="))
        except Unsealable:
            raw = b""
        if len(raw) != KEY_BYTES:
            raise ValueError("a public key of a realm has 32 bytes in base64url: its operators publish it")
        return cls(raw, realm)

    def __repr__(self) -> str:
        return f"RealmPublicKey({self.id})"

    def new_key(self, subject: str) -> ProposalKey:
        """The key of a new proposal on the appeal *subject*."""
        if time.monotonic() > self._until:
            self._session, self._until = SealingSession(self._public, self.realm), time.monotonic() + _SESSION_SECONDS
        return self._session.new_key(subject)


class SealingSession:
    """Makes keys for proposals of one *realm* under one secret, which stays in this process."""

    def __init__(self, public: bytes, realm: str) -> None:
        self.realm = realm
        self.realm_key = realm_key_id(public)
        secret = os.urandom(KEY_BYTES)
        info = prefixed(_WRAP, (realm.upper(), self.realm_key))
        self._encapsulation = to_text(_HPKE.encrypt(secret, X25519PublicKey.from_public_bytes(public), info))
        self._cipher = AESGCM(secret)

    def new_key(self, subject: str) -> ProposalKey:
        """The key of a new proposal on the appeal *subject*."""
        secret, nonce = os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES)
        wrapped = to_text(nonce + self._cipher.encrypt(nonce, secret, subject.encode()))
        wrappedkey = f"{self.realm_key}.{self._encapsulation}.{wrapped}"
        return ProposalKey(wrappedkey, DataKey.derive(secret, self.realm, subject))


class RealmKeys:
    """The private keys of a *realm* (32 bytes each), the newest last. Older ones open what was sealed before."""

    def __init__(self, private: Sequence[bytes], realm: str) -> None:
        self._keys = {key.id: key for key in (RealmKey(raw, realm) for raw in private)}

    def open(self, wrappedkey: str, subject: str) -> DataKey:
        """The data key of a proposal on the appeal *subject*. Raises `Unsealable`."""
        key = self._keys.get(wrappedkey.partition(".")[0])
        if key is None:
            raise Unsealable("wrapped to a key that the realm does not have")
        return key.open(wrappedkey, subject)


class RealmKey:
    """The private key of a *realm* (32 bytes): it opens wrapped keys. *public* is its public key, *id* its key id."""

    def __init__(self, raw: bytes, realm: str) -> None:
        self._key = X25519PrivateKey.from_private_bytes(raw)
        self.public = self._key.public_key().public_bytes_raw()
        self.id = realm_key_id(self.public)
        self._realm = realm
        self._info = prefixed(_WRAP, (realm.upper(), self.id))
        self._session = lru_cache(maxsize=_SESSIONS)(self._open_session)

    def __repr__(self) -> str:
        return f"RealmKey({self.id})"

    def open(self, wrappedkey: str, subject: str) -> DataKey:
        """The data key of a proposal on the appeal *subject*. Raises `Unsealable`."""
        parts = wrappedkey.split(".")
        if len(parts) != 3 or parts[0] != self.id:
            raise Unsealable("wrapped to another key of the realm, or not in the form of wrapped keys")
        cipher, wrapped = self._session(parts[1]), from_text(parts[2])
        try:
            secret = cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], subject.encode())
        except (InvalidTag, ValueError):
            raise Unsealable("not wrapped for this appeal, or changed since") from None
        if len(secret) != KEY_BYTES:
            raise Unsealable("the secret does not have 32 bytes")
        return DataKey.derive(secret, self._realm, subject)

    def _open_session(self, encapsulation: str) -> AESGCM:
        try:
            secret = _HPKE.decrypt(from_text(encapsulation), self._key, self._info)
        except (InvalidTag, ValueError):
            raise Unsealable("not wrapped for this realm, or changed since") from None
        if len(secret) != KEY_BYTES:
            raise Unsealable("the session's secret does not have 32 bytes")
        return AESGCM(secret)
