"""How old the data of a page are. Every page says it: figures without it cannot be compared."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from natija_chassis.clock import Clock
from natija_chassis.projections.progress import Progress

STALE_AFTER = timedelta(minutes=5)
DataState = Literal["current", "catching-up", "stale"]


class DataAge(NamedTuple):
    """The *state* of the data, and what is missing.

    All events that were recorded before *as_of* (aware) are in the data; None while that is not known yet. *behind*
    counts the records on the log that are not.
    """

    state: DataState
    as_of: datetime | None
    behind: int = 0


GetDataAge = Callable[[], DataAge]


def of_projection(progress: Progress, clock: Clock) -> DataAge:
    """The age of the data of a projection, as far as this process applies it."""
    now, seconds = clock.now(), progress.seconds_since_caught_up
    as_of = None if seconds is None else now - timedelta(seconds=seconds)
    if progress.caught_up:
        return DataAge("current", as_of)
    blocked = progress.stopped is not None or progress.blocked is not None
    old = as_of is not None and now - as_of > STALE_AFTER
    return DataAge("stale" if blocked or old else "catching-up", as_of, progress.lag)
