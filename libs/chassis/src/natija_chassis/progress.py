"""Where a projection stands on the log, as far as this process is concerned."""

import time
from dataclasses import dataclass, field

from natija_chassis import metrics
from natija_chassis.condition import Condition

FRESH = 5.0
"""Seconds for which "caught up" holds: by then the end of the log has been asked for, and reached, again."""


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
    trouble: str | None = "it is starting"
    """Why it cannot go on for now."""
    stopped: str | None = None
    """Why it will not go on until a person has done something."""
    parked: int = 0
    """Appeals with parked records."""
    _caught_up_as_of: float = float("-inf")

    def assign(self, partitions: frozenset[int] | None) -> None:
        """Another set of partitions, none of which counts as caught up yet."""
        self.owned = partitions
        self.reached, self.ends = {}, {}
        self._caught_up_as_of = float("-inf")

    def look(self, reached: dict[int, int], ends: dict[int, int], *, asked: float) -> None:
        """The log ended at *ends* when it was *asked* (monotonic), and this is what had been *reached* after."""
        self.reached, self.ends = reached, ends
        if self.owned is not None and self.behind == 0 and self.trouble is None:
            self._caught_up_as_of = asked
        metrics.BEHIND.labels(self.service).set(self.behind)

    @property
    def behind(self) -> int:
        """Offsets between what is taken in and the end: records, and a marker for each transaction."""
        return sum(max(0, end - self.reached.get(partition, 0)) for partition, end in self.ends.items())

    @property
    def caught_up(self) -> bool:
        """True when all that stood on the log a moment ago is taken in, and nothing hinders."""
        fresh = time.monotonic() - self._caught_up_as_of < FRESH
        return fresh and self.trouble is None and self.stopped is None

    def condition(self) -> Condition:
        """For `/ready` and the state page."""
        return Condition(self.caught_up, self._says(), self.behind)

    def _says(self) -> str:
        parked = f"; {self.parked} appeals are parked, see natija parked" if self.parked else ""
        if self.stopped:
            return f"stopped: {self.stopped}"
        if self.trouble:
            return f"waiting: {self.trouble}{parked}"
        if self.caught_up:
            return f"caught up with the log{parked}"
        return f"catching up with the log: about {self.behind:,} records to go{parked}"
