"""A flooded partition of the inbox takes its turns, and no more."""

from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition

from natija_intake.registrar.shards.inbox_polls import InboxPolls

PLACES = [TopicPartition("inbox", partition) for partition in range(4)]


class Fetched:
    """A consumer that empties one partition after the other, as aiokafka does."""

    def __init__(self, *counts: int) -> None:
        self.left = {place: [place.partition] * count for place, count in zip(PLACES, counts, strict=True)}

    def assignment(self) -> set[TopicPartition]:
        return set(PLACES)

    async def getmany(
        self, *places: TopicPartition, timeout_ms: int, max_records: int
    ) -> dict[TopicPartition, list[Any]]:
        found: dict[TopicPartition, list[Any]] = {}
        for place, records in self.left.items():
            taken = records[:max_records] if not places or place in places else []
            if taken:
                found[place], self.left[place] = taken, records[max_records:]
                max_records -= len(taken)
        return found


async def turns(fetched: Fetched, count: int) -> list[set[int]]:
    """The partitions of each of so many polls."""
    polls = InboxPolls(cast(AIOKafkaConsumer, fetched), 10)
    return [set(await polls.next(1000)) for _ in range(count)]


async def test_others_come_between_polls_of_flood() -> None:
    assert await turns(Fetched(25, 1, 0, 2), 5) == [{0}, {1, 3}, {0}, {0}, set()]


async def test_every_flood_takes_turns() -> None:
    """Two of them keep a third partition waiting for two polls."""
    assert await turns(Fetched(25, 25, 1, 0), 7) == [{0}, {1}, {2}, {0}, {1}, {0, 1}, set()]


async def test_all_partitions_share_small_polls() -> None:
    assert await turns(Fetched(2, 3, 1, 2), 2) == [{0, 1, 2, 3}, set()]
