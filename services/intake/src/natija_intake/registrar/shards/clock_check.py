"""This machine's clock, compared with the brokers': a wrong one stops the shard before it stamps anything.

Recorded times never decrease. So one batch that is recorded 40 days ahead would close the register for 40 days. Every
registrar is compared with the brokers, and so with every other registrar. A realm's clock that is set on (`natija
clock`) is another thing: it is counted from this machine's clock.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from natija_intake.registrar import metrics

MAX_DIFFERENCE = timedelta(minutes=1)
_MILLISECOND = 1e-3
_LOG_APPEND_TIME = 1


class WrongClock(Exception):
    """This machine's clock and the brokers' differ, or it was set. Nothing is recorded until they agree."""


class ClockCheck:
    """Compares the clock of this machine with the times at which the broker appends what it sends.

    *wall* and *monotonic* give seconds. Between two comparisons `check` notices when the clock was set.
    """

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._start = wall() - monotonic()
        """When the monotonic clock began, as the wall clock had it when both agreed with the broker last."""

    def now(self) -> float:
        """Seconds since 1970, as this machine has them."""
        return self._wall()

    def check(self) -> None:
        """Raise `WrongClock` when the clock was set since the last comparison."""
        moved = self._wall() - self._monotonic() - self._start
        if abs(moved) > MAX_DIFFERENCE.total_seconds():
            raise WrongClock(f"the clock of this machine was set {_words(moved)}")

    def compare(self, sent: float, appended: int | None) -> None:
        """Compare with the broker's time (milliseconds) at which it *appended* a record that was *sent* at this time.

        None tells that the topic does not have the broker's time. Raises `WrongClock`.
        """
        if appended is None:
            return
        acknowledged, broker = self._wall(), appended * _MILLISECOND
        ahead = max(sent - broker, 0.0) or min(acknowledged - broker, 0.0)
        metrics.CLOCK_DIFFERENCE.set(ahead)
        if abs(ahead) > MAX_DIFFERENCE.total_seconds():
            raise WrongClock(
                f"the clock of this machine is {_words(ahead)} of the broker's: nothing is recorded until they agree"
                " (docs/operations.md)"
            )
        self._start = acknowledged - self._monotonic()

    async def probe(self, producer: AIOKafkaProducer, topic: str, partition: int) -> None:
        """Compare by a record in a transaction that is aborted: nobody reads it. Raises `WrongClock` and KafkaError."""
        await producer.begin_transaction()
        try:
            sent = self._wall()
            appended = await producer.send_and_wait(topic, b"", partition=partition)
        finally:
            await producer.abort_transaction()
        self.compare(sent, append_time(appended))


def append_time(metadata: RecordMetadata) -> int | None:
    """The broker's time (milliseconds) of a record that it acknowledged; None if the topic does not have it."""
    return metadata.timestamp if metadata.timestamp_type == _LOG_APPEND_TIME else None


def _words(seconds: float) -> str:
    return f"{timedelta(seconds=round(abs(seconds)))} {'ahead' if seconds > 0 else 'behind'}"
