"""Numbers of appeals and ids of events.

An appeal's id is its registration number: the realm and 64 bits in Crockford's base 32, with a check digit, as in
``KG-7K3M-9QX4-T2R8-MA``. It needs no counter and no clock, so every publisher derives numbers by itself.
"""

import hashlib
import hmac
import re
import secrets
from functools import lru_cache
from uuid import UUID, uuid5

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, which people misread."""

_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_MISREAD = str.maketrans("ILO", "110")
_REALM = re.compile(r"[A-Z][A-Z0-9]{1,11}")
_DIGIT = "[0-9A-HJKMNP-TV-Z]"
NUMBER_PATTERN = rf"^{_REALM.pattern}-[0-9A-F]{_DIGIT}{{3}}(-{_DIGIT}{{4}}){{2}}-{_DIGIT}{{2}}$"
"""The form of a number. The first digit has 4 of the 64 bits; the last one is the check digit."""

_NUMBER = re.compile(NUMBER_PATTERN)
_NAMESPACE = UUID("6e6174a1-6a61-5265-8a74-69676a610001")


def _double(value: int) -> int:
    """Multiply by x in GF(32) = GF(2)[x] / (x^5 + x^2 + 1)."""
    value <<= 1
    return value ^ 0b100101 if value & 32 else value


_DOUBLED = tuple(map(_double, range(32)))


def check_digit(digits: str) -> str:
    """The check digit of *digits* (base 32). It detects one wrong digit and two swapped neighbors."""
    total = 0
    for digit in digits:
        total = _DOUBLED[total ^ _VALUE[digit]]
    return ALPHABET[total]


def appeal_number(realm: str, bits: int) -> str:
    """The number of the appeal with these 64 *bits* in *realm*."""
    if not _REALM.fullmatch(realm.upper()):
        raise ValueError("realm: 2 to 12 Latin letters or digits, a letter first")
    if not 0 <= bits < 1 << 64:
        raise ValueError("bits: from 0 to 2**64 - 1")
    digits = "".join(ALPHABET[bits >> shift & 31] for shift in range(60, -1, -5))
    digits += check_digit(digits)
    return f"{realm.upper()}-{digits[:4]}-{digits[4:8]}-{digits[8:12]}-{digits[12:]}"


@lru_cache(maxsize=4096)  # the events of an appeal often come together
def is_appeal_number(number: str) -> bool:
    """True for a number in its standard form with the right check digit."""
    if not _NUMBER.fullmatch(number):
        return False
    digits = number.split("-", 1)[1].replace("-", "")
    return check_digit(digits[:-1]) == digits[-1]


def parse_appeal_number(typed: str) -> str:
    """The number that a person *typed*. Lower case, spaces, missing dashes and I, L, O for 1, 1, 0 are accepted.

    Raises ValueError, without the value, when a character is wrong or missing.
    """
    realm, _, rest = typed.strip().upper().partition("-")
    digits = re.sub(r"[\s-]", "", rest).translate(_MISREAD)
    number = f"{realm}-{digits[:4]}-{digits[4:8]}-{digits[8:12]}-{digits[12:]}"
    if not is_appeal_number(number):
        raise ValueError("not a valid appeal number: one character is wrong or missing")
    return number


def new_appeal_number(realm: str) -> str:
    """A random number."""
    return appeal_number(realm, secrets.randbits(64))


def derived_appeal_number(realm: str, *parts: str, secret: bytes = b"") -> str:
    """The number derived from *parts* alone. With a *secret*, only its holders can derive it."""
    message = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in (realm.upper(), *parts)))
    return appeal_number(realm, int.from_bytes(hmac.digest(secret, message, hashlib.sha256)[:8], "big"))


@lru_cache(maxsize=4096)
def derived_event_id(subject: str, *parts: str) -> UUID:
    """The event id derived from the appeal and *parts*: a repeated proposal has the same id."""
    return uuid5(_NAMESPACE, "\x1f".join((subject, *parts)))
