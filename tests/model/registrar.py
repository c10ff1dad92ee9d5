"""Two registrars and one shard as a model: either may crash, lose its session or be paused between any two steps.

A pause needs no step of its own: a process that takes no step for a while is paused. It is a zombie once its session is
lost and the other process has taken over. Each step is one effect that outlives a process, or one read of what others
wrote. The names follow `natija_intake.registrar.shards.takeover` and `.pipeline`. Numbers of entries stand for offsets:
transaction markers change nothing here. The model `shards` covers which ``transactional.id`` an owner takes, and that
it fences *every* other owner.

Once, at any time, the database is restored from an older state. Sessions may survive that or be lost in it. The loss
of a session is a separate step. A decision reads heads and then the checkpoint. That is one step here: only a restore
and a zombie's catch-up together, between the two reads, could matter.
"""

from collections.abc import Iterator
from functools import cache

from tests.model.explorer import reaches
from tests.model.registrar_world import (
    BOTH,
    CAUGHT_UP,
    COMMITTED,
    FENCE,
    GAP,
    GUARD,
    INBOX,
    LARGEST_BATCH,
    LOCK,
    NOT_RESTORED,
    ORDER,
    PENDING,
    PENDING_FIRST,
    SKIP,
    Batch,
    BegunDecision,
    Database,
    Entry,
    Owner,
    World,
    broken,
    fold,
    on_log,
)


class Registrars:
    """The steps of two registrars, without the part *without*."""

    def __init__(self, without: str | None = None) -> None:
        self._without = without
        self._broken = cache(self._broken)  # type: ignore[method-assign]

    def steps(self, world: World) -> Iterator[tuple[str, World]]:
        """Every step that may come next: the registrars' own, crashes, lost sessions, and the restore."""
        for me in BOTH:
            for name, after in self.own_steps(world, me):
                yield f"{me}: {name}", after
            if world.owners[me].at != "out":
                yield f"{me}: crashes", world.out(me)
            if me in world.lock:
                yield f"{me}: loses its session", world._replace(lock=world.lock - {me})
        if not world.restored:
            for count in range(world.database.inbox_next):
                after = world._replace(database=fold(world.committed[:count]), restored=True)
                yield f"the database is restored from {count} entries", after

    def own_steps(self, world: World, me: int) -> Iterator[tuple[str, World]]:
        """The steps that the registrar *me* may take next."""
        owner, database = world.owners[me], world.database
        match owner.at:
            case "out" if not world.lock or self._without == LOCK:
                first = "catch up" if self._without == ORDER else "fence"
                yield "acquires the lock", world.go(me, at=first)._replace(lock=world.lock | {me})
            case "fence":
                yield "initializes the transactional.id", self._fence(world, me)
            case "catch up":
                begins = world.go(me, at="log", logsequence=database.logsequence, inbox_next=database.inbox_next)
                yield "begins to catch up", begins.go(me, rejected_from=database.rejected_next)
            case "log":
                yield "applies the log", self._apply(world, me)
            case "rejected":
                yield "notes the offsets on rejected", self._note_rejected(world, me)
            case "load":
                yield "loads checkpoint and offsets", self._load_caught_up(world, me)
            case "decide":
                yield from self._decide_write_and_persist(world, me)

    # Takeover.

    def _fence(self, world: World, me: int) -> World:
        other = 1 - me
        if {me, other} <= world.lock and world.fenced_by == other and world.owners[other].at != "fence":
            world = world._replace(violation="a live owner with a session is fenced, and will fence back")
        return world.go(me, at="decide" if self._without == ORDER else "catch up")._replace(fenced_by=me)

    def _apply(self, world: World, me: int) -> World:
        owner, database = world.owners[me], world.database
        read = world.log[owner.logsequence :]
        fresh = tuple(entry for entry in read if entry.logsequence > database.logsequence or self._without == SKIP)
        if fresh and fresh[0].logsequence > database.logsequence + 1 and self._without != GAP:
            return world.out(me)
        if fresh:
            database = database._replace(
                events=database.events + tuple(entry.inbox for entry in fresh),
                logsequence=fresh[-1].logsequence,
                inbox_next=max(database.inbox_next, fresh[-1].inbox + 1),
            )
        if read:
            now = {"logsequence": read[-1].logsequence, "inbox_next": max(owner.inbox_next, read[-1].inbox + 1)}
            world = world.go(me, **now)
        return world.go(me, at="rejected")._replace(database=database)

    def _note_rejected(self, world: World, me: int) -> World:
        owner, database = world.owners[me], world.database
        inbox_next = owner.inbox_next
        if len(world.rejected) > owner.rejected_from:
            last = world.rejected[-1].inbox + 1
            inbox_next = max(inbox_next, last)
            database = database._replace(
                inbox_next=max(database.inbox_next, last),
                rejected_next=max(database.rejected_next, len(world.rejected)),
            )
        return world.go(me, at="load", inbox_next=inbox_next, rejected_from=0)._replace(database=database)

    def _load_caught_up(self, world: World, me: int) -> World:
        owner, database = world.owners[me], world.database
        behind = database.logsequence < owner.logsequence or database.inbox_next < owner.inbox_next
        if behind and self._without != CAUGHT_UP:
            return world.out(me)
        then = "fence" if self._without == ORDER else "decide"
        now = {
            "logsequence": database.logsequence,
            "persisted": database.logsequence,
            "inbox_next": database.inbox_next,
        }
        return world.go(me, at=then, **now)

    # The pipeline: it decides, writes and persists at once, each in the order of the batches.

    def _decide_write_and_persist(self, world: World, me: int) -> Iterator[tuple[str, World]]:
        owner = world.owners[me]
        if owner.begun is None and owner.inbox_next < len(INBOX):
            begun = BegunDecision(
                owner.persisted, world.database.events if self._without == PENDING_FIRST else self._pending(owner)
            )
            yield "begins to decide", world.go(me, begun=begun)
        elif owner.begun is not None:
            for size in range(1, min(LARGEST_BATCH, len(INBOX) - owner.inbox_next) + 1):
                yield f"reads the heads and decides {size}", self._decide(world, me, owner.begun, size)
        if any(batch.written is None for batch in owner.pending):
            yield "commits", self._commit(world, me)
        if owner.pending and (owner.pending[0].written is not None or self._without == COMMITTED):
            yield "persists the heads", self._persist(world, me)

    def _pending(self, owner: Owner) -> tuple[int, ...]:
        if self._without == PENDING:
            return ()
        return tuple(entry.inbox for batch in owner.pending for entry in on_log(batch.entries))

    def _decide(self, world: World, me: int, begun: BegunDecision, size: int) -> World:
        owner = world.owners[me]
        if world.database.logsequence < begun.persisted and self._without != NOT_RESTORED:
            return world.out(me)
        read = self._pending(owner) if self._without == PENDING_FIRST else world.database.events
        known = {INBOX[event] for event in begun.known + read}
        logsequence, entries = owner.logsequence, []
        for inbox in range(owner.inbox_next, owner.inbox_next + size):
            new = INBOX[inbox] not in known
            known.add(INBOX[inbox])
            logsequence += new
            entries.append(Entry(inbox, logsequence if new else 0))
        pending = (*owner.pending, Batch(tuple(entries)))
        return world.go(me, logsequence=logsequence, inbox_next=owner.inbox_next + size, pending=pending, begun=None)

    def _commit(self, world: World, me: int) -> World:
        if world.fenced_by != me and self._without != FENCE:
            return world.out(me)
        pending = list(world.owners[me].pending)
        place = next(place for place, batch in enumerate(pending) if batch.written is None)
        world = world._replace(committed=world.committed + pending[place].entries)
        any_rejected = len(on_log(pending[place].entries)) < len(pending[place].entries)
        pending[place] = pending[place]._replace(written=len(world.rejected) if any_rejected else 0)
        return world.go(me, pending=tuple(pending))

    def _persist(self, world: World, me: int) -> World:
        owner, database = world.owners[me], world.database
        if database.logsequence != owner.persisted and self._without != GUARD:
            return world.out(me)
        batch, *pending = owner.pending
        fresh = tuple(entry.inbox for entry in on_log(batch.entries))
        persisted = owner.persisted + len(fresh)
        database = Database(
            events=database.events + fresh,
            logsequence=persisted,
            inbox_next=max(database.inbox_next, batch.entries[-1].inbox + 1),
            rejected_next=max(database.rejected_next, batch.written or 0),
        )
        return world.go(me, persisted=persisted, pending=tuple(pending))._replace(database=database)

    # What must hold.

    def violation(self, world: World) -> str | None:
        """The promise that *world* breaks, now or after one registrar has run alone; or None."""
        return world.violation or self._broken(world.committed, world.database)

    def _broken(self, committed: tuple[Entry, ...], database: Database) -> str | None:
        if what := broken(committed, database):
            return what
        # Whatever happened: one process that runs alone from here decides everything.
        alone = World(committed, database=database)
        finishes = reaches(
            alone, lambda world: self.own_steps(world, 0), lambda world: len(world.committed) == len(INBOX)
        )
        return None if finishes else "alone, it never decides all proposals"
