"""Reads records of the log fast. Every reader passes through here, for each event of a log that may hold millions.

The registrar writes one canonical form, which this reads from one dict of headers. Anything else goes to the strict
reader of `natija_events.wire.envelope`. That one stays the specification: a property test holds both equal.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from natija_events.wire.envelope import BINARY, Event, Headers, Stamp, read_log_record_strictly
from natija_events.wire.names import OPTIONAL_TEXTS, PREFIX, REQUIRED, STAMPS
from natija_events.wire.values import COUNT_DIGITS, check_causation_id, read_appeal, read_text

_KNOWN = frozenset(
    (
        "content-type",
        *(PREFIX + name for name in (*REQUIRED, *STAMPS, *OPTIONAL_TEXTS, "dataschema", "expectedsequence")),
    )
)
_LOGSEQUENCE = PREFIX + "logsequence"
_USUAL_HEADERS = 1 + len(REQUIRED) + len(STAMPS) + 1
"""The content type, the required attributes and stamps, and the schema. With fewer, one of them is missing."""
_OPTIONAL_HEADERS = tuple((name, PREFIX + name) for name in OPTIONAL_TEXTS)
_NO_TEXTS: Sequence[None] = (None,) * len(OPTIONAL_TEXTS)
_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
_TIME = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z").fullmatch
_HASH = re.compile(rb"[\x21-\x7e]{1,512}").fullmatch


def read_log_record(value: bytes | None, headers: Headers) -> tuple[Event, Stamp]:
    """The registered event in a log record. Unknown attributes are ignored: a later version may add some.

    Raises `Unreadable` when the registrar did not write the record.
    """
    try:
        canonical = _read_canonical(value, dict(headers), len(headers))  # type: ignore[arg-type]  # null: an error below
    except (KeyError, ValueError, TypeError, AttributeError):  # missing, null, or of another form
        canonical = None
    return canonical or read_log_record_strictly(value, headers)


def logsequence_of(headers: Headers) -> int | None:
    """The *logsequence* among the headers of a log record; None when it is missing, doubled or not a number.

    For those that need the place of a record and not its event: to read the whole event takes ten times as long.
    """
    found = [content for name, content in headers if name == _LOGSEQUENCE]
    if len(found) != 1 or not found[0]:
        return None
    return int(found[0]) if found[0].isdigit() and len(found[0]) <= COUNT_DIGITS else None


def _read_canonical(value: bytes | None, named: dict[str, bytes], headers: int) -> tuple[Event, Stamp] | None:
    """The event and its stamp; None, or any of the errors above, when the record is not in the canonical form."""
    type, schema = _type(named["ce_type"])
    if (
        value is None
        or len(named) != headers
        or not _KNOWN.issuperset(named)
        or named["content-type"] != BINARY
        or named["ce_specversion"] != b"1.0"
        or named["ce_dataschema"] != schema
        or not _ID(named["ce_id"])
        or not _HASH(named["ce_previoushash"])
    ):
        return None
    expected = _count(named["ce_expectedsequence"]) if "ce_expectedsequence" in named else None
    event = Event(
        UUID(named["ce_id"].decode()),
        _source(named["ce_source"]),
        type,
        _subject(named["ce_subject"]),
        _time(named["ce_time"]),
        value,
        expected,
        *(_NO_TEXTS if headers == _USUAL_HEADERS + (expected is not None) else _optional_texts(named)),
    )
    stamp = Stamp(
        _count(named["ce_sequence"]),
        _count(named["ce_logsequence"]),
        _recordedtime(named["ce_recordedtime"]),
        _count(named["ce_inboxoffset"]),
        _count(named["ce_referenceversion"]),
        named["ce_previoushash"].decode(),
    )
    return event, stamp


def _optional_texts(named: dict[str, bytes]) -> Sequence[str | None]:
    texts = [read_text(name, named[header].decode()) if header in named else None for name, header in _OPTIONAL_HEADERS]
    check_causation_id(texts[0])
    return texts


def _count(digits: bytes) -> int:
    if len(digits) > COUNT_DIGITS or not digits.isdigit():
        raise ValueError
    return int(digits)


def _time(text: bytes) -> datetime:
    if not _TIME(text) or not b"1900" <= text[:4] < b"9999":  # as `limits.EARLIEST` and `LATEST` say
        raise ValueError
    return datetime.fromisoformat(text.decode())


_recordedtime = lru_cache(maxsize=256)(_time)  # a batch is recorded at one time


@lru_cache(maxsize=256)
def _type(text: bytes) -> tuple[str, bytes]:
    type = read_text("type", text.decode())
    return type, f"urn:natija:{type}".encode()


@lru_cache(maxsize=1024)
def _source(text: bytes) -> str:
    return read_text("source", text.decode())


@lru_cache(maxsize=4096)  # the events of an appeal often come together
def _subject(text: bytes) -> str:
    return read_appeal(text.decode())
