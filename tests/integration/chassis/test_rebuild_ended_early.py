"""A rebuild that is aborted or killed at any of its steps: what it says is what happened, and nothing is left of it."""

import ast
import signal
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.chassis.conftest import ALL, LogWriter, reached
from tests.integration.chassis.tally import SERVICE
from tests.integration.chassis.test_rebuild import schemas
from tests.stack import Realm

import natija_chassis.projections.rebuild

CLEAN = {"live", "service", "public"}
STEPS = (
    "rebuild.snapshot", "rebuild.create", "projection.commit", "checkpoint.save", "rebuild.drop-snapshot",
    "rebuild.switch", "rebuild.clear",
)  # fmt: skip
POINTS = [f"{step}:{side}" for step in STEPS for side in ("before", "after")]


async def live_tables(engine: AsyncEngine) -> int:
    """Which tables are the live ones: another number after a switch."""
    async with engine.connect() as connection:
        return int(await connection.scalar(text("select 'live.routes'::regclass::oid")) or 0)


@pytest.mark.thorough
async def test_aborted_rebuild_leaves_no_trace(realm: Realm, log: LogWriter, engine: AsyncEngine) -> None:
    """Aborted at any step, a rebuild changes nothing, and says so."""
    service = await realm.serve(SERVICE)
    await log.write(*[log.number(partition) for partition in ALL], events=2)
    await reached(engine, log)
    for point in POINTS:
        for sign in (signal.SIGINT, signal.SIGTERM):
            before = await live_tables(engine)
            armed = f"{point}:1:{sign.name.removeprefix('SIG')}"
            done = await realm.run("projection", "rebuild", SERVICE, expect=None, NATIJA_FAILPOINT=armed)
            switched = before != await live_tables(engine)
            assert done.code == (0 if switched else 130), f"{armed}: {done.code} {done.stderr}"
            assert ("and switched" in done.stdout) == switched, armed
            assert ("routing is as it was" in done.stderr) != switched, armed
            assert "Traceback" not in done.stderr, armed
            assert await schemas(engine) == CLEAN, armed
    await service.until_ready()


@pytest.mark.thorough
@pytest.mark.parametrize("point", POINTS)
async def test_killed_rebuild_can_start_again(realm: Realm, log: LogWriter, engine: AsyncEngine, point: str) -> None:
    """Killed at any step, a rebuild can start again; what it left is dropped."""
    service = await realm.serve(SERVICE)
    await log.write(*[log.number(partition) for partition in ALL], events=2)
    await reached(engine, log)
    await realm.run("projection", "rebuild", SERVICE, expect=-signal.SIGKILL, NATIJA_FAILPOINT=point)
    await log.write(*[log.number(partition) for partition in ALL])
    await reached(engine, log)  # the live side goes on all the while
    assert "routes: 32 rows compared, equal" in (await realm.run("projection", "rebuild", SERVICE)).stdout
    assert await schemas(engine) == CLEAN
    await service.until_ready()


def test_every_rebuild_step_is_covered() -> None:
    named = set()
    for node in ast.walk(ast.parse(Path(natija_chassis.projections.rebuild.__file__).read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "failpoint":
            named.add(ast.literal_eval(node.args[0]))
    assert named == {step for step in STEPS if step.startswith("rebuild.")}
