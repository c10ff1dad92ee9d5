"""How far a projection is on the log, as far as this process is concerned."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from natija_chassis.observability import metrics
from natija_chassis.process.health import Health

CAUGHT_UP_SECONDS = 8.0
"""Seconds for which "caught up" holds: by then the end of the log has been asked for, and reached, again. Longer than
one check of the log monitor and the pause before it, or a busy machine alone would make a service not ready."""


@dataclass(slots=True)
class Progress:
    """Written by the runner, read by `/ready`, the state page and the process manager. Offsets are per partition."""

    service: str
    owned: frozenset[int] | None = None
    """The partitions this process reads; None until the group has assigned any, or none."""
    reached: dict[int, int] = field(default_factory=dict)
    """The offset up to which all is applied; it passes over commit markers, which a checkpoint does not."""
    ends: dict[int, int] = field(default_factory=dict)
    """The end of the log when last asked."""
    blocked: str | None = "the process is starting"
    """Why it cannot go on for now."""
    stopped: str | None = None
    """Why it will not go on until an operator acts."""
    dead_letters: int = 0
    """Appeals with dead letters."""
    caught_up_as_of: float = float("-inf")
    """When (monotonic) the end was asked for that was reached last."""
    _target: dict[int, int] | None = None
    """An end of the log that is still to be reached. It stays until it is: under a steady load there is always a
    record after the last one applied, and whoever chased the newest end would never be caught up."""
    _target_asked: float = float("-inf")

    def assign(self, partitions: frozenset[int] | None) -> None:
        """Another set of partitions, none of which counts as caught up yet."""
        self.owned = partitions
        self.reached, self.ends, self._target = {}, {}, None
        self.caught_up_as_of = float("-inf")

    def record_end(self, reached: dict[int, int], ends: dict[int, int], *, asked: float) -> None:
        """The log ended at *ends* when it was *asked* (monotonic), and this is what had been *reached* after."""
        self.reached, self.ends = reached, ends
        if self._target is None:
            self._target, self._target_asked = ends, asked
        self._update_caught_up()
        metrics.PROJECTION_LAG.labels(self.service).set(self.lag)

    def record_applied(self, offsets: Mapping[int, int]) -> None:
        """Up to and with these *offsets* all is applied."""
        for partition, offset in offsets.items():
            self.reached[partition] = max(offset + 1, self.reached.get(partition, 0))
        self._update_caught_up()

    def _update_caught_up(self) -> None:
        if self._target is None or self.owned is None or self.blocked is not None:
            return
        if all(self.reached.get(partition, 0) >= end for partition, end in self._target.items()):
            self.caught_up_as_of, self._target = self._target_asked, None

    @property
    def lag(self) -> int:
        """Offsets between what is applied and the end: records, and a marker for each transaction."""
        return sum(max(0, end - self.reached.get(partition, 0)) for partition, end in self.ends.items())

    @property
    def caught_up(self) -> bool:
        """True when all that was on the log a moment ago is applied, and nothing blocks."""
        fresh = time.monotonic() - self.caught_up_as_of < CAUGHT_UP_SECONDS
        return fresh and self.blocked is None and self.stopped is None

    @property
    def seconds_since_caught_up(self) -> float | None:
        """The age of the last moment whose whole log is applied; None while there was none."""
        return None if self.caught_up_as_of == float("-inf") else time.monotonic() - self.caught_up_as_of

    def health(self) -> Health:
        """For `/ready` and the state page."""
        return Health(self.caught_up, self._message(), self.lag)

    def _message(self) -> str:
        letters = f"; {self.dead_letters} appeals have dead letters, see natija dead-letters list"
        more = letters if self.dead_letters else ""
        if self.stopped:
            return f"stopped: {self.stopped}"
        if self.blocked:
            return f"waiting: {self.blocked}{more}"
        if self.caught_up:
            return f"caught up with the log{more}"
        return f"catching up with the log: about {self.lag:,} records to go{more}"
