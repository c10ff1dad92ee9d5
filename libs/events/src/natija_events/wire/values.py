"""Reads single values of records: each function raises `Unreadable` for a value that breaks the wire form."""

import re
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from natija_events import limits, strict_json
from natija_events.ids import is_appeal_number

COUNT_DIGITS = 19
"""The most digits of a whole number."""
SIGNATURE = re.compile(r"[A-Za-z0-9_-]{85}[AQgw]")
"""64 bytes in base64url without padding: the last character holds two bits, and four zeros."""
PUBLISHERKEY = re.compile(r"ed25519:[A-Za-z0-9_-]{22}")
"""The id of a public key: see `natija_events.signatures.key_id`."""
_TIME_RULE = f"is not an RFC 3339 time with a zone, from {limits.EARLIEST.year} on"
_TEXT = re.compile(r"[\x21-\x7e]{1,512}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


_ENCODINGS = (
    (b"\xef\xbb\xbf", "it begins with a byte order mark"),
    ((b"\xff\xfe", b"\xfe\xff", b"{\x00", b"[\x00", b"\x00{", b"\x00["), "it is UTF-16, and JSON is UTF-8"),
    (b"\x00", "it begins with the zero byte of a schema registry's serializer: write JSON only"),
    (b"\x1f\x8b", "it is gzip: leave compression to the Kafka client"),
    (b"\xac\xed", "it is a serialized Java object"),
    ((b"{'", b"[{'"), "it has single quotes, as Python prints an object"),
)
"""Common mistakes, by the first bytes of the value."""


class Unreadable(ValueError):
    """A record that breaks the wire form. *field* names the attribute, *rule* the rule it breaks, without its value."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


def read_json(field: str, value: bytes) -> Any:
    """Parse strict JSON."""
    try:
        return strict_json.parse(value)
    except ValueError as error:
        raise Unreadable(field, f"is not JSON: {_encoding(value) or error}") from None


def _encoding(value: bytes) -> str | None:
    """The encoding of *value*, when it begins like one that is not JSON."""
    return next((what for beginning, what in _ENCODINGS if value.startswith(beginning)), None)


def read_uuid(text: str) -> UUID:
    """The id of an event."""
    if not _UUID.fullmatch(text):
        raise Unreadable("id", "is not a UUID in lower case with dashes")
    return UUID(text)


def read_appeal(text: str) -> str:
    """The number of an appeal."""
    if not is_appeal_number(text):
        raise Unreadable("subject", "is not an appeal number: its form or its check digit is wrong")
    return text


@lru_cache(maxsize=1024)  # a batch is recorded at one time
def read_time(name: str, text: str) -> datetime:
    """A time in RFC 3339, in UTC."""
    try:
        if limits.RFC3339.fullmatch(text):
            time = datetime.fromisoformat(text)
            if limits.EARLIEST <= time < limits.LATEST:
                return time.astimezone(UTC)
    except ValueError:
        pass
    raise Unreadable(name, _TIME_RULE)


def read_text(name: str, text: str) -> str:
    """Visible ASCII characters."""
    if not _TEXT.fullmatch(text):
        raise Unreadable(name, "is not 1 to 512 visible ASCII characters")
    return text


def read_count(name: str, text: str) -> int:
    """A whole number, not negative."""
    if not (len(text) <= COUNT_DIGITS and text.isascii() and text.isdigit()):
        raise Unreadable(name, f"is not a whole number of at most {COUNT_DIGITS} digits")
    return int(text)


def causation_id(source: str, id: UUID, subject: str | None = None) -> str:
    """Names the event that caused another one. *subject* is its appeal's number if it is another appeal's."""
    return f"{source}#{id}" if subject is None else f"{subject}#{source}#{id}"


def check_causation_id(text: str | None) -> None:
    """Check for the form that `causation_id` gives. Whether the event exists is not asked."""
    if text is None:
        return
    cause, _, id = text.rpartition("#")
    if not cause or not _UUID.fullmatch(id):
        raise Unreadable("causationid", "is neither source#id nor number#source#id of an event")


def check_time(time: datetime) -> None:
    """Check the time of an event that is to be proposed. A time without a zone would be taken as this machine's."""
    if time.tzinfo is None:
        raise Unreadable("time", "has no zone: give it a tzinfo, such as datetime.UTC")
    if not limits.EARLIEST <= time < limits.LATEST:
        raise Unreadable("time", _TIME_RULE)


def read_base64(text: Any) -> bytes | None:
    """The bytes whose standard form in base 64 is *text*; None for any other text."""
    try:
        raw = b64decode(text, validate=True)
    except (ValueError, TypeError):
        return None
    return raw if b64encode(raw).decode() == text else None


def read_object(field: str, raw: bytes) -> dict[str, Any]:
    """The JSON object in *raw*."""
    value = read_json(field, raw)
    if isinstance(value, str):
        raise Unreadable(field, "is a JSON string, not a JSON object: it was serialized twice")
    if not isinstance(value, dict):
        raise Unreadable(field, "is not a JSON object")
    return value
