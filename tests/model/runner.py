"""A projection's runner as a model: two processes that may both believe that they own the partition.

The log grows meanwhile. Each process reads on from its consumer's position and decodes one batch ahead. It applies each
batch as one step: rows and checkpoint in one transaction, under the checkpoint's lock. Either may crash, be paused, or
be assigned the partition again between any two steps. Once the database is restored from an older state. The steps
follow `Runner` and `PartitionPositions` of `natija_chassis.projections`.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from tests.model.explorer import reaches

LOG = 4
"""The number of entries that the log grows to."""
LARGEST_BATCH = 2
MAX_FETCHED = 2
BOTH = (0, 1)

SKIP, GAP, TOGETHER, PLACED, TURN, RESTORE = "skip", "gap", "together", "placed", "turn", "restore"
PARTS = {
    SKIP: "entries at or below the checkpoint are skipped",
    GAP: "a batch that begins beyond the checkpoint's next entry is not applied",
    TOGETHER: "rows and checkpoint are saved in one transaction",
    PLACED: "a batch that was read before the consumer was at the checkpoint is not applied",
    TURN: "a batch that was read before positions were set is dropped",
    RESTORE: "a runner that finds the checkpoint behind the one it saved seeks back to it",
}
"""The parts that a mutant takes out, and what each ensures."""


class Batch(NamedTuple):
    """Entries of the log from *begin* to before *end*."""

    begin: int
    end: int


class Process(NamedTuple):
    """One runner: its consumer's *position* (None: the partition is not assigned to it), and its memory."""

    position: int | None = None
    misplaced: bool = False
    """Its position is the group's offset; it has not sought to the checkpoint yet."""
    fetched: tuple[Batch, ...] = ()
    saved: int = 0
    """The checkpoint as it last saved or read it."""
    misled: bool = False
    """The database was restored since it last sought: its batches may begin beyond the checkpoint."""
    unsaved: int | None = None
    """Without TOGETHER: the checkpoint of rows that are saved, not saved itself yet."""


class World(NamedTuple):
    """The log's length, the rows (entries in the order applied), the checkpoint."""

    log: int = 0
    rows: tuple[int, ...] = ()
    checkpoint: int = 0
    processes: tuple[Process, Process] = (Process(), Process())
    restored: bool = False
    violation: str | None = None

    def go(self, me: int, **changes: Any) -> "World":
        """The world in which the process *me* has *changes*."""
        mine = self.processes[me]._replace(**changes)
        return self._replace(processes=(mine, self.processes[1]) if me == 0 else (self.processes[0], mine))


class Runners:
    """The steps of two runners, without the part *without*."""

    def __init__(self, without: str | None = None) -> None:
        self._without = without
        self._run_alone = cache(self._run_alone)  # type: ignore[method-assign]

    def steps(self, world: World) -> Iterator[tuple[str, World]]:
        """Every step that may come next: the runners' own, crashes, assignments, and the restore."""
        if world.log < LOG:
            yield "the log grows", world._replace(log=world.log + 1)
        if not world.restored:
            for count in range(world.checkpoint):
                older = world._replace(rows=world.rows[:count], checkpoint=count, restored=True)
                yield f"the database is restored from {count}", older.go(0, misled=True).go(1, misled=True)
        for me in BOTH:
            process = world.processes[me]
            if process != Process():
                yield f"{me}: crashes", world.go(me, **Process()._asdict())
            # The group's offset may be ahead of the database: it was restored, or two owners were active.
            fetched = process.fetched if self._without == TURN else ()
            yield f"{me}: is assigned", world.go(me, position=world.log, misplaced=True, fetched=fetched)
            for name, after in self.own_steps(world, me):
                yield f"{me}: {name}", after

    def own_steps(self, world: World, me: int) -> Iterator[tuple[str, World]]:
        """The steps that the runner *me* may take next."""
        process = world.processes[me]
        if process.unsaved is not None:
            yield "saves the checkpoint", world._replace(checkpoint=process.unsaved).go(me, unsaved=None)
            return
        if process.fetched:
            yield "applies a batch", self._apply(world, me)
        if process.position is not None and len(process.fetched) < MAX_FETCHED:
            for end in range(process.position + 1, min(world.log, process.position + LARGEST_BATCH) + 1):
                batch = Batch(process.position, end)
                yield f"reads on to {end}", world.go(me, position=end, fetched=(*process.fetched, batch))
        went_back = world.checkpoint < process.saved and self._without != RESTORE
        if process.position is not None and (process.misplaced or went_back):
            yield "seeks to the checkpoint", self._seek(world, me)

    def _seek(self, world: World, me: int) -> World:
        fetched = world.processes[me].fetched if self._without == TURN else ()
        checkpoint = world.checkpoint
        return world.go(me, position=checkpoint, misplaced=False, fetched=fetched, saved=checkpoint, misled=False)

    def _apply(self, world: World, me: int) -> World:
        process, checkpoint = world.processes[me], world.checkpoint
        batch, *others = process.fetched
        world = world.go(me, fetched=tuple(others))
        if process.misplaced and self._without != PLACED:
            return self._seek(world, me)
        if batch.begin > checkpoint and self._without != GAP:
            violation = None if process.misled else "records are reported missing, and none is"
            return self._seek(world, me)._replace(violation=violation)
        fresh = range(batch.begin if self._without == SKIP else max(batch.begin, checkpoint), batch.end)
        reached = max(checkpoint, batch.end)
        world = world._replace(rows=world.rows + tuple(fresh)).go(me, saved=batch.end)
        if self._without == TOGETHER:
            return world.go(me, unsaved=reached)
        return world._replace(checkpoint=reached)

    # What must hold.

    def violation(self, world: World) -> str | None:
        """The promise that *world* breaks, now or after the first runner has run alone; or None."""
        if any(process.unsaved is not None for process in world.processes):
            return None  # between its two transactions; a crash leads to another world
        if world.rows != tuple(range(world.checkpoint)):
            return "the rows are not the fold of the log at their checkpoint"
        return world.violation or self._run_alone(world._replace(processes=(world.processes[0], Process())))

    def _run_alone(self, world: World) -> str | None:
        """After any history, one runner that has the partition and runs alone applies the whole log."""
        if world.processes[0].position is None:
            return None
        catches_up = reaches(world, lambda world: self.own_steps(world, 0), lambda world: world.checkpoint == world.log)
        return None if catches_up else "alone, it stays behind the log"
