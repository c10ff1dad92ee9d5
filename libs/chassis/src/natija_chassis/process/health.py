"""How a process is: what its state page, `/ready` and the operators hear."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Health(NamedTuple):
    """*ready* means caught up and working; *message* is one plain sentence; *lag* counts log offsets that are not
    applied yet."""

    ready: bool
    message: str
    behind: int = 0


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work that waits: the *count* of *what* ("appeals without a body")."""

    what: str
    count: int


GetHealth = Callable[[], Health]
GetBacklog = Callable[[], Awaitable[Sequence[Backlog]]]


async def no_backlog() -> Sequence[Backlog]:
    """For a process that keeps no work."""
    return ()
