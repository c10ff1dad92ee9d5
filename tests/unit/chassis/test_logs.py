"""Logs that can be kept: no value of anybody's in them, and no flood."""

import json
import logging
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import IntegrityError

from natija_chassis.observability.logs import JsonFormatter, RateLimit, sanitised
from natija_events.schema.registry import Invalid

PERSON = "Aigul Asanova"


class Named(BaseModel):
    born: int


def record(message: object, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("natija.test", logging.INFO, __file__, 7, message, arguments, info)


def formatted(one: logging.LogRecord) -> dict[str, Any]:
    text = JsonFormatter("routing").format(one)
    assert "\n" not in text
    line: dict[str, Any] = json.loads(text)
    return line


def raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as caught:
        return caught


def validation_error() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Named.model_validate({"born": PERSON})
    return caught.value


class UniqueViolation(Exception):
    sqlstate = "23505"
    table_name = "heads"
    constraint_name = "heads_pkey"

    def __str__(self) -> str:
        return f"DETAIL: Key (name)=({PERSON}) already exists."


DATABASE_ERROR = IntegrityError(f"insert {PERSON}", {"name": PERSON}, UniqueViolation())


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (validation_error(), "ValidationError: born int_parsing"),
        (DATABASE_ERROR, "IntegrityError: SQLSTATE 23505 table heads constraint heads_pkey"),
        (ValueError(f"invalid literal: {PERSON}"), "ValueError"),
        (KeyError(PERSON), "KeyError"),
        (ConnectionRefusedError(111, "Connection refused"), "ConnectionRefusedError: Connection refused"),
        (Invalid("data.term", "is not a number"), "Invalid: data.term: is not a number"),
    ],
)
def test_error_is_logged_without_values(error: Exception, says: str) -> None:
    """An exception is logged by class, field and SQLSTATE, never with a value it holds."""
    assert sanitised(error) == says
    whole = formatted(record("failed: %s", error, error=raised(error)))
    assert whole["message"] == f"failed: {says}"
    assert whole["error"] == says
    assert PERSON not in json.dumps(whole)
    assert any(frame.endswith(" raised") for frame in whole["frames"])


def test_error_as_message_is_sanitised() -> None:
    assert formatted(record(DATABASE_ERROR))["message"] == sanitised(DATABASE_ERROR)


def test_error_in_extra_is_sanitised() -> None:
    """An exception given as `extra`, or by name, is sanitised too."""
    one = record("failed: %(why)s", {"why": DATABASE_ERROR})
    one.why = DATABASE_ERROR
    assert PERSON not in json.dumps(formatted(one))


def test_line_has_time_place_and_message() -> None:
    one = record("skipped %d", 3)
    one.partition = 7
    line = formatted(one)
    assert line["time"].endswith("+00:00")
    del line["time"]
    assert line == {
        "level": "INFO", "logger": "natija.test", "process": "routing", "message": "skipped 3", "partition": 7,
    }  # fmt: skip


def test_repeated_lines_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """One place in the code logs few lines; the next one counts those that were dropped."""
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    limit = RateLimit(most=3, seconds=30)
    assert [limit.filter(record("broker away")) for _ in range(13_000)].count(True) == 3
    now = 31.0
    late = record("broker away")
    assert limit.filter(late)
    assert late.__dict__["similar_lines_dropped"] == 12_997
