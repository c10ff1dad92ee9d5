"""The models: with all parts, no order of steps breaks a promise; without one of their parts, some order does.

`make test` explores each whole model a few steps farther than most counterexamples are long. `make faults` explores it
to its end, and the layouts with one change more.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import pytest
from tests.model import registrar_world, runner, shards
from tests.model.explorer import explore
from tests.model.registrar import Registrars
from tests.model.runner import Runners
from tests.model.shards import Shards

DECIDED_TWICE = "a proposal is decided twice or skipped"
ON_LOG_TWICE = "an event is on the log twice"
HEADS_DIFFER = "the heads are not the fold of the log at their checkpoint"
ROWS_DIFFER = "the rows are not the fold of the log at their checkpoint"
TWO_WRITERS = "two owners decide, and both can write"
NEVER_AGAIN = "alone, it never decides again"
FALSE_GAP = "records are reported missing, and none is"


class Model(Protocol):
    """Steps of processes, and the promise that a world breaks."""

    def steps(self, world: Any) -> Iterator[tuple[str, Any]]: ...

    def violation(self, world: Any) -> str | None: ...


class Case(NamedTuple):
    """A model and where it begins; *whole* where the full search begins. *breaks* has the promise that a world breaks
    without each part; *depth* bounds the search of `make test`; the full search finds more than *states*."""

    model: Callable[[str | None], Model]
    start: Any
    whole: Any
    parts: dict[str, str]
    breaks: dict[str, str]
    depth: int
    states: int


CASES = {
    "registrars": Case(
        Registrars,
        registrar_world.World(),
        registrar_world.World(),
        registrar_world.PARTS,
        {
            registrar_world.FENCE: DECIDED_TWICE,
            registrar_world.LOCK: "a live owner with a session is fenced, and will fence back",
            registrar_world.ORDER: DECIDED_TWICE,
            registrar_world.SKIP: HEADS_DIFFER,
            registrar_world.GAP: HEADS_DIFFER,
            registrar_world.CAUGHT_UP: DECIDED_TWICE,
            registrar_world.PENDING: ON_LOG_TWICE,
            registrar_world.PENDING_FIRST: ON_LOG_TWICE,
            registrar_world.NOT_RESTORED: ON_LOG_TWICE,
            registrar_world.COMMITTED: HEADS_DIFFER,
            registrar_world.GUARD: HEADS_DIFFER,
        },
        depth=16,
        states=50_000,
    ),
    "shards": Case(
        Shards,
        shards.World(changes=1),
        shards.World(),
        shards.PARTS,
        {
            shards.AGAIN: TWO_WRITERS,
            shards.LATEST: TWO_WRITERS,
            shards.READY: TWO_WRITERS,
            shards.KNOWN: TWO_WRITERS,
            shards.ALONE: TWO_WRITERS,
            shards.SAME: TWO_WRITERS,
            shards.FORGOTTEN: NEVER_AGAIN,
            shards.FINISHED: NEVER_AGAIN,
        },
        depth=14,
        states=50_000,
    ),
    "runners": Case(
        Runners,
        runner.World(),
        runner.World(),
        runner.PARTS,
        {
            runner.SKIP: ROWS_DIFFER,
            runner.GAP: ROWS_DIFFER,
            runner.TOGETHER: ROWS_DIFFER,
            runner.PLACED: FALSE_GAP,
            runner.TURN: FALSE_GAP,
            runner.RESTORE: "alone, it stays behind the log",
        },
        depth=10,
        states=20_000,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_no_step_breaks_a_promise(name: str) -> None:
    """Two registrars decide each proposal once and in order, one owner can write, rows are the fold: near the start."""
    case = CASES[name]
    model = case.model(None)
    result = explore(case.start, model.steps, model.violation, case.depth)
    assert (result.violation, result.steps) == (None, ())


@pytest.mark.thorough
@pytest.mark.parametrize("name", CASES)
def test_no_order_breaks_a_promise(name: str) -> None:
    """The same in every state that any order of steps, crashes, lost sessions and one restore can reach."""
    case = CASES[name]
    model = case.model(None)
    result = explore(case.whole, model.steps, model.violation)
    assert (result.violation, result.steps) == (None, ())
    assert result.states > case.states, "the model still moves"


@pytest.mark.parametrize(("name", "part"), [(name, part) for name, case in CASES.items() for part in case.breaks])
def test_mutant_breaks_its_promise(name: str, part: str) -> None:
    """Without any one of its parts the model breaks a promise."""
    case = CASES[name]
    model = case.model(part)
    result = explore(case.start, model.steps, model.violation)
    assert result.violation == case.breaks[part], result.steps


def test_every_part_has_a_mutant() -> None:
    """The mutants above cover every part that the models name."""
    for case in CASES.values():
        assert list(case.breaks) == list(case.parts)
