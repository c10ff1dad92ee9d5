"""For services that talk to the register over Kafka: `Publisher` proposes, `read` reads. Needs the ``kafka`` extra."""

from natija_events.kafka import broken_connections
from natija_events.kafka.connection import Kafka
from natija_events.kafka.partition import partition_of
from natija_events.kafka.publisher import NotProposed, Outcome, Publisher, Undecided
from natija_events.kafka.reader import read, read_batches

__all__ = ["Kafka", "NotProposed", "Outcome", "Publisher", "Undecided", "partition_of", "read", "read_batches"]

broken_connections.say_so()
