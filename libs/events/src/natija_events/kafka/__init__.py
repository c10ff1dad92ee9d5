"""For services that talk to the register over Kafka: `Publisher` proposes, `read` reads. Needs the ``kafka`` extra."""

from natija_events.kafka import aiokafka_patch
from natija_events.kafka.config import Kafka
from natija_events.kafka.consumer import read, read_batches
from natija_events.kafka.partitioner import partition_of
from natija_events.kafka.publisher import NotProposed, Outcome, Publisher, Undecided

__all__ = ["Kafka", "NotProposed", "Outcome", "Publisher", "Undecided", "partition_of", "read", "read_batches"]

aiokafka_patch.say_so()
