"""Which topic of which cluster it is: a topic that was deleted and made again has the same name, and another id."""

from typing import Any, NamedTuple

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import UnknownTopicOrPartitionError, for_code

from natija_chassis.errors import OperatorError
from natija_chassis.kafka.protocol import metadata_request
from natija_events.kafka import KafkaConfig


class TopicIdentity(NamedTuple):
    """Kafka's cluster id, and the id that the topic got when it was made (KIP-516)."""

    cluster: str
    topic_id: str


async def fetch_identity(kafka: KafkaConfig, topic: str) -> TopicIdentity:
    """Ask the cluster which *topic* this is. Raises KafkaError, or `OperatorError` when it does not exist."""
    client: Any = AIOKafkaClient(**kafka.client_options(), client_id="natija-identity")
    await client.bootstrap()
    try:
        response = await client.send(client.get_random_node(), metadata_request(topic))
    finally:
        await client.close()
    (error, _, topic_id, *_), *_ = response.topics
    if error == UnknownTopicOrPartitionError.errno:
        raise OperatorError(f"topic {topic} does not exist: run `natija provision`")
    if error:
        raise for_code(error)(f"Kafka does not know topic {topic}")
    return TopicIdentity(response.cluster_id, topic_id)
