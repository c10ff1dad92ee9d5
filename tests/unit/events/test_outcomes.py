"""Whose decisions are read: a partition that is read already is not begun again."""

import asyncio

import pytest

from natija_events.kafka import KafkaConfig
from natija_events.kafka.outcome_reader import OutcomeReader


async def test_a_partition_that_is_read_already_is_not_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes, begun = OutcomeReader(KafkaConfig("nowhere"), "kg"), list[int]()

    async def begin(partitions: set[int]) -> None:
        begun.extend(partitions)
        await asyncio.sleep(0)
        outcomes._read_until |= dict.fromkeys(partitions, 0.0)

    monkeypatch.setattr(outcomes, "_begin", begin)
    await asyncio.gather(*(outcomes._watch(partition) for partition in (1, 1, 2)))
    await outcomes._watch(3)

    assert sorted(begun) == [1, 2, 3]
