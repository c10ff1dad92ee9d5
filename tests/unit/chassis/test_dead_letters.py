"""Only errors of a closed list make a dead letter."""

import asyncpg
import pytest
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from natija_chassis.errors import OperatorError
from natija_chassis.projections.checkpoints import Gap
from natija_chassis.projections.dead_letters import is_poison
from natija_events.schema.registry import Invalid
from natija_events.wire.values import Unreadable


class Adapted(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    "error",
    [
        Unreadable("sequence", "is missing"),
        Invalid("text", "is missing"),
        IntegrityError("", {}, Adapted("23514")),
        DataError("", {}, Adapted("22021")),
        asyncpg.NumericValueOutOfRangeError("out of range"),
        asyncpg.DataError("invalid input for query argument"),
        asyncpg.UniqueViolationError("twice"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_data_errors_are_poison(error: Exception) -> None:
    """Only errors that the data themselves cause."""
    assert is_poison(error)


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("", {}, Adapted("57P01")),
        OperationalError("", {}, Adapted(None)),
        asyncpg.DeadlockDetectedError("deadlock"),
        asyncpg.UndefinedTableError("no table"),
        asyncpg.DiskFullError("full"),
        asyncpg.TooManyConnectionsError("full"),
        asyncpg.ConnectionDoesNotExistError("gone"),
        ConnectionRefusedError(111, "refused"),
        TimeoutError(),
        KeyError("a fault of the program"),
        Gap(1, 2, 3),
        OperatorError("another version"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_anything_else_is_an_outage(error: Exception) -> None:
    assert not is_poison(error)
