"""The reference data of a realm, as a process reads it: to the end at its start, and then as it changes."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from natija_chassis.kafka.topic_follower import BEHIND_AFTER, TopicFollower
from natija_chassis.observability import metrics
from natija_chassis.process.health import Health
from natija_chassis.process.stopping import pause
from natija_chassis.settings import Settings
from natija_events.reference.data import ReferenceData
from natija_events.reference.history import ReferenceHistory, StoredRecord
from natija_events.topics import REFERENCE

log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.1


class ReferenceDataMissing(Exception):
    """There is no reference data: the topic is empty, or its end was never reached."""


class ReferenceReader:
    """Follows `appeals.reference`. Its *history* is immutable: who decides many things on one takes it once.

    Before the end of the topic was reached for the first time, and while the topic is empty, nothing is known. A record
    that does not parse is skipped, counted and logged.
    """

    def __init__(self, settings: Settings) -> None:
        self.history = ReferenceHistory()
        self._process = settings.process
        self._clock = settings.injected_clock
        topic = REFERENCE.name(settings.realm)
        self._follower = TopicFollower(
            settings.kafka_config, topic, REFERENCE.partitions, apply=self._apply, restart=self._begin
        )
        self._begin()

    @property
    def is_known(self) -> bool:
        """Whether there is reference data to decide on."""
        return self._follower.reached_end and self.history.version >= 0

    @property
    def problem(self) -> str | None:
        """Why reference data is missing or old, for `/ready`; None while it is current."""
        if not self._follower.reached_end:
            return f"the end of {self._follower.topic} was not reached yet"
        if self.history.version < 0:
            return f"{self._follower.topic} is empty: run `natija provision` with NATIJA_REALM_FILES"
        if self._follower.is_behind:
            return f"the end of {self._follower.topic} is not reached: reference data may be old"
        return None

    def now(self) -> ReferenceData:
        """The reference data in force now, by the clock of the realm. Raises `ReferenceDataMissing`."""
        if not self.is_known:
            raise ReferenceDataMissing(self.problem)
        return self.history.at(self._clock.now())

    async def until_known(self, stopping: asyncio.Event) -> bool:
        """Wait until there is reference data to decide on; False when *stopping* came first."""
        while not (stopping.is_set() or self.is_known):
            await pause(stopping, _LOOK_SECONDS)
        return self.is_known

    async def reach_end(self, within: float = BEHIND_AFTER) -> bool:
        """Wait until all is applied that the topic holds now; False when that is not so *within* so many seconds."""
        return await self._follower.reach_end(within)

    async def run(self, stopping: asyncio.Event) -> None:
        """Read and follow until *stopping*."""
        await self._follower.run(stopping)

    def health(self, of_process: Health) -> Health:
        """The health of a process that needs reference data: *of_process*, unless that is missing or old."""
        if self.problem is None or not of_process.ready:
            return of_process
        return Health(False, f"waiting: {self.problem}", of_process.behind)

    def _begin(self) -> None:
        self.history = ReferenceHistory()
        metrics.REFERENCE_VERSION.labels(self._process).set(self.history.version)

    def _apply(self, records: Sequence[Any]) -> None:
        self.history, skipped = self.history.apply(StoredRecord(one.offset, one.key, one.value) for one in records)
        for one in skipped:
            log.error("reference data: the record at offset %d is skipped: %s %s", one.offset, one.field, one.rule)
        metrics.REFERENCE_SKIPPED.labels(self._process).inc(len(skipped))
        metrics.REFERENCE_VERSION.labels(self._process).set(self.history.version)
