"""Changes to the topics of a test's realm, as a wrong command makes them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError
from tests.eventually import eventually
from tests.stack import Realm

from natija_events.topics import KafkaTopic


async def delete(realm: Realm, topic: KafkaTopic) -> None:
    """Delete *topic*, and wait until the broker does not know it any more.

    A record that is sent while the broker still has the deleted log is acknowledged and lost with it.
    """
    name = topic.name(realm.name)
    async with _admin(realm) as admin:
        await admin.delete_topics([name])

        async def deleted() -> bool:
            [described] = await admin.describe_topics([name])
            return bool(described["error_code"] == UnknownTopicOrPartitionError.errno)

        await eventually(deleted)


async def recreate(realm: Realm, topic: KafkaTopic) -> None:
    """Delete *topic* and create it again, as after a wrong restore: it is empty."""
    await delete(realm, topic)
    async with _admin(realm) as admin:

        async def created() -> bool:
            answer: Any = await admin.create_topics([NewTopic(topic.name(realm.name), topic.partitions, 1)])
            return all(code == 0 for _, code, *_ in answer.topic_errors)

        await eventually(created)


@asynccontextmanager
async def _admin(realm: Realm) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=realm.servers.kafka)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()
