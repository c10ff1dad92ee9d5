"""Timers: how soon a breach is on the log among a million open terms, beside a bare loop with the same proposals."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.bench.lifecycle_events import registered
from tests.bench.measurement import Figure
from tests.bench.processes import memory_mib, processes
from tests.bench.setup import BenchSetup, applied, decided_count, end_offsets, engine_of
from tests.stack import Realm

from natija_deadlines.terms.decide import BREACH_DELAY
from natija_events.ids import new_appeal_number
from natija_events.kafka import Publisher, partition_of, read
from natija_events.topics import INBOX, LOG
from natija_events.types.base import EventData
from natija_events.types.deadlines import Missed, Term, TermOrigin, TermSet
from natija_events.wire.proposal import write_proposal

OPEN = 1_000_000
"""Rows with a timer, most of them in the future and made by SQL alone: no event stands behind them."""
PACE, SECONDS = 100, 20
"""Terms that end a second, and for how long."""
BURST = 10_000
"""Terms that end at one instant."""
WANTED_MS, WANTED_SECONDS = 1000.0, 5.0
_LEAD = timedelta(seconds=120)
"""From the first proposal until the first term ends: so long may the registrar and deadlines take for all."""
_PAUSE = timedelta(seconds=15)
"""From the last of the steady terms to those that end at once."""
_AT_ONCE = 256
_OPENER, _CLOCK = "/portals/bench", "/clocks/bench"
_FILL = text("""
    insert into appeals (
        appeal, state, resume, sequence, material, termed, running, fed, opening, held_from, starts, terms, fires_at
    )
    select 'made-' || n, 'IN_WORK', '{}', 3, 2, 3, true, false, 1, 1, '[]', '[]',
        now() + interval '1 day' + n * interval '3 seconds'
    from generate_series(1, :rows) as n
""")


class Delays(NamedTuple):
    """Seconds from the instant at which a breach may be recorded until it is on the log."""

    steady: Sequence[float]
    burst: Sequence[float]

    @property
    def p99_ms(self) -> float:
        return quantiles(self.steady, n=100)[98] * 1000


async def bench(setup: BenchSetup) -> Figure:
    """The delay at a steady pace, 99th percentile; beside it `timer_burst`, until all of one instant are on the log."""
    with setup.progress_bar("timers", 3) as step:
        async with _bare(await setup.realms()) as floor:
            bare = await floor()
        step()
        realm = await setup.realms()
        await realm.serve("registrar")
        await realm.serve("deadlines")
        engine = engine_of(realm, "deadlines")
        await _fill(engine)
        step()
        before = await _memory(realm)
        found = await _delays(realm, lambda events: _applied(engine, events))
        note = f"memory of deadlines: {before:,.0f} MiB before, {await _memory(realm):,.0f} MiB after"
        await engine.dispose()
        step()
    setup.figures["timer_burst"] = Figure(
        "timer_burst", max(found.burst), WANTED_SECONDS, "s", bound=1.0, better="less",
        note=f"{BURST:,} at one instant among {OPEN:,}; bare loop: {max(bare.burst):.1f} s",
    )  # fmt: skip
    return Figure(
        "timer_delay", found.p99_ms, WANTED_MS, "ms p99", bound=1.0, better="less",
        note=f"{PACE} a second among {OPEN:,}; bare loop: {bare.p99_ms:,.0f} ms; {note}",
    )  # fmt: skip


async def _delays(realm: Realm, arrived: Callable[[int], Awaitable[None]]) -> Delays:
    """Open appeals whose terms end soon, and read the breaches. *arrived* returns when so many events are applied."""
    begins = datetime.now(UTC) + _LEAD
    steady = [begins + n * timedelta(seconds=1 / PACE) for n in range(PACE * SECONDS)]
    at_once = steady[-1] + _PAUSE
    start = await end_offsets(realm.servers.kafka, LOG.name(realm.name))
    await _open_appeals(realm, [*steady, *[at_once] * BURST])
    await arrived(2 * (len(steady) + BURST))
    if datetime.now(UTC) >= begins:
        raise AssertionError(f"opening the appeals took more than {_LEAD}")
    found = Delays([], [])
    async for event in read(realm.servers.kafka, realm.name, positions=start, follow=True):
        if isinstance(event.data, Missed):
            instant = event.data.due + BREACH_DELAY
            delays = found.burst if instant >= at_once else found.steady
            delays.append((event.recordedtime - instant).total_seconds())  # type: ignore[attr-defined]  # lists
            if len(found.burst) == BURST and len(found.steady) == len(steady):
                break
    return found


async def _open_appeals(realm: Realm, instants: Sequence[datetime]) -> None:
    """Put an appeal for each of *instants* on the inbox, with a term whose breach may be recorded then."""
    producer = AIOKafkaProducer(bootstrap_servers=realm.servers.kafka, enable_idempotence=True)
    opener = Publisher(realm.servers.kafka, realm.name, _OPENER, realm_key=realm.public_key)
    clock = Publisher(realm.servers.kafka, realm.name, _CLOCK, realm_key=realm.public_key)
    now = datetime.now(UTC)
    async with producer:
        for instant in instants:
            number = new_appeal_number(realm.name)
            events = (
                opener.event(number, now, registered(now)),
                clock.event(number, now, _term(instant - BREACH_DELAY, now)),
            )
            for event in events:
                key, value, headers = write_proposal([event])
                partition = partition_of(number.encode())
                await producer.send(INBOX.name(realm.name), value, key=key, headers=headers, partition=partition)


def _term(due: datetime, now: datetime) -> EventData:
    return TermSet(terms=(Term(id="answer-1", origin=TermOrigin(sequence=1, instant=now), due=due),))


async def _applied(engine: AsyncEngine, events: int) -> None:
    while await applied(engine) < events:
        await asyncio.sleep(0.1)


async def _fill(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(_FILL, {"rows": OPEN})
    async with engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text("vacuum analyze appeals"))


async def _memory(realm: Realm) -> float:
    return memory_mib((await processes(realm))["deadlines"])


@asynccontextmanager
async def _bare(realm: Realm) -> AsyncIterator[Callable[[], Awaitable[Delays]]]:
    """The floor: a loop that reads one index, and sends the same proposals, with nothing to decide."""
    await realm.serve("registrar")
    engine = engine_of(realm, "intake")
    rows: list[dict[str, object]] = []

    async def measure() -> Delays:
        async with asyncio.TaskGroup() as group:
            loop = group.create_task(_fire(realm, engine))
            found = await _delays(realm, arrived)
            loop.cancel()
        return found

    async def arrived(events: int) -> None:
        while await decided_count(engine) < events:
            await asyncio.sleep(0.1)
        async for event in read(realm.servers.kafka, realm.name):
            if isinstance(event.data, TermSet) and event.data.terms:
                at = event.data.terms[0].due + BREACH_DELAY
                rows.append({"at": at, "appeal": event.subject, "opened": event.time})
        async with engine.begin() as connection:
            await connection.execute(
                text("create table service.bare_timers (at timestamptz, appeal text, opened timestamptz)")
            )
            await connection.execute(text("insert into service.bare_timers values (:at, :appeal, :opened)"), rows)
            made = text("""
                insert into service.bare_timers (at, appeal)
                select now() + interval '1 day' + n * interval '3 seconds', 'made-' || n
                from generate_series(1, :rows) as n
            """)
            await connection.execute(made, {"rows": OPEN})
            await connection.execute(text("create index on service.bare_timers (at, appeal)"))

    try:
        yield measure
    finally:
        await engine.dispose()


async def _fire(realm: Realm, engine: AsyncEngine) -> None:
    """Propose the breach of each bare timer that has come, as many at one time as deadlines does."""
    places = asyncio.Semaphore(_AT_ONCE)
    query = text("""
        select at, appeal, opened from service.bare_timers
        where at <= :now and (at, appeal) > (:at, :after) order by at, appeal
    """)
    place = {"at": datetime.min.replace(tzinfo=UTC), "after": ""}
    async with (
        Publisher(realm.servers.kafka, realm.name, _CLOCK, realm_key=realm.public_key) as publisher,
        asyncio.TaskGroup() as group,
    ):

        async def propose(appeal: str, at: datetime, opened: datetime) -> None:
            try:
                missed = Missed(term="answer-1", due=at - BREACH_DELAY)
                event = publisher.event(appeal, max(missed.due, opened), missed, expectedsequence=2)
                assert (await publisher.propose(event, wait=60)).registered
            finally:
                places.release()

        while True:
            async with engine.connect() as connection:
                exists = await connection.scalar(text("select to_regclass('service.bare_timers')"))
                rows = list(await connection.execute(query, {"now": datetime.now(UTC), **place})) if exists else []
            for row in rows:
                place = {"at": row.at, "after": row.appeal}
                await places.acquire()
                group.create_task(propose(row.appeal, row.at, row.opened))
            await asyncio.sleep(0.02)
