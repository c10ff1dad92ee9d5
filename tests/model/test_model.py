"""The models: whole, no order of steps breaks a promise; without one of their parts, some order does."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from tests.model import registrar_world, runner, shards
from tests.model.explorer import Found, explore
from tests.model.registrar import Registrars
from tests.model.runner import Runners
from tests.model.shards import Shards

DECIDED_TWICE = "a proposal is decided twice, or passed over"
STANDS_TWICE = "an event stands on the log twice"
NOT_THE_HEADS = "the heads are not the fold of the log at their checkpoint"
NOT_THE_ROWS = "the rows are not the fold of the log at their checkpoint"
TWO_WRITE = "two stand at the end of the log, and both can write"

WITHOUT_A_PART: list[tuple[Callable[[str], "Model"], Any, dict[str, str]]] = [
    (
        Registrars,
        registrar_world.World(),
        {
            registrar_world.FENCE: DECIDED_TWICE,
            registrar_world.LOCK: "an owner that lives and has its session is fenced, and will fence back",
            registrar_world.ORDER: DECIDED_TWICE,
            registrar_world.SKIP: NOT_THE_HEADS,
            registrar_world.GAP: NOT_THE_HEADS,
            registrar_world.CAUGHT_UP: DECIDED_TWICE,
            registrar_world.PENDING: STANDS_TWICE,
            registrar_world.PENDING_FIRST: STANDS_TWICE,
            registrar_world.NOT_RESTORED: STANDS_TWICE,
            registrar_world.COMMITTED: NOT_THE_HEADS,
            registrar_world.GUARD: NOT_THE_HEADS,
        },
    ),
    (
        Shards,
        shards.World(changes=1),
        {
            shards.AGAIN: TWO_WRITE,
            shards.LATEST: TWO_WRITE,
            shards.READY: TWO_WRITE,
            shards.KNOWN: TWO_WRITE,
            shards.ALONE: TWO_WRITE,
            shards.SAME: TWO_WRITE,
            shards.FORGOTTEN: "left alone, it never decides again",
            shards.FINISHED: "left alone, it never decides again",
        },
    ),
    (
        Runners,
        runner.World(),
        {
            runner.SKIP: NOT_THE_ROWS,
            runner.GAP: NOT_THE_ROWS,
            runner.TOGETHER: NOT_THE_ROWS,
            runner.PLACED: "records are told to be missing, and none is",
            runner.TURN: "records are told to be missing, and none is",
            runner.RESTORE: "left alone, it stays behind the log",
        },
    ),
]
"""What each model breaks without each of its parts, and where it begins."""


class Model(Protocol):
    """Steps of processes, and what a world breaks."""

    def steps(self, world: Any) -> Iterator[tuple[str, Any]]: ...

    def wrong(self, world: Any) -> str | None: ...


def explored(model: Model, start: Any) -> Found:
    return explore(start, model.steps, model.wrong)


def test_whatever_two_registrars_do_and_suffer_each_proposal_is_decided_once_and_in_order() -> None:
    found = explored(Registrars(), registrar_world.World())
    assert (found.wrong, found.steps) == (None, ())
    assert found.states > 50_000, "the model still moves"


def test_however_the_shards_are_laid_out_anew_and_forgotten_one_can_write() -> None:
    found = explored(Shards(), shards.World())
    assert (found.wrong, found.steps) == (None, ())
    assert found.states > 50_000, "the model still moves"


def test_whatever_two_runners_do_and_suffer_the_rows_are_the_fold_at_the_checkpoint() -> None:
    found = explored(Runners(), runner.World())
    assert (found.wrong, found.steps) == (None, ())
    assert found.states > 20_000, "the model still moves"


@pytest.mark.parametrize(
    ("model", "start", "without", "breaks"),
    [
        pytest.param(model, start, without, breaks, id=f"{model.__name__}-{without}")
        for model, start, parts in WITHOUT_A_PART
        for without, breaks in parts.items()
    ],
)
def test_without_one_of_its_parts_a_promise_is_broken(
    model: Callable[[str], Model], start: Any, without: str, breaks: str
) -> None:
    found = explored(model(without), start)
    assert found.wrong == breaks, found.steps


def test_every_part_that_can_be_taken_out_is() -> None:
    for (*_, taken_out), module in zip(WITHOUT_A_PART, (registrar_world, shards, runner), strict=True):
        assert list(taken_out) == list(module.PARTS)
