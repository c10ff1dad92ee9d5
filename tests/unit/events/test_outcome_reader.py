"""Which partitions the reader of outcomes reads, and since when."""

import asyncio

from natija_events.kafka.outcome_reader import ActivePartitions


class Starts:
    """Starts partitions at once, and remembers them."""

    def __init__(self) -> None:
        self.started: list[set[int]] = []

    async def __call__(self, partitions: set[int]) -> None:
        self.started.append(partitions)
        await asyncio.sleep(0)


async def test_partition_is_started_once() -> None:
    """A second start would jump to the end, past a decision that is awaited."""
    starts = Starts()
    partitions = ActivePartitions(starts)

    await asyncio.gather(*(partitions.acquire(partition) for partition in (1, 1, 2)))
    await partitions.acquire(3)

    assert sorted(one for started in starts.started for one in started) == [1, 2, 3]


async def test_partitions_start_together() -> None:
    """Those requested while one starts are started in one request."""
    starts = Starts()
    partitions = ActivePartitions(starts)

    await asyncio.gather(*(partitions.acquire(partition) for partition in (1, 2, 3)))

    assert starts.started == [{1, 2, 3}] or starts.started == [{1}, {2, 3}]


async def test_pending_partition_never_expires() -> None:
    partitions = ActivePartitions(Starts())
    await partitions.acquire(1)
    partitions.release(1)
    await partitions.acquire(1)

    assert partitions.expired() == []
