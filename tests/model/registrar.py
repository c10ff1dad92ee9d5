"""Two registrars and one shard as a model: either may crash, lose its session or be paused between any two steps.

A pause needs no step of its own: who is not chosen for a while is paused, and a zombie once its session was cut and the
other one went on. Each step is one effect that outlives a process, or one look at what others wrote; their names
follow `natija_intake.registrar.shard_owner`. Numbers of entries stand for offsets: markers and records on the wire
change nothing here.
Which ``transactional.id`` there is to take, and that taking it fences *everyone* else, is the business of `shards`.

Once, at any time, the database is restored from an older state. Sessions may outlive that or be lost in it: losing one
is a step of its own, and may come right before or after. What a decision reads of the database, heads and then the
checkpoint, is one step here: a restore and a zombie's catching up would both have to come between the two.
"""

from collections.abc import Iterator
from functools import cache

from tests.model.explorer import comes_to
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
    Database,
    Entry,
    Looking,
    Owner,
    World,
    broken,
    fold,
    on_log,
)


class Registrars:
    """The steps of two registrars, all parts in place but the one *without*."""

    def __init__(self, without: str | None = None) -> None:
        self._without = without
        self._broken = cache(self._broken)  # type: ignore[method-assign]

    def steps(self, world: World) -> Iterator[tuple[str, World]]:
        """Every step that may come next: the registrars' own, and what befalls them."""
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
                yield f"the database is restored from when it had taken in {count}", after

    def own_steps(self, world: World, me: int) -> Iterator[tuple[str, World]]:
        """What the registrar *me* may do next, in this world."""
        owner, database = world.owners[me], world.database
        match owner.at:
            case "out" if not world.lock or self._without == LOCK:
                first = "catch up" if self._without == ORDER else "fence"
                yield "takes the lock", world.go(me, at=first)._replace(lock=world.lock | {me})
            case "fence":
                yield "takes the transactional.id", self._fence(world, me)
            case "catch up":
                begins = world.go(me, at="log", logsequence=database.logsequence, inbox_next=database.inbox_next)
                yield "begins to catch up", begins.go(me, rejected_from=database.rejected_next)
            case "log":
                yield "takes in what stands on the log", self._take_in(world, me)
            case "rejected":
                yield "takes in the positions on rejected", self._take_in_rejected(world, me)
            case "stand":
                yield "reads the positions", self._stand(world, me)
            case "decide":
                yield from self._decide_write_and_keep(world, me)

    # Taking the shard.

    def _fence(self, world: World, me: int) -> World:
        other = 1 - me
        if {me, other} <= world.lock and world.fenced_by == other and world.owners[other].at != "fence":
            world = world._replace(wrong="an owner that lives and has its session is fenced, and will fence back")
        return world.go(me, at="decide" if self._without == ORDER else "catch up")._replace(fenced_by=me)

    def _take_in(self, world: World, me: int) -> World:
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

    def _take_in_rejected(self, world: World, me: int) -> World:
        owner, database = world.owners[me], world.database
        inbox_next = owner.inbox_next
        if len(world.rejected) > owner.rejected_from:
            last = world.rejected[-1].inbox + 1
            inbox_next = max(inbox_next, last)
            database = database._replace(
                inbox_next=max(database.inbox_next, last),
                rejected_next=max(database.rejected_next, len(world.rejected)),
            )
        return world.go(me, at="stand", inbox_next=inbox_next, rejected_from=0)._replace(database=database)

    def _stand(self, world: World, me: int) -> World:
        owner, database = world.owners[me], world.database
        behind = database.logsequence < owner.logsequence or database.inbox_next < owner.inbox_next
        if behind and self._without != CAUGHT_UP:
            return world.out(me)
        then = "fence" if self._without == ORDER else "decide"
        now = {"logsequence": database.logsequence, "kept": database.logsequence, "inbox_next": database.inbox_next}
        return world.go(me, at=then, **now)

    # Deciding, writing and keeping: each in the order of the batches, all three at once.

    def _decide_write_and_keep(self, world: World, me: int) -> Iterator[tuple[str, World]]:
        owner = world.owners[me]
        if owner.looking is None and owner.inbox_next < len(INBOX):
            looking = Looking(
                owner.kept, world.database.events if self._without == PENDING_FIRST else self._unkept(owner)
            )
            yield "begins to decide", world.go(me, looking=looking)
        elif owner.looking is not None:
            for size in range(1, min(LARGEST_BATCH, len(INBOX) - owner.inbox_next) + 1):
                yield f"reads the heads and decides {size}", self._decide(world, me, owner.looking, size)
        if any(batch.written is None for batch in owner.unkept):
            yield "commits", self._commit(world, me)
        if owner.unkept and (owner.unkept[0].written is not None or self._without == COMMITTED):
            yield "keeps the heads", self._keep(world, me)

    def _unkept(self, owner: Owner) -> tuple[int, ...]:
        if self._without == PENDING:
            return ()
        return tuple(entry.inbox for batch in owner.unkept for entry in on_log(batch.entries))

    def _decide(self, world: World, me: int, looking: Looking, size: int) -> World:
        owner = world.owners[me]
        if world.database.logsequence < looking.kept and self._without != NOT_RESTORED:
            return world.out(me)
        read = self._unkept(owner) if self._without == PENDING_FIRST else world.database.events
        known = {INBOX[event] for event in looking.known + read}
        logsequence, entries = owner.logsequence, []
        for inbox in range(owner.inbox_next, owner.inbox_next + size):
            new = INBOX[inbox] not in known
            known.add(INBOX[inbox])
            logsequence += new
            entries.append(Entry(inbox, logsequence if new else 0))
        unkept = (*owner.unkept, Batch(tuple(entries)))
        return world.go(me, logsequence=logsequence, inbox_next=owner.inbox_next + size, unkept=unkept, looking=None)

    def _commit(self, world: World, me: int) -> World:
        if world.fenced_by != me and self._without != FENCE:
            return world.out(me)
        unkept = list(world.owners[me].unkept)
        place = next(place for place, batch in enumerate(unkept) if batch.written is None)
        world = world._replace(committed=world.committed + unkept[place].entries)
        any_rejected = len(on_log(unkept[place].entries)) < len(unkept[place].entries)
        unkept[place] = unkept[place]._replace(written=len(world.rejected) if any_rejected else 0)
        return world.go(me, unkept=tuple(unkept))

    def _keep(self, world: World, me: int) -> World:
        owner, database = world.owners[me], world.database
        if database.logsequence != owner.kept and self._without != GUARD:
            return world.out(me)
        batch, *unkept = owner.unkept
        fresh = tuple(entry.inbox for entry in on_log(batch.entries))
        kept = owner.kept + len(fresh)
        database = Database(
            events=database.events + fresh,
            logsequence=kept,
            inbox_next=max(database.inbox_next, batch.entries[-1].inbox + 1),
            rejected_next=max(database.rejected_next, batch.written or 0),
        )
        return world.go(me, kept=kept, unkept=tuple(unkept))._replace(database=database)

    # What must hold.

    def wrong(self, world: World) -> str | None:
        """What *world* breaks of what is promised, now or once one registrar has been left alone."""
        return world.wrong or self._broken(world.committed, world.database)

    def _broken(self, committed: tuple[Entry, ...], database: Database) -> str | None:
        if what := broken(committed, database):
            return what
        # Whatever befell them: one process, left alone from here on, brings everything to its end.
        alone = World(committed, database=database)
        at_the_end = comes_to(
            alone, lambda world: self.own_steps(world, 0), lambda world: len(world.committed) == len(INBOX)
        )
        return None if at_the_end else "left alone, it never decides all proposals"
