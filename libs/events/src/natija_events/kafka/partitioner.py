"""Which partition an appeal's events stand on: Kafka's own murmur2, as the Java client has it."""

from functools import lru_cache

from aiokafka.partitioner import murmur2

from natija_events.topics import PARTITIONS


@lru_cache(maxsize=4096)  # murmur2 is pure Python, 10 us, and the events of an appeal often come together
def partition_of(key: bytes) -> int:
    """The partition of a record with this *key*. librdkafka's default partitioner gives another one."""
    return int(murmur2(key) & 0x7FFFFFFF) % PARTITIONS
