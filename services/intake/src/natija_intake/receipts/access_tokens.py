"""Access tokens: the proof, in a form, that the access code of an appeal was given a moment ago.

So a page asks for the code once, and keeps it nowhere. A token is never in an address.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import NamedTuple

LASTS = 1800
"""Seconds: the time to write a page of text."""
_LONGEST = 200


class GivenCode(NamedTuple):
    """The access code that was given: that of the appeal *number*, of this *generation*."""

    number: str
    generation: int


class AccessTokens:
    """Makes and opens tokens. The last of *secrets* signs new ones; those signed with the others still open."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._secrets = tuple(secrets)

    def token(self, number: str, generation: int, now: float) -> str:
        """A token for the appeal *number*, whose access code has this *generation*. *now* is in seconds."""
        claim = f"{number}.{generation}.{int(now) + LASTS}"
        return f"{claim}.{_signature(self._secrets[-1], claim)}"

    def given_code(self, token: str, now: float) -> GivenCode | None:
        """The code for which *token* stands; None for an old or a wrong token."""
        claim, _, signature = token[:_LONGEST].rpartition(".")
        signed = [hmac.compare_digest(signature.encode(), _signature(one, claim).encode()) for one in self._secrets]
        if not any(signed):
            return None
        number, generation, ends = claim.split(".")
        return GivenCode(number, int(generation)) if now < int(ends) else None


def _signature(secret: bytes, claim: str) -> str:
    return hmac.digest(secret, f"natija access token\x1f{claim}".encode(), hashlib.sha256).hex()
