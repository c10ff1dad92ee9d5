"""Fencing registrars of earlier layouts: every ``transactional.id`` under which one ever wrote, as Kafka knows them.

The database knows which layout is in force, but it may be dropped, or restored from before a change. Kafka's
transactions outlive that. So a generation that no transaction has is later than all.
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
from natija_intake.registrar.shards.locks import LayoutLocked, Shard, ShardLayout, ShardLocks


class KnownTransactionalId(NamedTuple):
    """A ``transactional.id`` that a registrar of the realm has used, and its generation."""

    generation: int
    transactional_id: str


async def ensure_latest_layout(locks: ShardLocks, kafka: KafkaConfig, realm: str) -> None:
    """Make sure, before any shard is acquired, that the layout in force is ready and the latest that ever was.

    When Kafka knows a later one, the database has forgotten it, and its paused owners could still write. When it is
    not ready, the process that changed it died. In both cases a new layout with as many shards replaces it. Nothing
    happens while another session changes the layout. Raises KafkaError, `RestoredFromBackup`, and errors of a lost
    session.
    """
    if await _is_latest(locks, kafka, realm):
        return
    with contextlib.suppress(LayoutLocked):
        async with locks.lock_layout():
            if not await _is_latest(locks, kafka, realm):
                await change_layout(locks, kafka, realm)


async def change_layout(locks: ShardLocks, kafka: KafkaConfig, realm: str, shards: int | None = None) -> None:
    """Share the partitions out into so many *shards*, or as many as before; only inside `lock_layout`.

    First the new layout is saved, so that nobody acquires a shard of the old one. Then every ``transactional.id`` of an
    earlier generation is fenced, so that nobody can write under one. Only then the layout is ready. If this process
    dies in between, a registrar does it again. Raises `OperatorError`, KafkaError, `RestoredFromBackup`, and errors of
    a lost session.
    """
    if not 1 <= (shards or 1) <= PARTITIONS:
        raise OperatorError(f"the number of shards must be 1 to {PARTITIONS}: a partition has one owner")
    old = await locks.load_layout()
    new = ShardLayout(max(old.generation, await latest_generation(kafka, realm)) + 1, shards or old.shards, ready=False)
    with failpoint("shards.write"):
        await locks.save_layout(new)
    with failpoint("shards.fence"):
        await _fence_earlier(kafka, realm, new.generation)
    with failpoint("shards.ready"):
        await locks.activate_layout(new)


async def latest_generation(kafka: KafkaConfig, realm: str) -> int:
    """The latest generation under which a registrar ever wrote, or 0. Raises KafkaError."""
    return max((one.generation for one in await _known_ids(kafka, realm)), default=0)


async def _is_latest(locks: ShardLocks, kafka: KafkaConfig, realm: str) -> bool:
    layout = await locks.load_layout()
    return layout.ready and await latest_generation(kafka, realm) <= layout.generation


async def _fence_earlier(kafka: KafkaConfig, realm: str, generation: int) -> None:
    """Initialize every id of a generation before *generation*: nobody can commit under it any more."""
    for one in await _known_ids(kafka, realm):
        if one.generation < generation:
            producer = AIOKafkaProducer(**kafka.client_options(), transactional_id=one.transactional_id)
            try:
                await producer.start()
            finally:
                await producer.stop()


async def _known_ids(kafka: KafkaConfig, realm: str) -> list[KnownTransactionalId]:
    """Every id of the realm's registrars. Each broker lists the ids that it coordinates.

    Raises KafkaError, and `OperatorError` when Kafka's ACLs hide them. Kafka forgets an id that was idle for 7 days;
    its owner cannot commit then either.
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
            raise for_code(answer.error_code)("Kafka did not list its transactions")
    known = []
    for name in (name for answer in answers for name, *_ in answer.transactions):
        generation = ShardLayout.generation_of(name, realm)
        if generation is not None:
            known.append(KnownTransactionalId(generation, name))
    return known


async def _check_visible(client: Any, realm: str) -> None:
    """Raise `OperatorError` unless this user may see the registrars' ids. Kafka silently leaves hidden ids out of its
    list, and nobody would be fenced."""
    registrars = Shard(ShardLayout(0, 1, True), 0).transactional_id(realm)
    try:
        await client.coordinator_lookup(CoordinationType.TRANSACTION, registrars)
    except TransactionalIdAuthorizationFailed:
        raise OperatorError(
            "Kafka's ACLs hide the registrars' transactions from this user, so it cannot fence them:"
            " connect as the registrar's user"
        ) from None
    except CoordinatorNotAvailableError:
        pass  # no transaction was ever begun on this cluster, so none is hidden
