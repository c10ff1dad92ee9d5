"""Appeal numbers, sealing and the signed message, as CONTRACT.md describes them, without Natija's library."""

import json
import secrets
from base64 import b32encode, urlsafe_b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PADDED = {"person": (512, 1024, 2048), "content": (256, 1024, 4096, 16384, 65536, 131072)}


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def listed(start: bytes, *items: str | bytes) -> bytes:
    """*start* and the items, each with its length before it."""
    raws = [item if isinstance(item, bytes) else item.encode() for item in items]
    return start + b"".join(len(raw).to_bytes(4, "big") + raw for raw in raws)


def key_id(kind: str, public: bytes) -> str:
    return f"{kind}:{text(sha256(public).digest())[:22]}"


def derive(key: bytes, purpose: bytes, *texts: str) -> bytes:
    return HKDF(SHA256(), 32, None, listed(purpose, *texts)).derive(key)


def encrypt(key: bytes, plain: bytes, bound: bytes) -> bytes:
    """The nonce, the ciphertext and its tag."""
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def appeal_number(realm: str, bits: int) -> str:
    """The number with these 64 random *bits*."""
    symbols, check = "", 0
    for place in range(60, -1, -5):
        value = bits >> place & 31
        symbols, check = symbols + SYMBOLS[value], (check ^ value) << 1
        check = check ^ 37 if check > 31 else check
    symbols += SYMBOLS[check]
    return "-".join([realm.upper(), *(symbols[place : place + 4] for place in range(0, 14, 4))])


def proposal_key(realm: str, number: str, realm_key: bytes) -> tuple[str, bytes]:
    """The header `ce_wrappedkey` of a new proposal, and its data key."""
    session, secret, id = secrets.token_bytes(32), secrets.token_bytes(32), key_id("x25519", realm_key)
    suite, public = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM), X25519PublicKey.from_public_bytes(realm_key)
    encapsulation = suite.encrypt(session, public, listed(b"natija-wrap-v1", realm.upper(), id))
    wrapped = ".".join([id, text(encapsulation), text(encrypt(session, secret, number.encode()))])
    return wrapped, derive(secret, b"natija-fields-v1", realm.upper(), number)


def seal(realm: str, event: dict[str, str], key: bytes, field: str, value: object) -> dict[str, str]:
    raw = json.dumps(value, ensure_ascii=False).encode()
    padded = raw.ljust(next(size for size in PADDED[field] if size >= len(raw)))
    place = [realm.upper(), *(event[name] for name in ("subject", "source", "id", "type")), field]
    value_key = derive(key, b"natija-value-v1", event["source"], event["id"], field)
    kid = b32encode(sha256(b"natija-kid-v1" + key).digest()[:16]).decode().rstrip("=")
    return {"kid": f"gcm1:{kid}", "ct": text(encrypt(value_key, padded, listed(b"natija-value-v1", *place)))}


def message(realm: str, event: dict[str, str], data: bytes) -> bytes:
    """The bytes that are signed."""
    names = ("id", "source", "type", "subject", "time", "expectedsequence", "causationid", "correlationid")
    fields = [realm.upper(), "1", *(event.get(name, "") for name in names), sha256(data).digest()]
    return listed(b"natija-proposal-v1\0", *fields)
