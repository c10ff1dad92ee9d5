"""The phases of a projection runner, and what may interrupt it."""

import asyncio
import logging
from enum import Enum

from natija_chassis.observability.logs import sanitised
from natija_chassis.projections.progress import Progress

log = logging.getLogger(__name__)


class Phase(Enum):
    """Where a runner is between its start and its end.

    ::

        UNASSIGNED --assign--> UNPLACED --placed--> PLACED
             ^                  |   ^                 |
             +------revoke------+   +-----unplace-----+    a gap, a restored or a dropped database
             +---------------------revoke-------------+
        any of these --stop--> STOPPED      any of these --close--> CLOSED
    """

    UNASSIGNED = "unassigned"
    """The consumer group has given this process no partitions. A batch still in hand is given up."""
    UNPLACED = "unplaced"
    """It has partitions, but does not read from the checkpoints on: records are dropped, not applied."""
    PLACED = "placed"
    """It reads from the checkpoints on: records are applied."""
    STOPPED = "stopped"
    """Final: an operator must act. The process stays up, so that its page can say why."""
    CLOSED = "closed"
    """Final: the process ends."""


class RunnerState:
    """The phase of one runner, and what its *progress* tells the pages about it."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.phase = Phase.UNASSIGNED
        self.interrupted = asyncio.Event()
        """Set while nothing is to be applied or waited for: without partitions, and in the final phases."""
        self.interrupted.set()
        self.stopped = asyncio.Event()
        """Set for good in phase STOPPED."""

    def assign(self, partitions: frozenset[int]) -> None:
        """These *partitions* are this process' now."""
        self._enter(Phase.UNPLACED)
        self.progress.assign(partitions)

    def revoke(self) -> None:
        """No partition is this process' any more."""
        self._enter(Phase.UNASSIGNED)
        self.progress.assign(None)

    def placed(self) -> bool:
        """It stands at the checkpoints. False when its partitions were taken away, or it ended, meanwhile."""
        if self.phase is Phase.UNPLACED:
            self._enter(Phase.PLACED)
        return self.phase is Phase.PLACED

    def unplace(self) -> None:
        """It does not stand at the checkpoints any more."""
        if self.phase is Phase.PLACED:
            self._enter(Phase.UNPLACED)

    def stop(self, reason: str) -> None:
        """Apply nothing more until an operator has acted on *reason*."""
        log.error("%s stopped: %s", self.progress.service, reason)
        self.progress.stopped = reason
        self._enter(Phase.STOPPED)
        self.stopped.set()

    def close(self) -> None:
        """The process ends."""
        self._enter(Phase.CLOSED)

    def _enter(self, phase: Phase) -> None:
        if self.phase in (Phase.STOPPED, Phase.CLOSED):
            return
        self.phase = phase
        if phase in (Phase.UNPLACED, Phase.PLACED):
            self.interrupted.clear()
        else:
            self.interrupted.set()

    def set_blocked(self, what: str, error: BaseException) -> None:
        """It cannot go on for now: *what* failed, with *error*. Logged once, until it changes."""
        text = f"{what}: {sanitised(error)}"
        if self.progress.blocked != text:
            log.warning("%s: waiting: %s", self.progress.service, text)
        self.progress.blocked = text

    def unblock(self) -> None:
        """It goes on."""
        self.progress.blocked = None
