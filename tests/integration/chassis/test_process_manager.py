"""The process manager with the real registrar: each proposal once, on the state it assumes."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from tests.eventually import eventually
from tests.integration.chassis.conftest import ADVISORY_LOCKS
from tests.integration.chassis.standings import Standings
from tests.integration.chassis.tally import TallySettings
from tests.signing import key_of
from tests.stack import Realm

from natija_chassis.observability import metrics
from natija_chassis.process_manager import refused_proposals
from natija_chassis.process_manager.manager import ProcessManager
from natija_chassis.process_manager.proposed_event import Busy, ProposedEvent
from natija_chassis.projections.runner import Runner
from natija_events.ids import appeal_number
from natija_events.kafka import ProposalOutcome, Publisher, read
from natija_events.topics import PARTITIONS
from natija_events.types.intake import DuplicateLinked, Registered, Supplemented
from natija_events.types.routing import Routed
from natija_events.wire.envelope import Event
from natija_events.wire.record import RecordedEvent

LINK_TO_LARGER = DuplicateLinked(of=appeal_number("ZZ", (1 << 64) - 1))
"""Never lawful: a duplicate points to a smaller number."""

SOURCE = "/services/intake"


async def route(connection: AsyncConnection, now: datetime, busy: Busy) -> AsyncIterator[ProposedEvent]:
    """Each registered appeal goes to the same body."""
    table = Standings.standings
    for row in await connection.execute(select(table).where(table.c.state == "REGISTERED").order_by(table.c.appeal)):
        yield ProposedEvent(row.appeal, Routed(body="mayor-osh"), now, row.sequence, ("mayor-osh", str(row.material)))


class Managers:
    """Starts process managers in the realm, each as an instance of its own."""

    def __init__(self, settings: TallySettings, engine: AsyncEngine) -> None:
        self._settings, self._engine = settings, engine
        self.last: ProcessManager | None = None
        self._running: list[tuple[asyncio.Event, list[asyncio.Task[None]]]] = []

    def start(self, pending: object = route, projection: Standings | None = None, **options: Any) -> Runner:
        stopping = asyncio.Event()
        runner = Runner(projection or Standings(), self._settings, self._engine)
        manager = ProcessManager(self._settings, self._engine, runner, pending, **options)  # type: ignore[arg-type]
        self.last = manager
        parts = [asyncio.create_task(part(stopping)) for part in (runner.run, manager.run)]
        self._running.append((stopping, parts))
        return runner

    async def stop_last(self) -> None:
        stopping, parts = self._running.pop()
        stopping.set()
        await asyncio.gather(*parts)

    async def stop(self) -> None:
        for stopping, _ in self._running:
            stopping.set()
        for _, parts in self._running:
            await asyncio.gather(*parts)
        self._running.clear()


@pytest_asyncio.fixture(loop_scope="session")
async def managers(settings: TallySettings, engine: AsyncEngine) -> AsyncIterator[Managers]:
    managers = Managers(settings, engine)
    yield managers
    await managers.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def publisher(realm: Realm) -> AsyncIterator[Publisher]:
    """A channel's publisher, with a registrar behind the inbox."""
    await realm.serve("registrar")
    async with Publisher(
        realm.servers.kafka, realm.name, SOURCE, realm_key=realm.public_key, key=key_of(SOURCE)
    ) as publisher:
        yield publisher


async def open_appeal(publisher: Publisher, number: str) -> None:
    now = datetime.now(UTC)
    opened = Registered(kind="complaint", form="written", channel="other", received=now, jurisdiction="KG")
    assert (await publisher.propose(publisher.event(number, now, opened), wait=30)).registered


async def register(publisher: Publisher, realm: Realm, count: int) -> list[str]:
    from natija_events.ids import new_appeal_number

    numbers = [new_appeal_number(realm.name) for _ in range(count)]
    await asyncio.gather(*[open_appeal(publisher, one) for one in numbers])
    return numbers


def proposals() -> Counter[str]:
    """Outcomes of this process's proposals so far."""
    [family] = metrics.PROPOSALS.collect()
    return Counter(
        {one.labels["outcome"]: int(one.value) for one in family.samples if one.name.endswith("_total") and one.value}
    )


async def types_on_log(realm: Realm) -> Counter[str]:
    return Counter([event.type async for event in read(realm.servers.kafka, realm.name)])


async def states(engine: AsyncEngine) -> Counter[str]:
    with contextlib.suppress(Exception):  # before the first start there are no tables
        async with engine.connect() as connection:
            return Counter(await connection.scalars(select(Standings.standings.c.state)))
    return Counter()


async def settled(engine: AsyncEngine, expected: dict[str, int]) -> None:
    async def reached() -> bool:
        found = await states(engine)
        assert found == expected, found
        return True

    await eventually(reached, seconds=60)


async def test_each_row_is_proposed_once(
    realm: Realm, publisher: Publisher, engine: AsyncEngine, managers: Managers
) -> None:
    """Two instances, a restart and a lost projection add no second proposal."""
    before = proposals()
    await register(publisher, realm, 100)
    managers.start()
    managers.start()
    await settled(engine, {"ROUTED": 100})
    await register(publisher, realm, 30)
    await settled(engine, {"ROUTED": 130})
    await managers.stop()
    async with engine.begin() as connection:  # the projection is lost, and catches up before anything is decided
        for table in ("standings", "checkpoints"):
            await connection.execute(text(f"drop table {table}"))
    runner = managers.start()
    await eventually(lambda: runner.progress.caught_up)
    await settled(engine, {"ROUTED": 130})
    assert await types_on_log(realm) == {"appeal.registered.v1": 130, "appeal.routed.v1": 130}
    assert proposals() - before == {"registered": 130}


async def test_instances_share_partitions(
    realm: Realm, publisher: Publisher, engine: AsyncEngine, managers: Managers
) -> None:
    """Each proposes for its own; when one ends, the other proposes for all."""
    managers.start()
    first = managers.last
    await eventually(lambda: first is not None and len(first.partitions) == PARTITIONS)
    managers.start()
    second = managers.last
    assert first is not None
    assert second is not None

    def shared() -> bool:
        both = first.partitions | second.partitions
        return bool(first.partitions and second.partitions) and both == set(range(PARTITIONS))

    await eventually(shared, seconds=60)
    assert not first.partitions & second.partitions
    await register(publisher, realm, 60)
    await settled(engine, {"ROUTED": 60})
    await managers.stop_last()
    await eventually(lambda: len(first.partitions) == PARTITIONS, seconds=60)
    await register(publisher, realm, 20)
    await settled(engine, {"ROUTED": 80})
    assert await types_on_log(realm) == {"appeal.registered.v1": 80, "appeal.routed.v1": 80}


async def test_waits_until_projection_caught_up(
    realm: Realm, publisher: Publisher, engine: AsyncEngine, managers: Managers
) -> None:
    """The rows are not even queried before."""
    await register(publisher, realm, 3)
    shut, looked = asyncio.Event(), asyncio.Event()

    class SlowStandings(Standings):
        async def apply(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
            await shut.wait()
            await super().apply(connection, events)

    async def looking(connection: AsyncConnection, now: datetime, busy: Busy) -> AsyncIterator[ProposedEvent]:
        looked.set()
        async for one in route(connection, now, busy):
            yield one

    managers.start(looking, SlowStandings())
    held = text(f"select count(*) {ADVISORY_LOCKS} and granted and mode = 'ExclusiveLock'")
    async with engine.connect() as connection:
        await eventually(lambda: connection.scalar(held))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(looked.wait(), 1.5)
    shut.set()
    await settled(engine, {"ROUTED": 3})


async def test_refused_proposals_take_no_places(
    realm: Realm, publisher: Publisher, engine: AsyncEngine, managers: Managers
) -> None:
    """Neither while they are remembered, nor after a restart."""
    hopeless = set(await register(publisher, realm, 5))

    async def hopeless_first(connection: AsyncConnection, now: datetime, busy: Busy) -> AsyncIterator[ProposedEvent]:
        found = [one async for one in route(connection, now, busy)]
        for one in found:
            if one.appeal in hopeless:
                yield one._replace(data=LINK_TO_LARGER)  # unlawful
        for one in found:
            if one.appeal not in hopeless:
                yield one

    await register(publisher, realm, 5)
    managers.start(hopeless_first, max_in_flight=4)
    await settled(engine, {"REGISTERED": 5, "ROUTED": 5})
    await managers.stop()
    await register(publisher, realm, 5)
    managers.start(
        hopeless_first, max_in_flight=4
    )  # what it remembered of refusals is gone, what is written down stands
    await settled(engine, {"REGISTERED": 5, "ROUTED": 10})


async def test_stale_proposal_conflicts_then_repeats(
    realm: Realm, publisher: Publisher, engine: AsyncEngine, managers: Managers
) -> None:
    """A proposal on an old state is rejected as a conflict, and made again on the new one."""
    [number] = await register(publisher, realm, 1)
    added = await publisher.propose(publisher.event(number, datetime.now(UTC), Supplemented()), wait=30)
    assert added.sequence == 2
    tries: list[int] = []

    async def hasty(connection: AsyncConnection, now: datetime, busy: Busy) -> AsyncIterator[ProposedEvent]:
        async for one in route(connection, now, busy):
            stale = not tries
            tries.append(one.sequence)
            yield one._replace(sequence=1, basis=("mayor-osh", "1")) if stale else one

    managers.start(hasty)
    await settled(engine, {"ROUTED": 1})
    routed = [event async for event in read(realm.servers.kafka, realm.name) if event.type == "appeal.routed.v1"]
    assert [(one.sequence, one.event.expectedsequence) for one in routed] == [(3, 2)]


async def test_unknown_appeal_is_tried_again(
    realm: Realm, publisher: Publisher, engine: AsyncEngine, managers: Managers
) -> None:
    """An appeal that a proposal names may be registered later, though its own appeal does not change."""
    from natija_events.ids import new_appeal_number

    later, number = sorted(new_appeal_number(realm.name) for _ in range(2))

    async def link(connection: AsyncConnection, now: datetime, busy: Busy) -> AsyncIterator[ProposedEvent]:
        async for one in route(connection, now, busy):
            if one.appeal == number:
                yield one._replace(data=DuplicateLinked(of=later))

    before = proposals()
    await open_appeal(publisher, number)
    managers.start(link)
    await eventually(lambda: (proposals() - before)["conflict"])
    await open_appeal(publisher, later)
    await settled(engine, {"MERGED_AS_DUPLICATE": 1, "REGISTERED": 1})
    async with engine.connect() as connection:
        assert await refused_proposals.count(connection) == 0


async def test_refused_proposal_waits_for_change(
    realm: Realm, publisher: Publisher, engine: AsyncEngine, managers: Managers
) -> None:
    """It is written down, and not sent again until its row changes."""
    [number] = await register(publisher, realm, 1)
    looked = 0

    async def unlawful(connection: AsyncConnection, now: datetime, busy: Busy) -> AsyncIterator[ProposedEvent]:
        nonlocal looked
        looked += 1
        table = Standings.standings
        for row in await connection.execute(select(table)):
            yield ProposedEvent(row.appeal, LINK_TO_LARGER, now, row.sequence, ("", str(row.material)))

    async def refused() -> int:
        with contextlib.suppress(Exception):
            async with engine.connect() as connection:
                return await refused_proposals.count(connection)
        return 0

    managers.start(unlawful)
    await eventually(refused)
    before = looked
    await eventually(lambda: looked > before + 2)
    assert await refused() == 1
    async with engine.connect() as connection:
        row = (await connection.execute(text("select appeal, reason, sequence from refused_proposals"))).one()
    assert tuple(row) == (number, "unlawful", 1)
    await publisher.propose(publisher.event(number, datetime.now(UTC), Supplemented()), wait=30)

    async def refused_again() -> bool:
        return await refused() == 2

    await eventually(refused_again)


async def test_slow_outcome_delays_only_itself(
    realm: Realm, publisher: Publisher, engine: AsyncEngine, managers: Managers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other appeals go on; the same appeal is not proposed again meanwhile."""
    [slow] = await register(publisher, realm, 1)
    heard, begun = asyncio.Event(), Counter[str]()
    propose = Publisher.propose

    async def slowly(self: Publisher, *events: Event, wait: float) -> ProposalOutcome:
        if events[0].source != publisher.source:
            begun[events[0].subject] += 1
            if events[0].subject == slow:
                await heard.wait()
        return await propose(self, *events, wait=wait)

    monkeypatch.setattr(Publisher, "propose", slowly)
    managers.start()
    await eventually(lambda: begun[slow] == 1)
    added = await publisher.propose(publisher.event(slow, datetime.now(UTC), Supplemented()), wait=30)
    assert added.sequence == 2
    await register(publisher, realm, 3)
    await settled(engine, {"REGISTERED": 1, "ROUTED": 3})
    assert begun[slow] == 1
    heard.set()
    await settled(engine, {"ROUTED": 4})
    assert begun[slow] == 2  # the first one assumed what had passed


async def test_unknown_outcome_is_proposed_again(realm: Realm, engine: AsyncEngine, managers: Managers) -> None:
    """After a timeout the same event is proposed again, and registered once."""
    registrar = await realm.serve("registrar")
    async with Publisher(
        realm.servers.kafka, realm.name, SOURCE, realm_key=realm.public_key, key=key_of(SOURCE)
    ) as publisher:
        await register(publisher, realm, 3)
    await registrar.kill()
    before = proposals()
    managers.start(outcome_timeout=0.3)
    await eventually(lambda: (proposals() - before)["undecided"] >= 6)
    assert managers.last
    managers.last.outcome_timeout = 30
    await realm.serve("registrar")
    await settled(engine, {"ROUTED": 3})
    await eventually(lambda: (proposals() - before)["reused"] == 3)
    assert await types_on_log(realm) == {"appeal.registered.v1": 3, "appeal.routed.v1": 3}
    async with engine.connect() as connection:
        assert await refused_proposals.count(connection) == 0


async def test_lost_lock_is_acquired_again(
    realm: Realm, publisher: Publisher, engine: AsyncEngine, managers: Managers
) -> None:
    """The lock is lost with its connection."""
    await register(publisher, realm, 5)
    managers.start()
    await settled(engine, {"ROUTED": 5})
    async with engine.begin() as connection:
        query = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
        await connection.execute(text(f"{query} and usename = current_user and pid <> pg_backend_pid()"))
    await register(publisher, realm, 5)
    await settled(engine, {"ROUTED": 10})
