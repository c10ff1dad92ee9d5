"""The conformance vectors of sealing. Every random choice is given here, so the files are always the same."""

from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.contract.hpke_sender import encapsulate

from natija_events.ids import appeal_number
from natija_events.sealing.data_key import DataKey, Place, prefixed, to_text
from natija_events.sealing.padding import CONTENT, PERSON, pad
from natija_events.sealing.storage import KeyEncryptionKey
from natija_events.sealing.wrapping import RealmKey

REALM_KEY = bytes(range(32, 64))
EPHEMERAL = bytes(range(64, 96))
SESSION = bytes(range(96, 128))
NONCE = bytes(range(12))
KEK = bytes(range(128, 160))

_TEXTS = (
    ("person", '{"name":"Асанова Айгүл","phone":"+996555010203"}', PERSON),
    ("person", '{"address_text":"%s"}' % ("ә" * 300), PERSON),
    ("content", "{}", CONTENT),
    ("content", '{"text":"%s"}' % ("x" * 243), CONTENT),
    ("content", '{"text":"%s"}' % ("x" * 246), CONTENT),
    ("content", '{"text":"%s"}' % ("Жол оңдолсун. " * 60), CONTENT),
)


def sealing() -> dict[str, Any]:
    """Wrapped keys, data keys and their ids, padded and sealed values."""
    realm = RealmKey(REALM_KEY, "KG")
    info = prefixed(b"natija-wrap-v1", ("KG", realm.id))
    encapsulation = to_text(encapsulate(SESSION, realm.public, info, EPHEMERAL))
    proposals = [_proposal(realm, encapsulation, number) for number in (1, 2)]
    return {
        "realm": "KG",
        "private_key": to_text(REALM_KEY),
        "public_key": to_text(realm.public),
        "key_id": realm.id,
        "session_secret": to_text(SESSION),
        "proposals": proposals,
    }


def _proposal(realm: RealmKey, encapsulation: str, number: int) -> dict[str, Any]:
    """A proposal on an appeal of its own, in the session of the others."""
    subject, secret = appeal_number("KG", number), bytes([number]) * 32
    wrapped = to_text(NONCE + AESGCM(SESSION).encrypt(NONCE, secret, subject.encode()))
    wrappedkey = f"{realm.id}.{encapsulation}.{wrapped}"
    key = realm.open(wrappedkey, subject)
    assert key.raw == DataKey.derive(secret, "KG", subject).raw
    return {
        "subject": subject,
        "secret": to_text(secret),
        "wrappedkey": wrappedkey,
        "data_key": to_text(key.raw),
        "kid": key.id,
        "values": [_value(key, subject, index) for index in range(len(_TEXTS))],
    }


def _value(key: DataKey, subject: str, index: int) -> dict[str, Any]:
    field, text, sizes = _TEXTS[index]
    place = Place("KG", subject, "/services/intake", UUID(int=index + 1), "appeal.registered.v1", field)
    padded = pad(text.encode(), sizes)
    sealed = key.seal(place, padded, NONCE[::-1] if index % 2 else NONCE)
    named = {name: str(part) for name, part in place._asdict().items()}
    return {**named, "text": text, "padded_bytes": len(padded), "kid": sealed.kid, "ct": sealed.ct}


def wraps() -> dict[str, Any]:
    """Data keys as the topic of keys stores them."""
    keys = [DataKey(bytes([number]) * 32) for number in range(4)]
    return {
        "realm": "KG",
        "kek": to_text(KEK),
        "wraps": [
            {
                "version": version,
                "data_key": to_text(key.raw),
                "kid": key.id,
                "wrapped": KeyEncryptionKey(KEK, "KG", version).wrap(key, NONCE),
            }
            for version, key in enumerate(keys, 1)
        ],
    }
