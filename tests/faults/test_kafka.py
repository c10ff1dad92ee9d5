"""Kafka dies, stands still, or runs out of disk; then it is back."""

import asyncio
import signal
from random import Random

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from deploy.local import kafka
from tests.eventually import eventually
from tests.faults.running_system import RunningSystem
from tests.faults.servers import Breakable
from tests.stack import SERVICES

from natija_events.kafka.shutdown import close_producer

pytestmark = pytest.mark.timeout(300)

SESSION_TIMEOUT = 6.0
"""Seconds after which a group forgets a member that it does not hear of (`runner`)."""


@pytest.mark.thorough
async def test_kafka_killed_under_load_and_restarted(
    fragile: RunningSystem, own_servers: Breakable, chance: Random
) -> None:
    """Kafka is killed in the middle of its work and started again."""
    async with fragile.workload.running():
        await fragile.check_progress()
        await asyncio.sleep(chance.uniform(0, 1))
        await own_servers.kill(kafka.NAME)
        await fragile.until_not_ready(*SERVICES)
        await own_servers.start_kafka()
        fragile.count("faults", 1)
        await fragile.check_progress()
    await fragile.check_accounting()


@pytest.mark.thorough
async def test_kafka_killed_again_after_restart(fragile: RunningSystem, own_servers: Breakable) -> None:
    """Kafka is killed again as soon as it is back."""
    async with fragile.workload.running():
        for _ in range(3):
            await fragile.check_progress()
            await own_servers.kill(kafka.NAME)
            await own_servers.start_kafka()
            fragile.count("faults", 1)
    await fragile.check_accounting()


MANY = 200
"""Partitions: enough that Kafka still writes a transaction's end on some when it has said that it is committed."""


@pytest.mark.thorough
async def test_transaction_ends_on_every_partition(
    own_servers: Breakable,
) -> None:
    """Kafka 4.3.0 to 4.4.0 leave the end out on what has no leader when they start again (KAFKA-20734)."""
    admin = AIOKafkaAdminClient(bootstrap_servers=own_servers.kafka)
    await admin.start()
    await admin.create_topics([NewTopic("ends", MANY, 1)])
    await admin.close()
    for _ in range(2):
        producer = AIOKafkaProducer(bootstrap_servers=own_servers.kafka, transactional_id="ends")
        await producer.start()
        try:
            async with producer.transaction():
                await asyncio.gather(*[await producer.send("ends", b"", partition=one) for one in range(MANY)])
            own_servers.send(kafka.NAME, signal.SIGKILL)
        finally:
            await close_producer(producer)
        await own_servers.wait_until_kafka_exits()
        await own_servers.start_kafka()

        async def all_ended() -> bool:
            left = await hidden(own_servers.kafka, "ends")
            assert not left, f"no end yet on {left}"
            return True

        await eventually(all_ended, pause=0.5)


async def hidden(servers: str, topic: str) -> list[int]:
    """The partitions of *topic* on which something stands behind a transaction that has no end."""
    places = [TopicPartition(topic, partition) for partition in range(MANY)]
    async with (
        AIOKafkaConsumer(bootstrap_servers=servers, isolation_level="read_committed") as readable,
        AIOKafkaConsumer(bootstrap_servers=servers) as written,
    ):
        upto, ends = await readable.end_offsets(places), await written.end_offsets(places)
    return [place.partition for place in places if upto[place] < ends[place]]


@pytest.mark.thorough
async def test_its_disk_is_full_and_freed_again(fragile: RunningSystem, own_servers: Breakable) -> None:
    if not own_servers.small_disk:
        pytest.skip("only root may mount a small disk to fill")
    async with fragile.workload.running():
        await fragile.check_progress()
        own_servers.fill_disk()
        await fragile.until_not_ready(*SERVICES, seconds=60)
        await own_servers.wait_until_kafka_exits()
        own_servers.free_disk()
        await own_servers.start_kafka()
        fragile.count("faults", 1)
        await fragile.check_progress()
    await fragile.check_accounting()


@pytest.mark.thorough
async def test_standing_still_past_the_session_timeout(fragile: RunningSystem, own_servers: Breakable) -> None:
    async with fragile.workload.running():
        await fragile.check_progress()
        own_servers.send(kafka.NAME, signal.SIGSTOP)
        stood_still = asyncio.get_running_loop().time()
        await fragile.until_not_ready(*SERVICES)
        await asyncio.sleep(stood_still + 2 * SESSION_TIMEOUT - asyncio.get_running_loop().time())
        own_servers.send(kafka.NAME, signal.SIGCONT)
        fragile.count("faults", 1)
        await fragile.check_progress()
    await fragile.check_accounting()
