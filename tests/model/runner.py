"""A projection's runner as a model: two processes that may both believe that the partition is theirs.

The log grows meanwhile. Each process reads on from where its consumer stands, decodes one batch ahead of the one it
takes in, and takes each in as one step: rows and checkpoint in one transaction, under the checkpoint's lock. Either may
crash, be paused or be assigned the partition anew between any two steps, and once the database is restored from an
older state. The steps follow `natija_chassis.projections.runner`.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from tests.model.explorer import comes_to

LOG = 4
"""Entries the log grows to."""
LARGEST_BATCH = 2
IN_HAND = 2
BOTH = (0, 1)

SKIP, GAP, TOGETHER, PLACED, TURN, RESTORE = "skip", "gap", "together", "placed", "turn", "restore"
PARTS = {
    SKIP: "what stands at or below the checkpoint is skipped",
    GAP: "a batch that begins beyond the checkpoint's next entry is not taken in",
    TOGETHER: "rows and checkpoint are one transaction",
    PLACED: "nothing is taken in that was read before it stood at the checkpoint",
    TURN: "a batch that was read before positions were set is dropped",
    RESTORE: "who finds the checkpoint behind the one it kept goes back to it",
}
"""What can be taken out, and what it does."""


class Batch(NamedTuple):
    """Entries of the log from *begin* to before *end*."""

    begin: int
    end: int


class Process(NamedTuple):
    """One runner: where its consumer stands (None: the partition is not its own), and what it holds."""

    stands: int | None = None
    misplaced: bool = False
    """It stands where the group's offset said, and has still to go to the checkpoint."""
    in_hand: tuple[Batch, ...] = ()
    kept: int = 0
    """The checkpoint as it last wrote or read it."""
    misled: bool = False
    """The database was restored since it was placed: what it holds may begin beyond the checkpoint."""
    owes: int | None = None
    """Without TOGETHER: the checkpoint that is still to be written for rows that are."""


class World(NamedTuple):
    """The log's length, the rows (entries in the order applied), the checkpoint."""

    log: int = 0
    rows: tuple[int, ...] = ()
    checkpoint: int = 0
    processes: tuple[Process, Process] = (Process(), Process())
    restored: bool = False
    wrong: str | None = None

    def go(self, me: int, **changes: Any) -> "World":
        """The process *me* holds something else now."""
        mine = self.processes[me]._replace(**changes)
        return self._replace(processes=(mine, self.processes[1]) if me == 0 else (self.processes[0], mine))


class Runners:
    """The steps of two runners, all parts in place but the one *without*."""

    def __init__(self, without: str | None = None) -> None:
        self._without = without
        self._left_alone = cache(self._left_alone)  # type: ignore[method-assign]

    def steps(self, world: World) -> Iterator[tuple[str, World]]:
        """Every step that may come next: the runners' own, and what befalls them."""
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
            # What the group has committed may be ahead of the database: one that was restored, or two owners at once.
            in_hand = process.in_hand if self._without == TURN else ()
            yield f"{me}: is assigned", world.go(me, stands=world.log, misplaced=True, in_hand=in_hand)
            for name, after in self.own_steps(world, me):
                yield f"{me}: {name}", after

    def own_steps(self, world: World, me: int) -> Iterator[tuple[str, World]]:
        """What the runner *me* may do next, in this world."""
        process = world.processes[me]
        if process.owes is not None:
            yield "writes the checkpoint", world._replace(checkpoint=process.owes).go(me, owes=None)
            return
        if process.in_hand:
            yield "takes a batch in", self._take_in(world, me)
        if process.stands is not None and len(process.in_hand) < IN_HAND:
            for end in range(process.stands + 1, min(world.log, process.stands + LARGEST_BATCH) + 1):
                batch = Batch(process.stands, end)
                yield f"reads on to {end}", world.go(me, stands=end, in_hand=(*process.in_hand, batch))
        went_back = world.checkpoint < process.kept and self._without != RESTORE
        if process.stands is not None and (process.misplaced or went_back):
            yield "looks, and is placed", self._place(world, me)

    def _place(self, world: World, me: int) -> World:
        in_hand = world.processes[me].in_hand if self._without == TURN else ()
        checkpoint = world.checkpoint
        return world.go(me, stands=checkpoint, misplaced=False, in_hand=in_hand, kept=checkpoint, misled=False)

    def _take_in(self, world: World, me: int) -> World:
        process, checkpoint = world.processes[me], world.checkpoint
        batch, *others = process.in_hand
        world = world.go(me, in_hand=tuple(others))
        if process.misplaced and self._without != PLACED:
            return self._place(world, me)
        if batch.begin > checkpoint and self._without != GAP:
            told = None if process.misled else "records are told to be missing, and none is"
            return self._place(world, me)._replace(wrong=told)
        fresh = range(batch.begin if self._without == SKIP else max(batch.begin, checkpoint), batch.end)
        reached = max(checkpoint, batch.end)
        world = world._replace(rows=world.rows + tuple(fresh)).go(me, kept=batch.end)
        if self._without == TOGETHER:
            return world.go(me, owes=reached)
        return world._replace(checkpoint=reached)

    # What must hold.

    def wrong(self, world: World) -> str | None:
        """What *world* breaks of what is promised, now or once the first runner has been left alone."""
        if any(process.owes is not None for process in world.processes):
            return None  # between its two transactions; what a crash leaves is another world
        if world.rows != tuple(range(world.checkpoint)):
            return "the rows are not the fold of the log at their checkpoint"
        return world.wrong or self._left_alone(world._replace(processes=(world.processes[0], Process())))

    def _left_alone(self, world: World) -> str | None:
        """Whatever befell it: one runner that has the partition, left alone, takes in all that is on the log."""
        if world.processes[0].stands is None:
            return None
        end = comes_to(world, lambda world: self.own_steps(world, 0), lambda world: world.checkpoint == world.log)
        return None if end else "left alone, it stays behind the log"
