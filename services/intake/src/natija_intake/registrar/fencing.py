"""The fence around the registrars of other layouts: every id under which one ever wrote, as Kafka knows them.

The database knows which layout is in force, but it may be dropped, or restored from before a change. Kafka's
transactions outlive that: a generation that is on none of them is later than all.
"""

import contextlib
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import CoordinatorNotAvailableError, TransactionalIdAuthorizationFailed, for_code

from natija_chassis.errors import OperatorError
from natija_chassis.kafka.protocol import ListTransactions
from natija_events.failpoints import failpoint
from natija_events.kafka import KafkaConfig
from natija_events.topics import PARTITIONS
from natija_intake.registrar.shard_locks import LayoutLocked, ShardLayout, ShardLocks


class KnownTransactionalId(NamedTuple):
    """A ``transactional.id`` that a registrar of the realm has taken at some time, and of which generation it was."""

    generation: int
    transactional_id: str


async def ensure_latest_layout(locks: ShardLocks, kafka: KafkaConfig, realm: str) -> None:
    """See to it, before any shard is taken, that the layout in force is whole and the latest there ever was.

    Where Kafka knows of a later one, the database forgot it, and who was paused under it could write on; where it is
    not ready, who made it was cut off. Either way as many shards are laid out anew. Nothing is done while somebody else
    does so. Raises KafkaError, `Restored`, or what a lost session raises.
    """
    if await _is_latest(locks, kafka, realm):
        return
    with contextlib.suppress(LayoutLocked):
        async with locks.lock_layout():
            if not await _is_latest(locks, kafka, realm):
                await change_layout(locks, kafka, realm)


async def change_layout(locks: ShardLocks, kafka: KafkaConfig, realm: str, shards: int | None = None) -> None:
    """Share the partitions out anew in so many *shards*, or as many as before; for who is `changing` the layout.

    First the new layout, so that nobody takes a shard of the old one; then every ``transactional.id`` of an earlier
    one, so that nobody has one; only then it is ready. Whoever dies in between, a registrar does it over. Raises
    `OperatorError`, KafkaError, `Restored`, or what a lost session raises.
    """
    if not 1 <= (shards or 1) <= PARTITIONS:
        raise OperatorError(f"a realm has 1 to {PARTITIONS} shards: one partition is never shared")
    old = await locks.load_layout()
    new = ShardLayout(max(old.generation, await latest_generation(kafka, realm)) + 1, shards or old.shards, ready=False)
    with failpoint("shards.write"):
        await locks.save_layout(new)
    with failpoint("shards.fence"):
        await _fence_earlier(kafka, realm, new.generation)
    with failpoint("shards.ready"):
        await locks.activate_layout(new)


async def latest_generation(kafka: KafkaConfig, realm: str) -> int:
    """The latest generation of which a registrar ever wrote, or 0. Raises KafkaError."""
    return max((one.generation for one in await _known_ids(kafka, realm)), default=0)


async def _is_latest(locks: ShardLocks, kafka: KafkaConfig, realm: str) -> bool:
    layout = await locks.load_layout()
    return layout.ready and await latest_generation(kafka, realm) <= layout.generation


async def _fence_earlier(kafka: KafkaConfig, realm: str, generation: int) -> None:
    """Take every id of a generation before *generation*: nobody who has one can commit any more."""
    for one in await _known_ids(kafka, realm):
        if one.generation < generation:
            producer = AIOKafkaProducer(**kafka.client_options(), transactional_id=one.transactional_id)
            try:
                await producer.start()
            finally:
                await producer.stop()


async def _known_ids(kafka: KafkaConfig, realm: str) -> list[KnownTransactionalId]:
    """Every id of the realm's registrars, asked of each broker: one tells of those that it coordinates.

    Raises KafkaError, and `OperatorError` if Kafka's ACLs hide them. Kafka forgets an id that was idle for 7 days, and
    then its owner cannot commit either.
    """
    client: Any = AIOKafkaClient(**kafka.client_options(), client_id="natija-fencing")
    await client.bootstrap()
    try:
        await _check_visible(client, realm)
        answers = [await client.send(broker.nodeId, ListTransactions()) for broker in client.cluster.brokers()]
    finally:
        await client.close()
    for answer in answers:
        if answer.error_code:
            raise for_code(answer.error_code)("Kafka does not tell its transactions")
    names = [name for answer in answers for name, *_ in answer.transactions]
    return [
        KnownTransactionalId(of, name) for name in names if (of := ShardLayout.generation_of(name, realm)) is not None
    ]


async def _check_visible(client: Any, realm: str) -> None:
    """Raise `OperatorError` unless the registrars' ids may be seen: Kafka leaves out without a word what is hidden, and
    nobody would be fenced."""
    try:
        await client.coordinator_lookup(
            CoordinationType.TRANSACTION, ShardLayout(0, 1, True).transactional_id(realm, 0)
        )
    except TransactionalIdAuthorizationFailed:
        raise OperatorError(
            "Kafka's ACLs hide the registrars' transactions from this user, who could not fence them: be the registrar"
        ) from None
    except CoordinatorNotAvailableError:
        pass  # it would be shown: Kafka has yet to begin its book of transactions
