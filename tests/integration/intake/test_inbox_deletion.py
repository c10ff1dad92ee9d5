"""The registrar deletes from the inbox what it has decided, since wrapped keys stand there."""

from datetime import UTC, datetime

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from tests.eventually import eventually
from tests.integration.intake import registering as r
from tests.integration.intake.test_mutants import no_heads_persisted
from tests.stack import Realm

from natija_events.kafka import Publisher
from natija_events.kafka.consumers import open_consumer
from natija_events.topics import INBOX, PARTITIONS
from natija_events.types.intake import Supplemented

SOON = "0.2"
"""Seconds between two deletions."""


def places(realm: Realm) -> list[TopicPartition]:
    return [TopicPartition(INBOX.name(realm.name), partition) for partition in range(PARTITIONS)]


async def left(realm: Realm) -> int:
    """The number of records on the inbox."""
    async with open_consumer(realm.servers.kafka) as consumer:
        first, end = await consumer.beginning_offsets(places(realm)), await consumer.end_offsets(places(realm))
    return int(sum(end.values()) - sum(first.values()))


async def send(publisher: Publisher, realm: Realm, count: int) -> None:
    """Propose *count* new appeals, without waiting for decisions."""
    for _ in range(count):
        await publisher.send(publisher.event(r.number(realm), datetime.now(UTC), r.registered()))


async def lag(realm: Realm) -> int:
    told = (await realm.run("projection", "lag", "--format", "json")).json()
    return sum(one["lag"] for one in told if one["service"] == "registrar")


async def test_decided_proposals_are_deleted(realm: Realm) -> None:
    """And nothing else: what arrives later is decided, also by the next registrar, and the log verifies."""
    registrar = await realm.serve("registrar", NATIJA_INBOX_DELETION=SOON)
    async with r.publisher(realm) as publisher:
        subject, _ = await r.open_appeal(publisher, realm)
        await send(publisher, realm, 20)
        await eventually(lambda: is_empty(realm))
        assert len(await r.log_of(realm)) == 21
        await registrar.stop()

        await send(publisher, realm, 10)
        assert (await left(realm), await lag(realm)) == (10, 10)
        registrar = await realm.serve("registrar")
        again = publisher.event(subject, datetime.now(UTC), r.registered())
        assert (await publisher.propose(again, wait=10)).rejection is not None
        await eventually(lambda: all_on_log(realm, 31))
        assert await left(realm) == 11, "the next deletion is an hour away"
        await registrar.stop()
    verified = await realm.run("registrar", "verify", "--format", "json")
    assert verified.json() == {"events": 31, "appeals": 31, "breaks": []}


async def test_registrar_goes_on_behind_deletion(realm: Realm) -> None:
    """Another registrar may delete while one is down, and its database may be dropped or restored."""
    registrar = await realm.serve("registrar")
    async with r.publisher(realm) as publisher:
        await send(publisher, realm, 20)
        await eventually(lambda: all_on_log(realm, 20))
        await registrar.stop()
        await delete_all(realm)
        assert await lag(realm) == 0
        await realm.serve("registrar")
        await r.open_appeal(publisher, realm)
    assert len(await r.log_of(realm)) == 21


async def test_decisions_must_be_persisted_first(realm: Realm) -> None:
    """A decision that is not in the database yet keeps its proposal, while others are deleted."""
    registrar = await realm.serve("registrar", NATIJA_INBOX_DELETION=SOON, NATIJA_LOG_LEVEL="DEBUG")

    def deletions() -> int:
        return registrar.output().count("the inbox begins at the offsets")

    async with r.publisher(realm) as publisher:
        subject, _ = await r.open_appeal(publisher, realm)
        await eventually(lambda: is_empty(realm))
        async with no_heads_persisted(realm):
            for _ in range(3):  # on a partition of which it may delete
                await publisher.send(publisher.event(subject, datetime.now(UTC), Supplemented()))
            await eventually(lambda: all_on_log(realm, 4))
            before = deletions()
            await eventually(lambda: deletions() >= before + 2)
            assert await left(realm) == 3
        await eventually(lambda: is_empty(realm))


async def is_empty(realm: Realm) -> bool:
    return await left(realm) == 0


async def all_on_log(realm: Realm, count: int) -> bool:
    return len(await r.log_of(realm)) == count


async def delete_all(realm: Realm) -> None:
    """Delete every record of the inbox."""
    admin = AIOKafkaAdminClient(bootstrap_servers=realm.servers.kafka)
    await admin.start()
    try:
        await admin.delete_records({place: RecordsToDelete(-1) for place in places(realm)})
    finally:
        await admin.close()
