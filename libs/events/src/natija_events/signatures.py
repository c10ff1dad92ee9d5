"""Signatures of publishers: Ed25519 (RFC 8032) over a whole proposal, so that a log proves who proposed what.

The message is `DOMAIN`, a zero byte and a list of fields. Each field is written as its length (4 bytes, big-endian) and
its bytes. The first two are the realm in capitals and the number of events. Those of each event follow, in the order of
the proposal: id, source, type, subject, time, expectedsequence, causationid, correlationid, SHA-256 of the data. Texts
are as in the headers. A field that is absent has the length 0.

The schema follows from the type, and a trace says nothing about the appeal: neither is signed.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from natija_events.wire.envelope import Event, rfc3339

DOMAIN = b"natija-proposal-v1"
"""The purpose of the signature: no message for another purpose begins with it."""

_KEY_BYTES = 32
_KEY_ID_CHARACTERS = 22


class SigningKey:
    """A private key of a publisher: 32 bytes (the seed of RFC 8032). *public* is its public key, *id* its key id."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != _KEY_BYTES:
            raise ValueError("a signing key has 32 bytes")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()
        self.id = key_id(self.public)

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """The key in a PEM file (PKCS #8), as ``openssl genpkey -algorithm ed25519`` makes it. Raises ValueError."""
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(
                "not an Ed25519 private key in PEM without a password: openssl genpkey -algorithm ed25519 makes one"
            )
        return cls(key.private_bytes_raw())

    def to_pem(self) -> bytes:
        """The private key as a PEM file (PKCS #8), without a password."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def public_text(self) -> str:
        """The public key in base64url, as reference data list it."""
        return _text(self.public)

    def __repr__(self) -> str:
        return f"SigningKey({self.id})"

    def sign(self, realm: str, events: Iterable[Event]) -> tuple[Event, ...]:
        """The *events* of one proposal, each with the signature and the id of this key."""
        named = [event._replace(publisherkey=self.id) for event in events]
        signature = _text(self._key.sign(message(realm, named)))
        return tuple([event._replace(signature=signature) for event in named])


def key_id(public: bytes) -> str:
    """The id of a *public* key (32 bytes): ``ed25519:`` and 22 characters of its SHA-256 in base64url.

    Raises ValueError for another length.
    """
    if len(public) != _KEY_BYTES:
        raise ValueError("a public key has 32 bytes")
    return f"ed25519:{_text(sha256(public).digest())[:_KEY_ID_CHARACTERS]}"


def verify_signature(realm: str, events: Sequence[Event], public: bytes) -> bool:
    """Whether the owner of the *public* key signed exactly these *events* as one proposal in *realm*."""
    first = events[0]
    if first.signature is None or any(event.signature != first.signature for event in events):
        return False
    try:
        _loaded(public).verify(_raw(first.signature), message(realm, events))
    except (InvalidSignature, ValueError):
        return False
    return True


def message(realm: str, events: Sequence[Event]) -> bytes:
    """The bytes that are signed when *events* are proposed together."""
    fields = [realm.upper().encode(), str(len(events)).encode()]
    for event in events:
        expected = "" if event.expectedsequence is None else str(event.expectedsequence)
        texts = (
            str(event.id), event.source, event.type, event.subject, rfc3339(event.time), expected,
            event.causationid or "", event.correlationid or "",
        )  # fmt: skip
        fields += map(str.encode, texts)
        fields.append(sha256(event.data).digest())
    return b"".join((DOMAIN, b"\x00", *[part for field in fields for part in (len(field).to_bytes(4, "big"), field)]))


@lru_cache(maxsize=256)  # a realm has some dozens of publishers
def _loaded(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
