"""The line with which a failed command ends."""

from typing import Any

from pydantic import ValidationError

from natija_chassis.errors import OperatorError, ServerUnavailable
from natija_chassis.observability.logs import frames, sanitised

_NAMED_BY = "NATIJA_KAFKA and NATIJA_DATABASE name the servers; on a local stack `make up` starts them"
_NO_DATABASE = "3D000"
"""PostgreSQL's SQLSTATE for a database that does not exist."""


def explain(error: Exception) -> str:
    """A message about *error*, and the next step. It repeats no value of the error."""
    if isinstance(error, OperatorError):
        return str(error)
    if isinstance(error, ServerUnavailable):
        return f"{error.strerror}. {_NAMED_BY}"
    if type(error).__name__ == "KafkaConnectionError":
        return f"Kafka at {_kafka_address()} does not answer. {_NAMED_BY}"
    if getattr(getattr(error, "orig", None), "sqlstate", None) == _NO_DATABASE:
        return "the realm's database does not exist: run `natija provision`"
    if isinstance(error, ValidationError) and error.title.endswith("Settings"):
        return "; ".join(_wrong_variable(one) for one in error.errors(include_input=False, include_url=False))
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return f"{sanitised(error)} (at {frames(error)[-1]})"


def _wrong_variable(error: Any) -> str:
    """One of pydantic's errors, which does not repeat the value: the variable and the rule."""
    name = str(error["loc"][0]) if error["loc"] else ""
    variable = name if name.startswith("NATIJA_") else f"NATIJA_{name.upper()}"
    return f"{variable}: {error['msg']}. See `natija settings`"


def _kafka_address() -> str:
    from natija_chassis.settings import Settings

    return Settings().kafka
