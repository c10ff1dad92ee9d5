"""Each publisher reads the outcomes of its own proposals on a topic of its own, also when the relay is killed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.eventually import eventually
from tests.faults.running_system import wait_until_killed
from tests.integration.intake.registering import number, open_appeal, publisher, put, registered
from tests.integration.intake.relayed import add_reader, outcomes_on_topic, without_repeats
from tests.stack import Child, Realm, Servers, provisioned_realms

from natija_chassis.postgres.engine import open_engine
from natija_chassis.process.failpoints import FAILPOINT
from natija_events.kafka import Publisher
from natija_events.types.intake import Supplemented
from natija_events.wire.outcome import DecidedProposal
from natija_intake.outcomes import store
from natija_intake.outcomes.store import StoredOutcome
from natija_intake.proposals.streams import RelayStreams, StreamPlace
from natija_intake.settings import IntakeSettings

PORTAL, OTHER = "/portals/labour", "/portals/health"
STEPS = ("relay.store", "relay.send", "relay.published")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def relayed(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Realm]:
    """A realm with a registrar, a relay, and two publishers that have an outcome topic."""
    async with provisioned_realms(servers, tmp_path_factory.mktemp("relayed")) as make:
        realm = await make()
        for source in (PORTAL, OTHER):
            await add_reader(realm, source)
        await realm.serve("registrar")
        await realm.serve("relay")
        yield realm


async def decided(realm: Realm, source: str, *proposals: UUID) -> dict[UUID | None, DecidedProposal]:
    """The outcomes on the topic of *source*, once there is one of each of *proposals*."""

    async def all_there() -> dict[UUID | None, DecidedProposal]:
        found = {one.proposal: one for one in without_repeats(await outcomes_on_topic(realm, source))}
        assert found.keys() >= set(proposals), found
        return found

    return await eventually(all_there)


async def test_publisher_reads_only_own_outcomes(relayed: Realm) -> None:
    """Registered ones have sequence and events, rejected ones reason, field and rule. A duplicate is registered."""
    async with publisher(relayed, PORTAL) as ours, publisher(relayed, OTHER) as theirs:
        appeal, opening = await open_appeal(ours, relayed)
        _, foreign = await open_appeal(theirs, relayed)
        now = datetime.now(UTC)
        again = ours.event(appeal, now, registered())
        key = ours.new_proposal_key(appeal)
        two = [ours.event(appeal, now, Supplemented(), proposal_key=key) for _ in range(2)]
        outcomes = [await ours.propose(*events, wait=10) for events in ([again], two)]
        await ours.propose(opening, wait=10)
    found = await decided(relayed, PORTAL, opening.id, again.id, two[0].id)
    assert foreign.id not in found
    assert (await decided(relayed, OTHER, foreign.id)).keys().isdisjoint(found)
    why = found[again.id].rejection
    assert why == outcomes[0].rejection
    assert (why and why.reason, why and why.field) == ("unlawful", "type")
    assert (found[two[0].id].sequence, found[two[0].id].events) == (2, 2)
    listed = (await relayed.run("publisher", "rejections", PORTAL, "--format", "json")).json()
    assert [one["reason"] for one in listed if one["proposal"] == str(again.id)] == ["unlawful"]
    assert str(opening.id) not in {one["proposal"] for one in listed}, "a duplicate does not count"
    assert PORTAL in (await relayed.run("publisher", "list", "--format", "json")).json()
    twice = [one for _, one in await outcomes_on_topic(relayed, PORTAL) if one.proposal == opening.id]
    assert [(one.registered, one.sequence) for one in twice] == [(True, 1), (True, 1)]


async def test_unreadable_proposal_of_known_publisher(relayed: Realm) -> None:
    """It reaches the publisher that it names; without a known source it reaches nobody."""
    key = number(relayed).encode()
    for source in (PORTAL, "/portals-nobody-knows", None):
        named = [] if source is None else [("ce_source", source.encode())]
        place = await put(relayed, key, b"{", [*named, ("ce_subject", key)])
        if source == PORTAL:
            expected = place

    async def told() -> bool:
        places = {(one.partition, one.inboxoffset) for _, one in await outcomes_on_topic(relayed, PORTAL)}
        return expected in places

    await eventually(told)
    async with publisher(relayed, PORTAL) as ours:
        _, later = await open_appeal(ours, relayed)
    await decided(relayed, PORTAL, later.id)
    database = await asyncpg.connect(relayed.database("intake").replace("+asyncpg", ""))
    try:
        query = "select source from service.outcomes where reason = 'unreadable'"
        assert [row["source"] for row in await database.fetch(query)] == [PORTAL]
    finally:
        await database.close()


@pytest.mark.thorough
@pytest.mark.timeout(180)
async def test_killed_relay_loses_no_outcome(relayed: Realm) -> None:
    """Killed before and after each step, it loses nothing; repeats have the same id and the same position."""
    proposed: list[UUID] = []

    async def propose() -> None:
        async with publisher(relayed, PORTAL) as ours:
            _, opening = await open_appeal(ours, relayed)
        proposed.append(opening.id)

    [*_, child] = relayed.children
    for point in [f"{step}:{side}" for step in STEPS for side in ("before", "after")]:
        await child.stop()
        armed: Child = await relayed.serve("relay", ready=False, **{FAILPOINT: point})
        await propose()
        await wait_until_killed(armed)
        child = await relayed.serve("relay")
        await propose()
        await decided(relayed, PORTAL, *proposed)
    records = await outcomes_on_topic(relayed, PORTAL)
    kept = [one.proposal for one in without_repeats(records)]
    assert [one for one in kept if one in proposed] == proposed
    assert len({(position, one.id) for position, one in records}) == len(without_repeats(records))
    assert len(records) > len(kept), "no record was repeated: the test kills nothing"


async def test_own_topic_gives_each_decision(relayed: Realm) -> None:
    """A publisher that reads its own topic alone is told what one is told that reads log and rejected."""
    now, appeal = datetime.now(UTC), number(relayed)
    realm_key = relayed.public_key
    kafka, name = relayed.servers.kafka, relayed.name
    async with Publisher(kafka, name, OTHER, realm_key=realm_key, own_outcomes=True) as ours:
        opening = ours.event(appeal, now, registered())
        outcomes = [await ours.propose(opening, wait=20) for _ in range(2)]
        again = ours.event(appeal, now, registered())
        events = [ours.event(number(relayed), now, registered()) for _ in range(20)]
        refused, *others = await asyncio.gather(*(ours.propose(one, wait=20) for one in (again, *events)))
    assert [(one.registered, one.sequence) for one in (*outcomes, *others)] == [(True, 1)] * 22
    assert refused.rejection is not None
    assert refused.rejection.reason == "unlawful"


async def test_stream_goes_on_after_restart(relayed: Realm) -> None:
    """Each outcome comes once and in order; a later stream of another process goes on behind the last place."""
    settings = IntakeSettings(realm=relayed.name, database=relayed.environment["NATIJA_DATABASE"])
    expected: list[UUID] = []

    async def propose() -> None:
        async with publisher(relayed, OTHER) as ours:
            _, opening = await open_appeal(ours, relayed)
        expected.append(opening.id)
        await decided(relayed, OTHER, opening.id)

    async def streamed(after: StreamPlace | None) -> list[tuple[StreamPlace, StoredOutcome]]:
        """The outcomes that come until the last expected one."""
        engine, stopping = open_engine(settings, "intake"), asyncio.Event()
        found: list[tuple[StreamPlace, StoredOutcome]] = []
        streams = RelayStreams(engine)
        streams.acquire(OTHER)
        running = asyncio.create_task(streams.run(stopping))
        try:
            async with asyncio.timeout(20):
                async for rows in streams.follow(read, after):
                    found += [(one.place, one.row) for one in rows]
                    if found and found[-1][1].decided.proposal == expected[-1]:
                        return found
        finally:
            stopping.set()
            await running
            await engine.dispose()
        raise AssertionError("unreachable")

    async def read(connection: AsyncConnection, position: int, most: int) -> Sequence[StoredOutcome]:
        return await store.outcomes_after(connection, OTHER, position, most)

    await propose()
    first = await streamed(None)
    await propose()
    await propose()
    second = await streamed(StreamPlace.parse(str(first[-1][0])))
    assert [one.decided.proposal for _, one in second] == expected[1:]
    assert len({place for place, _ in first}) == len(first)
    again = await streamed(StreamPlace("0123abcd", 10**9))  # of a table that is not there any more
    assert [one.decided.proposal for _, one in again] == [one.decided.proposal for _, one in (*first, *second)]
