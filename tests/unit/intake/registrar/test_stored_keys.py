"""The topic of data keys belongs to the log when it does not end before the keys of the log."""

from typing import Any

import pytest
from aiokafka import TopicPartition

from natija_chassis.errors import OperatorError
from natija_intake.registrar.shards.stored_keys import check_end, check_ends


class Consumer:
    """Each partition of the topic ends at offset 7."""

    async def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        assert {place.topic for place in places} == {"kg.appeals.keys"}
        return dict.fromkeys(places, 7)


def test_earlier_end_is_refused() -> None:
    check_end(3, 7, 7)
    with pytest.raises(OperatorError, match=r"ends at offset 6 of partition 3, but .* to offset 7 at least"):
        check_end(3, 6, 7)


async def test_each_partition_is_compared() -> None:
    consumer: Any = Consumer()
    await check_ends(consumer, "kg", {0: 0, 5: 7})
    with pytest.raises(OperatorError, match="partition 5"):
        await check_ends(consumer, "kg", {0: 0, 5: 8})
