"""The identity of a sent appeal: its number, and the id of the event that opens it.

The number derives from who sends it and their idempotency key, under a secret that lasts. It says nothing about the
text. The event id derives from the number and the text, under a secret that is deleted after some days. The same text
under the same key is the same event. Once the secret is gone, nobody can test a guess of an erased text.
"""

import hashlib
import hmac
from typing import NamedTuple
from uuid import UUID

from natija_events.ids import derived_appeal_number

_VERSION_8 = 8 << 76
_VARIANT = 0b10 << 62
_CUSTOM_BITS = ~(0xF << 76 | 0b11 << 62)


class RequestKey(NamedTuple):
    """The idempotency *key* of a request, which is unique for its *client*."""

    client: str
    """The publisher that sends the appeal; the API's own source for clients that are not known."""
    key: UUID


def appeal_number(realm: str, request: RequestKey, secret: bytes) -> str:
    """The number of the appeal that *request* sends."""
    return derived_appeal_number(realm, request.client, str(request.key), secret=secret)


def registration_id(number: str, body: bytes, secret: bytes) -> UUID:
    """The id (UUID version 8) of the event that opens the appeal *number* with this *body*."""
    return as_uuid(hmac.digest(secret, f"natija registration\x1f{number}\x1f".encode() + body, hashlib.sha256))


def as_uuid(digest: bytes) -> UUID:
    """The first 16 bytes of *digest*, as a UUID of version 8."""
    return UUID(int=int.from_bytes(digest[:16], "big") & _CUSTOM_BITS | _VERSION_8 | _VARIANT)
