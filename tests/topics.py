"""Changes to the topics of a test's realm, as a wrong command makes them."""

from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError
from tests.eventually import eventually
from tests.stack import Realm

from natija_events.topics import KafkaTopic


async def recreate(realm: Realm, topic: KafkaTopic) -> None:
    """Delete *topic* and create it again, as after a wrong restore: it is empty."""
    name = topic.name(realm.name)
    admin = AIOKafkaAdminClient(bootstrap_servers=realm.servers.kafka)
    await admin.start()
    try:
        await admin.delete_topics([name])

        # A record that is sent while the broker still has the deleted log is acknowledged and lost with it.
        async def deleted() -> bool:
            [described] = await admin.describe_topics([name])
            return bool(described["error_code"] == UnknownTopicOrPartitionError.errno)

        await eventually(deleted)

        async def created() -> bool:
            answer: Any = await admin.create_topics([NewTopic(name, topic.partitions, 1)])
            return all(code == 0 for _, code, *_ in answer.topic_errors)

        await eventually(created)
    finally:
        await admin.close()
