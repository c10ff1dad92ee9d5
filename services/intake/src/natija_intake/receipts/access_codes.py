"""The access code on an appeal's receipt. It gives access to the appeal's status.

It derives from a secret and the number, so it is not stored and can be checked before any row exists. Its first symbol
is the version of the secret. The other nine are 45 bits, too many to guess over HTTP.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping

from natija_events.ids import ALPHABET, parse_appeal_number

_SYMBOLS = 9
_LOOK_ALIKES = str.maketrans("ILO", "110")
_NO_APPEAL = "XX-0000-0000-0000-00"


class AccessCodes:
    """Makes and checks access codes. *secrets* by version, 1 to 31; the greatest version makes new codes."""

    def __init__(self, secrets: Mapping[int, bytes]) -> None:
        self._secrets = dict(secrets)
        self._newest = max(secrets)

    def code(self, number: str) -> str:
        """The code of the appeal with this *number*, as it is printed: ``14K7Q-3MX9T``."""
        code = self._derived(self._newest, number)
        return f"{code[:5]}-{code[5:]}"

    def verify(self, typed_number: str, typed_code: str) -> str | None:
        """The number, in its written form, when the code is its own; None when either is wrong.

        Small letters, blanks and O for 0 are forgiven in both. It takes the same time whichever is wrong.
        """
        try:
            number = parse_appeal_number(typed_number)
        except ValueError:
            number = _NO_APPEAL
        given = re.sub(r"[\s-]", "", typed_code).upper().translate(_LOOK_ALIKES)
        version = ALPHABET.find(given[:1]) if given else -1
        expected = self._derived(version if version in self._secrets else self._newest, number)
        right = hmac.compare_digest(given.encode(), expected.encode())
        return number if right and number != _NO_APPEAL else None

    def _derived(self, version: int, number: str) -> str:
        message = f"natija access code\x1f{version}\x1f{number}".encode()
        bits = int.from_bytes(hmac.digest(self._secrets[version], message, hashlib.sha256)[:8], "big")
        return ALPHABET[version] + "".join(ALPHABET[bits >> 5 * place & 31] for place in range(_SYMBOLS))
