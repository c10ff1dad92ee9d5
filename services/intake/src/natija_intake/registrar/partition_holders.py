"""Foreign transactions that hold a partition of the inbox: until one ends, nobody reads what stands behind it.

Kafka ends it after its time-out (``transaction.max.timeout.ms`` at most). The registrar can only tell whose it is.
"""

import asyncio
import logging
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, for_code

from natija_chassis.kafka.protocol import DescribeProducers, ListTransactions
from natija_chassis.observability.logs import sanitised
from natija_chassis.process.stopping import pause
from natija_events.kafka.consumers import open_consumer
from natija_events.topics import INBOX, PARTITIONS
from natija_intake.registrar import metrics
from natija_intake.registrar.context import RegistrarContext

_INTERVAL = 5.0
_NO_TRANSACTION = -1
_FETCH_SECONDS = 3

log = logging.getLogger(__name__)


class PartitionHolder(NamedTuple):
    """An open transaction on a *partition* of the inbox. Its first record there has this *offset* and stands *since*.

    *transactional_id* is None where Kafka's ACLs hide it. *since* is None where the record cannot be read.
    """

    partition: int
    offset: int
    producer_id: int
    transactional_id: str | None
    since: datetime | None

    def __str__(self) -> str:
        who = "unknown to this user" if self.transactional_id is None else repr(self.transactional_id)
        since = "an unknown time" if self.since is None else f"{self.since:%Y-%m-%d %H:%M:%S} UTC"
        return (
            f"inbox partition {self.partition} is held from offset {self.offset} on by an open transaction:"
            f" transactional id {who}, producer id {self.producer_id}, since {since}"
        )


async def run(context: RegistrarContext, stopping: asyncio.Event) -> None:
    """Look every few seconds until *stopping*. Log each new holder, and when the partition is free."""
    held: dict[int, PartitionHolder] = {}
    while not stopping.is_set():
        try:
            async with AsyncExitStack() as stack:
                committed = await stack.enter_async_context(open_consumer(context.kafka))
                everything = await stack.enter_async_context(
                    open_consumer(context.kafka, isolation_level="read_uncommitted")
                )
                while not stopping.is_set():
                    found = await find_holders(context, committed, everything)
                    _tell(held, found)
                    held = found
                    await pause(stopping, _INTERVAL)
        except (KafkaError, OSError, TimeoutError) as error:
            log.debug("holders of inbox partitions are not known: %s", sanitised(error))
            await pause(stopping, _INTERVAL)


def _tell(before: dict[int, PartitionHolder], found: dict[int, PartitionHolder]) -> None:
    for partition, holder in found.items():
        if partition not in before or before[partition].offset != holder.offset:
            log.warning("%s (docs/operations.md)", holder)
    for partition in before.keys() - found.keys():
        log.info("inbox partition %d is free again", partition)
    now = time.time()
    for partition in before.keys() | found.keys():
        since = found[partition].since if partition in found else None
        seconds = 0.0 if partition not in found else max(0.0, now - since.timestamp()) if since else _INTERVAL
        metrics.INBOX_HELD_SECONDS.labels(str(partition)).set(seconds)


async def find_holders(
    context: RegistrarContext, committed: AIOKafkaConsumer, everything: AIOKafkaConsumer
) -> dict[int, PartitionHolder]:
    """The holder of each partition whose end cannot be read. Raises KafkaError."""
    topic = INBOX.name(context.realm)
    places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    readable, ends = await committed.end_offsets(places), await everything.end_offsets(places)
    hidden = [place for place in places if readable[place] < ends[place]]
    if not hidden:
        return {}
    client: Any = AIOKafkaClient(**context.kafka.client_options(), client_id="natija-partition-holders")
    await client.bootstrap()
    try:
        found = [await _find_holder(client, place, everything) for place in hidden]
    finally:
        await client.close()
    return {one.partition: one for one in found if one is not None}


async def _find_holder(client: Any, place: TopicPartition, everything: AIOKafkaConsumer) -> PartitionHolder | None:
    leader = client.cluster.leader_for_partition(place)
    if leader is None:
        client.add_topic(place.topic)
        await client.force_metadata_update()
        leader = client.cluster.leader_for_partition(place)
    answer = await client.send(leader, DescribeProducers(place.topic, place.partition))
    [(_, [(_, error, _, producers, _)], _)] = answer.topics
    if error:
        raise for_code(error)(f"Kafka did not describe the producers of {place.topic}, partition {place.partition}")
    # The oldest one decides what can be read.
    begun = [(offset, id) for id, _, _, _, _, offset, _ in producers if offset != _NO_TRANSACTION]
    if not begun:
        return None
    offset, producer_id = min(begun)
    return PartitionHolder(
        place.partition,
        offset,
        producer_id,
        await _transactional_id(client, producer_id),
        await _append_time(everything, place, offset),
    )


async def _transactional_id(client: Any, producer_id: int) -> str | None:
    for broker in client.cluster.brokers():
        answer = await client.send(broker.nodeId, ListTransactions([producer_id]))
        for name, *_ in answer.transactions:
            return str(name)
    return None


async def _append_time(everything: AIOKafkaConsumer, place: TopicPartition, offset: int) -> datetime | None:
    everything.assign([place])
    everything.seek(place, offset)
    records = (await everything.getmany(timeout_ms=_FETCH_SECONDS * 1000, max_records=1)).get(place, [])
    everything.assign([])
    return datetime.fromtimestamp(records[0].timestamp / 1000, UTC) if records else None
