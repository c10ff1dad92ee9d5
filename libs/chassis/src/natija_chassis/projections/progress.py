"""Where a projection stands on the log, as far as this process is concerned."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from natija_chassis.observability import metrics
from natija_chassis.process.health import Health

CAUGHT_UP_SECONDS = 8.0
"""Seconds for which "caught up" holds: by then the end of the log has been asked for, and reached, again. Longer than
the runner gives one look and the pause before it, else a busy machine alone would make a service not ready."""


@dataclass(slots=True)
class Progress:
    """Told by the runner, read by `/ready`, the state page and the worker. Offsets are per partition."""

    service: str
    owned: frozenset[int] | None = None
    """The partitions this process reads; None until the group has given it any, or none."""
    reached: dict[int, int] = field(default_factory=dict)
    """The offset up to which everything is taken in; it passes over commit markers, which a checkpoint does not."""
    ends: dict[int, int] = field(default_factory=dict)
    """The end of the log when last asked."""
    blocked: str | None = "it is starting"
    """Why it cannot go on for now."""
    stopped: str | None = None
    """Why it will not go on until a person has done something."""
    dead_letters: int = 0
    """Appeals with parked records."""
    _goal: dict[int, int] | None = None
    """An end of the log that is still to be reached. It stands until it is: under a steady load there is always a
    record after the last one taken in, and who chased the newest end would never be caught up."""
    _goal_asked: float = float("-inf")
    _caught_up_as_of: float = float("-inf")

    def assign(self, partitions: frozenset[int] | None) -> None:
        """Another set of partitions, none of which counts as caught up yet."""
        self.owned = partitions
        self.reached, self.ends, self._goal = {}, {}, None
        self._caught_up_as_of = float("-inf")

    def look(self, reached: dict[int, int], ends: dict[int, int], *, asked: float) -> None:
        """The log ended at *ends* when it was *asked* (monotonic), and this is what had been *reached* after."""
        self.reached, self.ends = reached, ends
        if self._goal is None:
            self._goal, self._goal_asked = ends, asked
        self._update_caught_up()
        metrics.PROJECTION_LAG.labels(self.service).set(self.lag)

    def record_applied(self, offsets: Mapping[int, int]) -> None:
        """Up to and with these *offsets* everything is taken in."""
        for partition, offset in offsets.items():
            self.reached[partition] = max(offset + 1, self.reached.get(partition, 0))
        self._update_caught_up()

    def _update_caught_up(self) -> None:
        if self._goal is None or self.owned is None or self.blocked is not None:
            return
        if all(self.reached.get(partition, 0) >= end for partition, end in self._goal.items()):
            self._caught_up_as_of, self._goal = self._goal_asked, None

    @property
    def lag(self) -> int:
        """Offsets between what is taken in and the end: records, and a marker for each transaction."""
        return sum(max(0, end - self.reached.get(partition, 0)) for partition, end in self.ends.items())

    @property
    def caught_up(self) -> bool:
        """True when all that stood on the log a moment ago is taken in, and nothing hinders."""
        fresh = time.monotonic() - self._caught_up_as_of < CAUGHT_UP_SECONDS
        return fresh and self.blocked is None and self.stopped is None

    def health(self) -> Health:
        """For `/ready` and the state page."""
        return Health(self.caught_up, self._says(), self.lag)

    def _says(self) -> str:
        parked = f"; {self.dead_letters} appeals are parked, see natija dead-letters list" if self.dead_letters else ""
        if self.stopped:
            return f"stopped: {self.stopped}"
        if self.blocked:
            return f"waiting: {self.blocked}{parked}"
        if self.caught_up:
            return f"caught up with the log{parked}"
        return f"catching up with the log: about {self.lag:,} records to go{parked}"
