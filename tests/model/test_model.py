"""Registrar and runner as models: whole, no order of steps breaks a promise; without a part, some order does."""

import pytest
from tests.model import registrar, runner
from tests.model.explorer import explore
from tests.model.registrar import Registrars
from tests.model.runner import Runners

BREAKS = [
    (registrar.FENCE, "a proposal is decided twice, or passed over"),
    (registrar.LINE, "an owner that lives and has its session is fenced, and will fence back"),
    (registrar.GUARD, "the heads are not the fold of the log at their checkpoint"),
    (registrar.SKIP, "the heads are not the fold of the log at their checkpoint"),
    (registrar.ORDER, "a proposal is decided twice, or passed over"),
]
"""What a registrar breaks without each of its parts."""


def test_whatever_two_registrars_do_and_suffer_each_proposal_is_decided_once_and_in_order() -> None:
    whole = Registrars()
    found = explore(registrar.State(), whole.steps, whole.wrong)
    assert (found.wrong, found.steps) == (None, ())
    assert found.states > 5_000, "the model still moves"


@pytest.mark.parametrize(("without", "breaks"), BREAKS)
def test_a_registrar_without_one_of_its_parts_breaks_a_promise(without: str, breaks: str) -> None:
    mutant = Registrars(without)
    found = explore(registrar.State(), mutant.steps, mutant.wrong)
    assert found.wrong == breaks, found.steps


def test_whatever_two_runners_do_and_suffer_the_rows_are_the_fold_at_the_checkpoint() -> None:
    whole = Runners()
    found = explore(runner.State(), whole.steps, whole.wrong)
    assert (found.wrong, found.steps) == (None, ())
    assert found.states > 1_000, "the model still moves"


@pytest.mark.parametrize("without", list(runner.MUTANTS))
def test_a_runner_without_one_of_its_parts_breaks_the_fold(without: str) -> None:
    mutant = Runners(without)
    found = explore(runner.State(), mutant.steps, mutant.wrong)
    assert found.wrong == "the rows are not the fold of the log at their checkpoint"


def test_every_part_that_can_be_taken_out_is() -> None:
    assert {without for without, _ in BREAKS} == set(registrar.MUTANTS)
