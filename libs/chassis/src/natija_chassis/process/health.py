"""How a process is: what its state page, `/ready` and the operators hear."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Health(NamedTuple):
    """*ready* is caught up and moving; *says* is one plain sentence; *behind* counts log offsets not yet taken in."""

    ready: bool
    message: str
    behind: int = 0


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work that waits: *count* of *what* ("appeals without a body"), and where to look, if anywhere."""

    what: str
    count: int
    link: str | None = None


GetHealth = Callable[[], Health]
GetBacklog = Callable[[], Awaitable[Sequence[Backlog]]]


async def no_backlog() -> Sequence[Backlog]:
    """For a process that keeps no work."""
    return ()
