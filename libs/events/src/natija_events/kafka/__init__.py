"""The Kafka part of the contract: `Publisher` proposes, `read` reads. It needs the ``kafka`` extra."""

from natija_events.kafka.config import KafkaConfig
from natija_events.kafka.partitioner import partition_of
from natija_events.kafka.publisher import DeliveryUnconfirmed, OutcomePending, ProposalOutcome, Publisher
from natija_events.kafka.reader import read, read_batches

__all__ = [
    "DeliveryUnconfirmed",
    "KafkaConfig",
    "OutcomePending",
    "ProposalOutcome",
    "Publisher",
    "partition_of",
    "read",
    "read_batches",
]
