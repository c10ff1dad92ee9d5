"""Kafka's own murmur2 partitioner, as in the Java client."""

from functools import lru_cache

from aiokafka.partitioner import murmur2

from natija_events.topics import PARTITIONS


@lru_cache(maxsize=4096)  # murmur2 is pure Python, 10 us, and the events of an appeal often come together
def partition_of(key: bytes) -> int:
    """The partition of a record with this *key*, an appeal number. librdkafka's default partitioner gives another."""
    return int(murmur2(key) & 0x7FFFFFFF) % PARTITIONS
