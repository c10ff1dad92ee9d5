"""The registrar without one of its parts, on the real stack.

Each test is one of the model's counterexamples (tests/model): real processes stop at an exact step. It runs twice. With
all parts nothing is lost or doubled; without the part something is, and the test finds it.
"""

import asyncio
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import httpx
import psutil
import pytest
from deploy.local.ports import free_port
from tests.eventually import eventually
from tests.integration.intake import registering as r
from tests.integration.intake.test_registrar_once import end_sessions, says
from tests.model.registrar_world import CAUGHT_UP, FENCE, GUARD, LOCK, NOT_RESTORED, ORDER, PENDING
from tests.mutants.taking_out import without
from tests.stack import Child, Realm

from natija_chassis.postgres.locks import Lock
from natija_events.ids import new_appeal_number
from natija_events.kafka import Publisher
from natija_events.types.base import EventData
from natija_events.types.intake import Supplemented
from natija_events.wire.envelope import Event

APPEALS = 20


async def registrar(realm: Realm, *, stops: str = "", part: str | None = None, ready: bool = True) -> Child:
    """One more registrar. It stops at the failpoint *stops* when it first passes it, and runs without *part*."""
    variables = without(part) | ({"NATIJA_FAILPOINT": f"{stops}:1:STOP"} if stops else {})
    return await realm.serve("registrar", ready=ready, NATIJA_REGISTRAR_PORT=str(free_port()), **variables)


async def until_stopped(child: Child) -> None:
    """Return when the process has stopped at its failpoint."""
    process = psutil.Process(child.process.pid)
    async with asyncio.timeout(30):
        while process.status() != psutil.STATUS_STOPPED:
            assert child.process.returncode is None, child.output()[-2000:]
            await asyncio.sleep(0.02)


def resume(child: Child) -> None:
    child.process.send_signal(signal.SIGCONT)


async def send(realm: Realm, data: EventData) -> list[Event]:
    """Propose one more event of each of the same 20 appeals, without waiting for outcomes."""
    async with r.publisher(realm) as publisher:
        made = [publisher.event(one, datetime.now(UTC), data) for one in r.numbers(realm, APPEALS)]
        await asyncio.gather(*(publisher.send(event) for event in made))
    return made


async def find_errors(realm: Realm, proposals: Sequence[Event], rejected: int = 0) -> list[str]:
    """The lost or doubled *proposals*, each of one event, and others to be *rejected*; and the differences of log and
    database."""
    log = await r.log_of(realm)
    ends = Counter((event.partition, event.stamp.inboxoffset) for event in log)
    ends += Counter((one.partition, offset) for one in await r.rejected(realm) for offset in one.inboxoffsets)
    found = [f"{place} has {count} outcomes" for place, count in ends.items() if count != 1]
    if len(ends) != len(proposals) + rejected:
        found.append(f"{len(ends)} of {len(proposals) + rejected} proposals have an outcome")
    if missing := {event.id for event in proposals} - {event.id for event in log}:
        found.append(f"{len(missing)} events are not on the log")
    if (await realm.run("registrar", "verify", expect=None)).code:
        found.append("the log does not verify")
    if (await realm.run("projection", "rebuild", "intake", expect=None)).code:
        found.append("the heads differ from the log")
    return found


async def on_log(realm: Realm, count: int) -> None:
    async with asyncio.timeout(30):
        while len(await r.log_of(realm)) < count:
            await asyncio.sleep(0.1)


async def decided(realm: Realm, count: int) -> None:
    """Return once *count* proposals have an outcome."""
    async with asyncio.timeout(30):
        while len(await r.log_of(realm)) + len(await r.rejected(realm)) < count:
            await asyncio.sleep(0.1)


@asynccontextmanager
async def database(realm: Realm) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the registrar's database."""
    connection = await asyncpg.connect(realm.database("intake").replace("+asyncpg", ""))
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def no_heads_persisted(realm: Realm) -> AsyncIterator[None]:
    """Decisions during the block are committed, and their heads are not stored: as during a switch of tables."""
    async with database(realm) as connection, connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", Lock.SCHEMA_SWITCH)
        yield


async def restore_empty_database(realm: Realm) -> None:
    """Restore the state without events in one transaction, so that no session ends."""
    async with database(realm) as connection, connection.transaction():
        await connection.execute('update live.checkpoints set "offset" = -1, logsequence = 0, recordedtime = null')
        for table in ("live.heads", "live.event_keys", "service.inbox_offsets"):
            await connection.execute(f"delete from {table}")


@pytest.mark.thorough
@pytest.mark.parametrize("part", [None, FENCE])
async def test_fence_stops_zombie_writes(realm: Realm, part: str | None) -> None:
    """The fence keeps a zombie from writing to the log."""
    zombie = await registrar(realm, stops="registrar.send:before", part=part)
    proposals = await send(realm, r.registered())
    await until_stopped(zombie)
    await end_sessions(realm)
    await registrar(realm, part=part)
    await on_log(realm, APPEALS)
    resume(zombie)
    await says(zombie, "standby")
    found = await find_errors(realm, proposals)
    assert bool(found) == bool(part), found


@pytest.mark.thorough
@pytest.mark.parametrize("part", [None, ORDER])
async def test_takeover_fences_before_it_reads(realm: Realm, part: str | None) -> None:
    """A new owner fences its predecessor first, and reads the inbox offsets after that."""
    zombie = await registrar(realm, stops="registrar.commit:before")
    proposals = await send(realm, r.registered())
    await until_stopped(zombie)
    await end_sessions(realm)
    second = await registrar(realm, stops="registrar.fence:before", part=part, ready=False)
    await until_stopped(second)
    resume(zombie)
    await on_log(realm, APPEALS)
    await says(zombie, "standby")
    resume(second)
    await says(second, "deciding")
    proposals += await send(realm, Supplemented())
    await on_log(realm, 2 * APPEALS)
    found = await find_errors(realm, proposals)
    assert bool(found) == bool(part), found


@pytest.mark.thorough
@pytest.mark.parametrize("part", [None, GUARD])
async def test_checkpoint_stops_zombie_heads(realm: Realm, part: str | None) -> None:
    """The checkpoint keeps a zombie from changing the heads."""
    zombie = await registrar(realm, stops="registrar.persist:before", part=part)
    proposals = await send(realm, r.registered())
    await until_stopped(zombie)
    await end_sessions(realm)
    await registrar(realm)
    proposals += await send(realm, Supplemented())
    await on_log(realm, 2 * APPEALS)
    resume(zombie)
    await says(zombie, "standby")
    found = await find_errors(realm, proposals)
    assert bool(found) == bool(part), found


@pytest.mark.thorough
@pytest.mark.parametrize("part", [None, PENDING])
async def test_batch_is_decided_on_pending_one(realm: Realm, part: str | None) -> None:
    """A batch is decided on the pending batch before it, whose heads are not in the database yet."""
    await registrar(realm, part=part)
    async with no_heads_persisted(realm):
        proposals = await send(realm, r.registered())
        await on_log(realm, APPEALS)
        proposals += await send(realm, Supplemented())
        await decided(realm, 2 * APPEALS)
    found = await find_errors(realm, proposals)
    assert bool(found) == bool(part), found


@pytest.mark.thorough
@pytest.mark.parametrize("part", [None, NOT_RESTORED])
async def test_restored_database_is_not_trusted(realm: Realm, part: str | None) -> None:
    """An owner decides nothing on a database that was restored from an older state."""
    await registrar(realm, part=part)
    proposals = await send(realm, r.registered())
    await on_log(realm, APPEALS)
    async with database(realm) as connection:
        await eventually(lambda: connection.fetchval(f"select sum(logsequence) >= {APPEALS} from live.checkpoints"))
    await restore_empty_database(realm)
    proposals += await send(realm, Supplemented())
    await decided(realm, 2 * APPEALS)
    found = await find_errors(realm, proposals)
    assert bool(found) == bool(part), found


@pytest.mark.thorough
@pytest.mark.parametrize("part", [None, CAUGHT_UP])
async def test_restore_during_takeover_is_detected(realm: Realm, part: str | None) -> None:
    """An owner whose database is restored while it catches up starts its takeover again."""
    first = await registrar(realm)
    async with no_heads_persisted(realm):
        async with r.publisher(realm) as publisher:
            await publisher.send(publisher.event(r.number(realm), datetime.now(UTC), Supplemented()))  # of no appeal
        proposals = await send(realm, r.registered())
        await decided(realm, APPEALS + 1)
        await first.kill()
    second = await registrar(realm, stops="registrar.catch-up-rejected:after", part=part, ready=False)
    await until_stopped(second)
    await restore_empty_database(realm)
    resume(second)
    await says(second, "deciding")
    if part:
        await decided(realm, 2 * (APPEALS + 1))
    found = await find_errors(realm, proposals, rejected=1)
    assert bool(found) == bool(part), found


@pytest.mark.thorough
@pytest.mark.parametrize("part", [None, LOCK])
async def test_lock_prevents_mutual_fencing(realm: Realm, part: str | None) -> None:
    """Two live registrars do not fence each other, because only one has the lock."""
    both = [await registrar(realm, part=part), await registrar(realm, part=part)]
    async with r.publisher(realm) as publisher, asyncio.timeout(60):
        await _register(publisher, *r.numbers(realm, APPEALS))
        if part:  # who is fenced learns it when it writes, and rests ever longer before it tries again
            while sum([await takeovers(child) for child in both]) <= 3:
                await _register(publisher, new_appeal_number(realm.name))
        else:
            assert sum([await takeovers(child) for child in both]) == 1


async def _register(publisher: Publisher, *numbers: str) -> None:
    for number in numbers:
        event = publisher.event(number, datetime.now(UTC), r.registered())
        outcome = await publisher.propose(event, wait=20)
        assert outcome.registered, outcome.rejection


async def takeovers(child: Child) -> int:
    """How often it has taken a shard."""
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        text = (await client.get(f"{child.management_url}/metrics")).text
    found = re.search(r"^natija_registrar_takeovers_total (\d+)", text, re.MULTILINE)
    assert found is not None
    return int(found[1])
