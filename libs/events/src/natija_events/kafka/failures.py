"""Failures of Kafka, as publishers and readers are told: with the next step."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from natija_events.kafka.config import KafkaConfig

AGAIN = "propose the same events again"
_RIGHTS = "ask the operators of the realm for the rights of a publisher"
_STEPS: tuple[tuple[type[KafkaError], str], ...] = (
    (TopicAuthorizationFailedError, _RIGHTS),
    (ClusterAuthorizationFailedError, _RIGHTS),
    (UnknownTopicOrPartitionError, "there are no topics of this realm: check its name, and the address of Kafka"),
    (MessageSizeTooLargeError, "propose fewer events at once"),
)


def next_step(error: Exception) -> str:
    """The next step after Kafka refused a proposal with *error*."""
    return next((step for kind, step in _STEPS if isinstance(error, kind)), AGAIN)


@contextmanager
def connecting(kafka: KafkaConfig) -> Iterator[None]:
    """Raise KafkaConnectionError, with the next step, for any failure to connect to *kafka*."""
    try:
        yield
    except (KafkaConnectionError, TimeoutError, OSError) as error:
        raise KafkaConnectionError(
            f"Kafka is not reachable at {kafka}: check the address, the network,"
            " and the user, password and certificate authority if the cluster requires them"
        ) from error
