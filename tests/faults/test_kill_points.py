"""Processes are killed before and after every step that outlives them, and started again: nothing is lost or doubled.

Each failpoint has a way to reach it. The ways cover every failpoint in the code.
"""

import csv
import gzip
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from tests.eventually import eventually
from tests.faults.failpoint_names import failpoints_in_code
from tests.faults.running_system import RunningSystem, wait_until_killed
from tests.integration.intake.appeal import APPEAL
from tests.integration.intake.registering import open_appeal, publisher
from tests.integration.intake.relayed import add_reader, outcomes_on_topic, without_repeats
from tests.reference import write_revision
from tests.stack import REPOSITORY
from tests.unit.intake.imports.boston import CASE, HEADER

from natija_chassis.process.failpoints import FAILPOINT
from natija_events.kafka import read

PROJECTING = ("routing", "deadlines", "analytics", "desk")
DECIDING = ("routing", "deadlines")
BOSTON = str(REPOSITORY / "examples/boston311.yaml")
CASES = 40


async def registrar_at_work(system: RunningSystem, point: str, chance: Random) -> None:
    """The registrar dies at a later pass of the step, under load, and another one is started."""
    async with system.workload.running():
        await wait_until_killed(
            await system.arm("registrar", f"{point}:{chance.randint(1, 12)}", NATIJA_BATCH_RECORDS="5")
        )
        await system.start("registrar")


async def registrar_taking_over(system: RunningSystem, point: str, chance: Random) -> None:
    """A registrar dies while it takes over the shard."""
    async with system.workload.running():
        await wait_until_killed(await system.arm("registrar", point))
        await system.start("registrar")


async def registrar_catching_up(system: RunningSystem, point: str, chance: Random) -> None:
    """A registrar dies between commit and heads; the next one dies while it catches up."""
    await system.stop("registrar")
    await system.workload.send_unanswered(appeals=20)
    await wait_until_killed(await system.arm("registrar", "registrar.commit:after"))
    await wait_until_killed(await system.arm("registrar", point))
    await system.start("registrar")


async def projection_at_work(system: RunningSystem, point: str, chance: Random) -> None:
    """A service dies among the events it applies."""
    service = chance.choice(PROJECTING)
    async with system.workload.running():
        await wait_until_killed(
            await system.arm(service, f"{point}:{chance.randint(1, 12)}", NATIJA_BATCH_RECORDS="20")
        )
        await system.start(service)


async def projection_around_poison(system: RunningSystem, point: str, chance: Random) -> None:
    """A service dies while it sets a record aside that only its own database refuses; fixed, it is applied."""
    constraint = "alter table live.facts add constraint poison check (topic <> 'roads') not valid"
    connection = await asyncpg.connect(system.realm.database("analytics").replace("+asyncpg", ""))
    try:
        await system.stop("analytics")
        await connection.execute(constraint)
        await system.workload.send_unanswered(appeals=3)
        await wait_until_killed(await system.arm("analytics", point))
        await system.start("analytics")
        await eventually(lambda: connection.fetchval("select count(*) from live.dead_letters"))
        status, says = await system.readiness("analytics")
        assert "dead letters" in says, (status, says)
        await connection.execute("alter table live.facts drop constraint poison")
    finally:
        await connection.close()
    await system.realm.run("dead-letters", "retry", "--service", "analytics")


async def decision_at_work(system: RunningSystem, point: str, chance: Random) -> None:
    """A service dies around a decision that it proposes."""
    service = chance.choice(DECIDING)
    async with system.workload.running():
        await wait_until_killed(await system.arm(service, f"{point}:{chance.randint(1, 8)}"))
        await system.start(service)


async def decision_refused(system: RunningSystem, point: str, chance: Random) -> None:
    """A service dies while it writes down that its decision was refused: the registrar does not know it any more."""
    await write_revision(system.realm, "publisher", "/services/routing", None)
    await system.stop("registrar")
    await system.start("registrar")
    routing = await system.arm("routing", point)
    await system.workload.send_unanswered(appeals=3)
    await wait_until_killed(routing)
    await system.start("routing")
    await system.realm.run("provision")
    await system.stop("registrar")
    await system.start("registrar")


async def intake_api_at_work(system: RunningSystem, point: str, chance: Random) -> None:
    """The intake API dies around a citizen's proposal; the same request gets the one receipt of the one appeal."""
    sent = _appeal(chance)
    async with httpx.AsyncClient(base_url=system.realm.url("intake"), timeout=30, trust_env=False) as citizen:
        await _die_at_post(system, point, citizen, sent)
        answer = await citizen.post("/appeals", **sent)
    assert answer.status_code == 201, answer.text
    assert await _registrations(system, answer.json()["number"]) == 1


async def secret_rotated(system: RunningSystem, point: str, chance: Random) -> None:
    """A rotation dies around its file, then the intake API dies around each proposal of an appeal that it registered
    under the older secret. The same request still gets the one receipt of the one appeal."""
    sent = _appeal(chance)
    async with httpx.AsyncClient(base_url=system.realm.url("intake"), timeout=30, trust_env=False) as citizen:
        first = await citizen.post("/appeals", **sent)
        await wait_until_killed(await system.realm.start("intake", "rotate-secret", **{FAILPOINT: point}))
        if point.endswith("before"):
            await system.realm.run("intake", "rotate-secret")
        for step in ("propose.send", "propose.decision"):
            for side in ("before", "after"):
                await _die_at_post(system, f"{step}:{side}:2", citizen, sent)
        again = await citizen.post("/appeals", **sent)
        other = await citizen.post("/appeals", **sent | {"json": APPEAL | {"text": "Another matter."}})
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422), again.text
    assert first.json() == again.json()
    assert await _registrations(system, first.json()["number"]) == 1


def _appeal(chance: Random) -> dict[str, Any]:
    """An appeal and the idempotency key of its sender."""
    return {"json": APPEAL, "headers": {"Idempotency-Key": str(UUID(int=chance.getrandbits(128), version=4))}}


async def _die_at_post(system: RunningSystem, point: str, citizen: httpx.AsyncClient, sent: dict[str, Any]) -> None:
    """The intake API is killed at *point* while it registers what *citizen* has sent, and is started again."""
    intake = await system.arm("intake", point)
    await intake.until_ready()
    with pytest.raises(httpx.TransportError):
        await citizen.post("/appeals", **sent)
    await wait_until_killed(intake)
    await system.start("intake")


async def _registrations(system: RunningSystem, number: str) -> int:
    """How often the appeal was registered."""
    events = read(system.realm.servers.kafka, system.realm.name, subject=number)
    return [event.type async for event in events].count("appeal.registered.v1")


async def import_at_work(system: RunningSystem, point: str, chance: Random) -> None:
    """An import dies among its rows; the same command again registers each row's history once."""
    before = await _histories(system)
    file = system.realm.folder / "cases.csv.gz"
    with gzip.open(file, "wt", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, HEADER)
        writer.writeheader()
        first = chance.randrange(10**11, 10**12, CASES)  # cases that no other import has brought
        writer.writerows(CASE | {"CASE_ENQUIRY_ID": str(first + number)} for number in range(CASES))
    command = "import", str(file), "--mapping", BOSTON
    await wait_until_killed(await system.realm.start(*command, **{FAILPOINT: f"{point}:{chance.randint(1, CASES)}"}))
    done = (await system.realm.run(*command, "--format", "json")).json()
    assert done["registered"]["rows"] + done["already_registered"]["rows"] == CASES, done
    after = await _histories(system)
    assert len(after) == len(before) + CASES
    assert {after[appeal] for appeal in after.keys() - before.keys()} == {4}


async def _histories(system: RunningSystem) -> dict[str, int]:
    """How many events each appeal of the imported register has."""
    found: dict[str, int] = {}
    async for event in read(system.realm.servers.kafka, system.realm.name):
        if event.event.source.startswith("/registers/"):
            found[event.subject] = found.get(event.subject, 0) + 1
    return found


async def rebuild_at_work(system: RunningSystem, point: str, chance: Random) -> None:
    """A rebuild dies beside the live projection, which goes on; the next one drops what it left and is equal."""
    service = chance.choice((*PROJECTING, "intake"))
    async with system.workload.running():
        await wait_until_killed(await system.realm.start("projection", "rebuild", service, **{FAILPOINT: point}))
        await system.until_ready(service if service != "intake" else "registrar")
        done = await system.realm.run("projection", "rebuild", service)
    assert "rebuilt" in done.stdout


async def relay_at_work(system: RunningSystem, point: str, chance: Random) -> None:
    """The relay dies around an outcome; the next one leaves none out, and repeats are the same records."""
    source = f"/portals/{chance.randrange(10**9)}"
    await add_reader(system.realm, source)
    armed = await system.arm("relay", point)
    async with publisher(system.realm, source) as ours:
        _, first = await open_appeal(ours, system.realm)
        await wait_until_killed(armed)
        await system.start("relay")
        _, second = await open_appeal(ours, system.realm)

    async def told() -> bool:
        kept = without_repeats(await outcomes_on_topic(system.realm, source))
        assert [one.proposal for one in kept] == [first.id, second.id]
        return True

    await eventually(told)


async def shards_laid_out_again(system: RunningSystem, point: str, chance: Random) -> None:
    """A change of the layout is killed; once it has begun, a registrar completes it."""
    shards = chance.randint(2, 8)
    async with system.workload.running():
        await wait_until_killed(await system.realm.start("registrar", "shards", str(shards), **{FAILPOINT: point}))

        async def laid_out() -> bool:
            return point == "shards.write:before" or f"{shards} shard" in (await system.readiness("registrar"))[1]

        await eventually(laid_out)


Way = Callable[[RunningSystem, str, Random], Awaitable[None]]

WAYS: dict[str, Way] = {
    "registrar.fence": registrar_taking_over,
    "registrar.catch-up": registrar_catching_up,
    "registrar.catch-up-rejected": registrar_catching_up,
    "registrar.send": registrar_at_work,
    "registrar.flush": registrar_at_work,
    "registrar.offsets": registrar_at_work,
    "registrar.commit": registrar_at_work,
    "registrar.persist": registrar_at_work,
    "shards.write": shards_laid_out_again,
    "shards.fence": shards_laid_out_again,
    "shards.ready": shards_laid_out_again,
    "checkpoint.save": projection_at_work,
    "projection.commit": projection_at_work,
    "projection.commit-around-poison": projection_around_poison,
    "projection.acknowledge": projection_at_work,
    "process-manager.propose": decision_at_work,
    "process-manager.refused": decision_refused,
    "relay.store": relay_at_work,
    "relay.send": relay_at_work,
    "relay.published": relay_at_work,
    "propose.send": intake_api_at_work,
    "propose.decision": intake_api_at_work,
    "registration-secrets.replace": secret_rotated,
    "import.propose": import_at_work,
    "rebuild.clear": rebuild_at_work,
    "rebuild.snapshot": rebuild_at_work,
    "rebuild.create": rebuild_at_work,
    "rebuild.drop-snapshot": rebuild_at_work,
    "rebuild.switch": rebuild_at_work,
}
"""How each step is brought about in a process that dies at it."""

OFTEN = ("registrar.commit",)
"""Those that every run of all tests kills at; `make faults` goes through all."""

CASES_OF_DEATH = [
    pytest.param(f"{step}:{side}", id=f"{side} {step}", marks=[] if step in OFTEN else [pytest.mark.thorough])
    for step in WAYS
    for side in ("before", "after")
]


def test_every_failpoint_has_a_way() -> None:
    """Every failpoint in the code is killed at by a way below."""
    assert failpoints_in_code() == set(WAYS)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("point", CASES_OF_DEATH)
async def test_killed_at_failpoint(system: RunningSystem, point: str, chance: Random) -> None:
    """A process is killed before or after one step and started again; nothing is lost or doubled."""
    await WAYS[point.partition(":")[0]](system, point, chance)
    system.count("kill points", 1)
    await system.check_accounting()
