"""In every installed service the same file names mean the same."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import MetaData

from natija_chassis.services import service_infos

SERVICES = sorted({info.start.partition(".")[0] for info in service_infos()})
PROJECTIONS = [info.projection for info in service_infos() if info.projection]


def modules(package: str, name: str) -> list[ModuleType]:
    """The modules called *name* in the packages of a service."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    files = sorted(Path(spec.origin).parent.glob(f"*/{name}.py"))
    return [import_module(f"{package}.{file.parent.name}.{name}") for file in files]


@pytest.mark.parametrize("package", SERVICES)
class TestNames:
    def test_state_applies_one_event(self, package: str) -> None:
        """`state.py` is the pure fold: `evolve`, one event after the other."""
        assert all(callable(vars(module)["evolve"]) for module in modules(package, "state"))

    def test_decide_decides(self, package: str) -> None:
        assert all(callable(vars(module)["decide"]) for module in modules(package, "decide"))

    def test_queue_yields_pending_proposals(self, package: str) -> None:
        """`queue.py` finds the rows that call for a proposal; `decide.py` beside it decides on each."""
        for module in modules(package, "queue"):
            queues = [one for one in vars(module).values() if isinstance(one, type) and hasattr(one, "pending")]
            assert queues or callable(vars(module)["pending_proposals"])
            assert find_spec(module.__name__.removesuffix("queue") + "decide")

    def test_tables_declare_rows(self, package: str) -> None:
        for module in modules(package, "tables"):
            assert any(isinstance(value, MetaData) for value in vars(module).values())


@pytest.mark.parametrize("reference", PROJECTIONS)
def test_projection_stands_beside_its_tables(reference: str) -> None:
    """Each installed projection is built by `projection.py`, in a package with its `tables.py`."""
    module, _, name = reference.partition(":")
    assert (module.rpartition(".")[2], name) == ("projection", "build")
    assert find_spec(module.removesuffix("projection") + "tables")
