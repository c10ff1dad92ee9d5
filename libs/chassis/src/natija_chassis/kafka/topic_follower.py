"""Reads a small topic from its beginning to its end, and then follows it: one reader for every small topic."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from natija_chassis.kafka.subscription import end_offsets
from natija_chassis.observability.logs import sanitised
from natija_chassis.process.backoff import Backoff
from natija_chassis.process.stopping import pause
from natija_events.kafka import KafkaConfig
from natija_events.kafka.consumers import open_consumer

BEHIND_AFTER = 5.0
"""Seconds without having reached the end after which a reader counts as behind."""
CHECK_INTERVAL = 1.0
"""Seconds between two questions where the end is."""
_POLL_MS = 200
_TIMEOUT = 4.0
_STEP = 0.01

log = logging.getLogger(__name__)


class TopicFollower:
    """All records of the *topic*'s *partitions*, given to *apply* in their order within a partition.

    - **reading**: it has not reached the end yet. `reached_end` is false.
    - **following**: it has applied all that was on the topic a moment ago.
    - **behind**: for 5 seconds it could not learn where the end is, or not reach it. What was applied stays in use.

    `run` reconnects by itself. When the topic ends before the place that was read, it is another topic: *restart* is
    called, and all is read again.
    """

    def __init__(
        self,
        kafka: KafkaConfig,
        topic: str,
        partitions: int,
        *,
        apply: Callable[[Sequence[Any]], None],
        restart: Callable[[], None],
    ) -> None:
        self.topic = topic
        self._kafka = kafka
        self._places = [TopicPartition(topic, partition) for partition in range(partitions)]
        self._apply = apply
        self._restart = restart
        self._next = dict.fromkeys(self._places, 0)
        """The offset after the last one applied, or passed over."""
        self._wanted, self._moved = asyncio.Event(), asyncio.Event()
        self._at_end = float("-inf")
        """When (monotonic) the end was asked for that was reached last."""

    @property
    def reached_end(self) -> bool:
        """Whether it has ever applied all that the topic held."""
        return self._at_end > float("-inf")

    @property
    def is_behind(self) -> bool:
        """Whether it has not reached the end for 5 seconds, or never."""
        return time.monotonic() - self._at_end > BEHIND_AFTER

    async def reach_end(self, within: float = BEHIND_AFTER) -> bool:
        """Wait until all is applied that the topic holds now; False when that is not so *within* so many seconds."""
        asked = time.monotonic()
        try:
            async with asyncio.timeout(within):
                while self._at_end < asked:
                    self._moved.clear()
                    self._wanted.set()
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True

    async def run(self, stopping: asyncio.Event) -> None:
        """Read and follow until *stopping*."""
        backoff, interrupted = Backoff(longest=2.0), False
        while not stopping.is_set():
            try:
                async with open_consumer(self._kafka, fetch_max_wait_ms=_POLL_MS) as consumer:
                    await self._seek(consumer)
                    backoff.reset()
                    interrupted = False
                    await self._follow(consumer, stopping)
            except (KafkaError, OSError, TimeoutError) as error:
                if not interrupted:  # one line for an outage
                    log.warning("%s cannot be read, retrying: %s", self.topic, sanitised(error))
                interrupted = True
                await backoff.wait(stopping)

    async def _seek(self, consumer: AIOKafkaConsumer) -> None:
        """Place *consumer* where reading goes on; at the beginning when the topic is another one than before."""
        consumer.assign(self._places)
        ends = await end_offsets(consumer, self._places)
        if any(self._next[place] > ends[place] for place in self._places):
            log.warning("%s ends before the place that was read: it is read again from its beginning", self.topic)
            self._restart()
            self._next, self._at_end = dict.fromkeys(self._places, 0), float("-inf")
        async with asyncio.timeout(_TIMEOUT):
            first = await consumer.beginning_offsets(self._places)
        for place in self._places:
            consumer.seek(place, max(self._next[place], first[place]))

    async def _follow(self, consumer: AIOKafkaConsumer, stopping: asyncio.Event) -> None:
        tasks = [asyncio.create_task(one) for one in (self._read(consumer), self._keep_checking(consumer))]
        try:
            await pause(stopping, None, *tasks)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            for records in (await consumer.getmany(timeout_ms=_POLL_MS)).values():
                self._apply(records)
            for place in self._places:
                self._next[place] = await consumer.position(place)

    async def _keep_checking(self, consumer: AIOKafkaConsumer) -> None:
        """Learn where the end is, every second and when somebody waits for it. Raises KafkaError."""
        while True:
            self._wanted.clear()
            asked = time.monotonic()
            ends = await end_offsets(consumer, self._places)
            if any(self._next[place] > ends[place] for place in self._places):
                raise KafkaError(f"{self.topic} is another topic than before")
            while any(self._next[place] < ends[place] for place in self._places):  # noqa: ASYNC110 - markers move no event
                await asyncio.sleep(_STEP)  # the other task applies it
            self._at_end = asked
            self._moved.set()
            await pause(self._wanted, CHECK_INTERVAL)
