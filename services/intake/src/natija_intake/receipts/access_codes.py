"""The access code on an appeal's receipt. It gives access to the appeal's status.

It derives from a secret, the number and a generation, so it is not stored. A new generation replaces the code of one
appeal. Its 12 symbols are 60 bits.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence

from natija_events.ids import ALPHABET

FIRST_GENERATION = 1
_SYMBOLS = 12
_LOOK_ALIKES = str.maketrans("ILO", "110")


class AccessCodes:
    """Makes and checks access codes. The last of *secrets* makes new codes; codes of the others still open."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._secrets = tuple(secrets)

    def code(self, number: str, generation: int = FIRST_GENERATION) -> str:
        """The code of the appeal with this *number*, as it is printed: ``4K7Q-3MX9-T2R8``."""
        code = _derived(self._secrets[-1], number, generation)
        return f"{code[:4]}-{code[4:8]}-{code[8:]}"

    def opens(self, typed_code: str, number: str, generation: int) -> bool:
        """True when the code is that of the appeal. Small letters, blanks and O for 0 are forgiven.

        It takes the same time for a wrong code as for the right one.
        """
        given = re.sub(r"[\s-]", "", typed_code).upper().translate(_LOOK_ALIKES).encode()
        matches = [hmac.compare_digest(given, _derived(one, number, generation).encode()) for one in self._secrets]
        return any(matches)


def _derived(secret: bytes, number: str, generation: int) -> str:
    message = f"natija access code\x1f{generation}\x1f{number}".encode()
    bits = int.from_bytes(hmac.digest(secret, message, hashlib.sha256)[:8], "big")
    return "".join(ALPHABET[bits >> 5 * place & 31] for place in range(_SYMBOLS))
