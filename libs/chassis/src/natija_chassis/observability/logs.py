"""Logs: one JSON object per line, without personal data.

Exceptions of pydantic, SQLAlchemy and PostgreSQL repeat the values they refuse. So the text of an exception is printed
only for classes that are known to be safe. For all others, the log has the class, the fields or SQLSTATE, and the
frames.
"""

import json
import logging
import time
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_PRINTABLE = ("aiokafka.", "natija_")
"""Modules whose exceptions hold no values of others: aiokafka's, and ours by our own rule."""
_KNOWN_ATTRIBUTES = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def sanitised(error: BaseException) -> str:
    """*error* without its values: its class, and its text, fields or SQLSTATE where these are harmless."""
    name, detail = type(error).__name__, _detail(error).removeprefix(f"{type(error).__name__}: ")
    return f"{name}: {detail}" if detail else name


def _detail(error: BaseException) -> str:
    database = getattr(error, "orig", None) or error
    sqlstate = getattr(database, "sqlstate", None)
    if sqlstate:
        original = getattr(database, "__cause__", None) or database
        places = {name: getattr(original, f"{name}_name", None) for name in ("table", "column", "constraint")}
        return " ".join([f"SQLSTATE {sqlstate}", *(f"{name} {place}" for name, place in places.items() if place)])
    if hasattr(error, "errors") and hasattr(error, "error_count"):
        known = error.errors(include_input=False, include_url=False, include_context=False)
        return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'value'} {one['type']}" for one in known[:5])
    if isinstance(error, OSError):
        return error.strerror or ""
    module = type(error).__module__
    return str(error) if module.startswith(_PRINTABLE) else ""


class JsonFormatter(logging.Formatter):
    """A log record as a line of JSON: time, level, logger, process, message, and what was given as `extra`."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "process": self._process,
            "message": _message(record),
        }
        line |= {name: value for name, value in record.__dict__.items() if name not in _KNOWN_ATTRIBUTES}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = sanitised(record.exc_info[1])
            line["frames"] = frames(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=lambda value: type(value).__name__)


def _message(record: logging.LogRecord) -> str:
    """The message; an exception as it, or among its arguments, is sanitised too."""
    message = str(_plain(record.msg))
    if isinstance(record.args, Mapping):
        return message % {name: _plain(one) for name, one in record.args.items()}
    return message % tuple(_plain(one) for one in record.args) if record.args else message


def _plain(value: object) -> object:
    return sanitised(value) if isinstance(value, BaseException) else value


def frames(error: BaseException) -> list[str]:
    """Where *error* was raised, outermost first: files, lines and functions, no values."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return [f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}" for frame in frames]


def unhandled(loop: object, context: dict[str, Any]) -> None:
    """asyncio's handler for errors that are never awaited. The default handler prints the error's values."""
    error = context.get("exception")
    logging.getLogger("natija.asyncio").error("%s", context.get("message"), exc_info=error)


class RateLimit(logging.Filter):
    """Lets one place in the code log *most* lines in *seconds*. The next line after that has the count of dropped
    lines.

    When a broker is down for a minute, aiokafka logs thousands of lines.
    """

    def __init__(self, most: int = 5, seconds: float = 30) -> None:
        super().__init__()
        self._most, self._seconds = most, seconds
        self._windows: dict[tuple[str, int], list[float]] = {}
        """By place: when its window began, lines let through, lines dropped."""

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        window = self._windows.setdefault((record.pathname, record.lineno), [now, 0, 0])
        if now - window[0] > self._seconds:
            if window[2]:
                record.similar_lines_dropped = int(window[2])
            window[:] = [now, 0, 0]
        allowed = window[1] < self._most
        window[1 if allowed else 2] += 1
        return allowed


def configure(process: str, level: str = "INFO") -> None:
    """Log to stderr as JSON; libraries may log a few lines per place and half minute."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter(process))
    limit = RateLimit()
    handler.addFilter(lambda record: record.name.startswith("natija") or limit.filter(record))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in ("aiokafka", "faststream", "uvicorn.access", "httpx2", "authlib"):
        logging.getLogger(name).setLevel(logging.WARNING)
