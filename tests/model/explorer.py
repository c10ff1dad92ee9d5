"""An explicit-state model checker: it visits every state that any order of steps can reach, breadth first.

Why not hypothesis' state machines: the models here have up to a hundred thousand states. A breadth-first search visits
each state once, in the same order in every run, and its first counterexample is a shortest one.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple, TypeVar

State = TypeVar("State", bound=Hashable)
Steps = Callable[[State], Iterable[tuple[str, State]]]


class Result(NamedTuple):
    """The result of a search: the number of states, and the first violation with the shortest steps to it."""

    states: int
    violation: str | None = None
    steps: tuple[str, ...] = ()


def explore(
    start: State, steps: Steps[State], violation: Callable[[State], str | None], depth: int | None = None
) -> Result:
    """Search from *start*, at most *depth* steps far.

    *steps* returns the named steps that may come next; *violation* the broken promise of a state, or None.
    """
    came_from: dict[State, tuple[str, State] | None] = {start: None}
    level, distance = [start], 0
    while level:
        following = []
        for state in level:
            if broken := violation(state):
                return Result(len(came_from), broken, _path(came_from, state))
            if distance == depth:
                continue
            for name, after in steps(state):
                if after not in came_from:
                    came_from[after] = name, state
                    following.append(after)
        level, distance = following, distance + 1
    return Result(len(came_from))


def reaches(state: State, steps: Steps[State], goal: Callable[[State], bool]) -> bool:
    """True when taking the first of *steps*, again and again, leads from *state* to *goal* within a hundred steps."""
    for _ in range(100):
        if goal(state):
            return True
        following = next(iter(steps(state)), None)
        if following is None:
            return False
        state = following[1]
    return False


def _path(came_from: dict[State, tuple[str, State] | None], state: State) -> tuple[str, ...]:
    names = []
    while step := came_from[state]:
        name, state = step
        names.append(name)
    return tuple(reversed(names))
