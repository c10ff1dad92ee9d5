"""The ids under which reference data know the users of an identity provider. They never show a user's subject.

A subject can be a personal number. Of such a number a bare hash hides little, since all numbers can be tried. So a
realm whose provider has no opaque subjects sets NATIJA_USER_ID_SECRET.
"""

import hmac


def user_id_key(realm: str, secret: str = "") -> bytes:
    """The key of the ids in *realm*. Another realm or *secret* gives other ids, so two realms cannot compare users."""
    return f"natija user id\0{realm.lower()}\0{secret}".encode()


def user_id(key: bytes, issuer: str, subject: str) -> str:
    """The id of *subject* at *issuer*: 64 hexadecimal digits."""
    return hmac.digest(key, f"{issuer}\0{subject}".encode(), "sha256").hex()
