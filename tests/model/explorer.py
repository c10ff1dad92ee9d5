"""An explicit-state checker: every state that any order of steps can reach, and the shortest way to a bad one.

Why not hypothesis' state machines: the models here have a hundred thousand states each. A breadth-first search goes
through each of them once, the same way in every run, and what it finds is a shortest counterexample without shrinking.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple, TypeVar

State = TypeVar("State", bound=Hashable)


class Found(NamedTuple):
    """What a search came to: how many states it saw, and of the first bad one what is wrong and the steps to it."""

    states: int
    wrong: str | None = None
    steps: tuple[str, ...] = ()


def explore(
    start: State, steps: Callable[[State], Iterable[tuple[str, State]]], wrong: Callable[[State], str | None]
) -> Found:
    """Search breadth first from *start*. *steps* gives the named steps that may come next, *wrong* what is wrong."""
    came_from: dict[State, tuple[str, State] | None] = {start: None}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        if what := wrong(state):
            return Found(len(came_from), what, _way(came_from, state))
        for name, after in steps(state):
            if after not in came_from:
                came_from[after] = name, state
                waiting.append(after)
    return Found(len(came_from))


def comes_to(
    state: State, steps: Callable[[State], Iterable[tuple[str, State]]], there: Callable[[State], bool]
) -> bool:
    """Whether who takes the first of *steps* that may come next, a hundred times at most, gets *there* from *state*."""
    for _ in range(100):
        if there(state):
            return True
        following = next(iter(steps(state)), None)
        if following is None:
            return False
        state = following[1]
    return False


def _way(came_from: dict[State, tuple[str, State] | None], state: State) -> tuple[str, ...]:
    names = []
    while step := came_from[state]:
        name, state = step
        names.append(name)
    return tuple(reversed(names))
