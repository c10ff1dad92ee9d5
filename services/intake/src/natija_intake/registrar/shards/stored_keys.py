"""The topic of data keys must be the one that belongs to the log. Without its keys nobody can open a sealed value.

The registrar cannot read the topic. It knows only where each partition ends, and that offsets never go back. A topic
that was created again, or restored from an older backup, ends too early.
"""

from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from natija_chassis.errors import OperatorError
from natija_events.topics import KEYS


async def check_ends(consumer: AIOKafkaConsumer, realm: str, keys_next: Mapping[int, int]) -> None:
    """Raise `OperatorError` when a partition ends before the offset in *keys_next*: keys of the log are missing."""
    places = [TopicPartition(KEYS.name(realm), partition) for partition in keys_next]
    for place, end in (await consumer.end_offsets(places)).items():
        check_end(place.partition, end, keys_next[place.partition])


def check_end(partition: int, end: int, keys_next: int) -> None:
    """Raise `OperatorError` when *partition* ended at *end*, before the offset *keys_next*."""
    if end < keys_next:
        raise OperatorError(
            f"the topic of data keys ends at offset {end} of partition {partition}, but the log has events whose keys"
            f" reach to offset {keys_next} at least: this is not the topic that belongs to the log. Restore the right"
            " one (docs/operations.md)"
        )
