"""The layouts of the shards as a model: who may write while their number changes, and after the database forgot one.

One partition is looked at. Two registrars come for the shard it is on, and `natija registrar shards N` shares them out
anew, twice. Any of the three may crash or be paused between any two steps, and once the database is restored to the
layout of the begin. The steps follow `natija_intake.registrar.shard_manager`, `.shards` and `.fencing`.

What `registrar` takes for granted is shown here: when one stands at the end of the log, nobody else can write it. So
the shard's lock, which only spares the two from fencing each other, is left out, and whoever asks the database is
answered: sessions that are lost leave less to be done, not more. But for the lock of who changes the layout.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from tests.model.explorer import comes_to

BOTH = (0, 1)
COMMAND = 2
LAST_GENERATION = 3

AGAIN, LATEST, READY = "again", "latest", "ready"
KNOWN, ALONE, SAME, FORGOTTEN, FINISHED = "known", "alone", "same", "forgotten", "finished"
PARTS = {
    AGAIN: "who has taken its transactional.id looks at the layout again",
    LATEST: "and asks Kafka for an id of a later generation",
    READY: "nobody takes a shard while the ids of other layouts are being fenced",
    KNOWN: "a new layout is later than every id that Kafka knows, also than those the database forgot, and fences them",
    ALONE: "one at a time lays the shards out anew",
    SAME: "only the layout whose predecessors are fenced is made ready",
    FORGOTTEN: "where Kafka knows of a layout that the database forgot, a registrar makes a later one",
    FINISHED: "a change that was cut off is finished by a registrar",
}
"""What can be taken out, and what it does."""


class Layout(NamedTuple):
    """Which layout it is; whether its shards may be taken."""

    generation: int = 1
    shards: int = 1
    ready: bool = True

    @property
    def id(self) -> tuple[int, int]:
        """The ``transactional.id`` of the shard on which the partition is, by generation and number."""
        return self.generation, self.shards - 1


FIRST = Layout()


class Process(NamedTuple):
    """A registrar, or the command: the step it takes next, and the *layout* it has taken, or is about to write."""

    at: str = "out"
    layout: Layout = FIRST


class World(NamedTuple):
    """The layout in the database, the latest generation of an id on Kafka, who may change the layout, the processes."""

    layout: Layout = FIRST
    latest: int = 0
    changing: int | None = None
    processes: tuple[Process, Process, Process] = (Process(), Process(), Process())
    changes: int = 2
    restored: bool = False

    def go(self, me: int, at: str, layout: Layout = FIRST) -> "World":
        """The process *me* is elsewhere now."""
        one, other, command = self.processes
        mine = Process(at, layout)
        return self._replace(
            processes=(mine, other, command) if me == 0 else (one, mine, command) if me == 1 else (one, other, mine)
        )

    def cut(self, me: int) -> "World":
        """Its session ends, and with it the lock."""
        return self._replace(changing=None) if self.changing == me else self

    def fenced(self, which: Callable[[Layout], bool]) -> "World":
        """Who has its ``transactional.id`` of *which* layout cannot write any more."""
        world = self
        for me, process in enumerate(self.processes):
            if process.at in ("check", "stand") and which(process.layout):
                world = world.go(me, "fenced")
        return world


class Shards:
    """The steps of registrars and command, all parts in place but the one *without*."""

    def __init__(self, without: str | None = None) -> None:
        self._without = without
        self._left_alone = cache(self._left_alone)  # type: ignore[method-assign]

    def steps(self, world: World) -> Iterator[tuple[str, World]]:
        """Every step that may come next: the processes' own, and what befalls them."""
        for me in (*BOTH, COMMAND):
            for name, after in self.own_steps(world, me):
                if after.layout.generation <= LAST_GENERATION:
                    yield f"{me}: {name}", after
            if world.processes[me].at != "out":
                yield f"{me}: crashes", world.cut(me).go(me, "out")
            if world.changing == me:
                yield f"{me}: loses its session", world.cut(me)
        if world.layout != FIRST and not world.restored:
            yield "the database is restored", world._replace(layout=FIRST, restored=True)

    def own_steps(self, world: World, me: int) -> Iterator[tuple[str, World]]:
        """What *me* may do next, in this world."""
        process = world.processes[me]
        match process.at:
            case "out" if me != COMMAND:
                yield "settles", self._settle(world, me)
            case "out" if world.changes and (world.changing is None or self._without == ALONE):
                for shards in (1, 2):
                    begun = world._replace(changes=world.changes - 1, changing=me)
                    yield f"is told {shards}", begun.go(me, "read", Layout(shards=shards))
            case "look":
                if world.layout.ready or self._without == READY:
                    yield "takes a shard", world.go(me, "fence", world.layout)
                elif world.changing is None:
                    yield "settles what is not ready", self._settle(world, me)
            case "fence":
                taken = world.fenced(lambda layout: layout.id == process.layout.id).go(me, "check", process.layout)
                yield "takes its transactional.id", taken._replace(latest=max(world.latest, process.layout.generation))
            case "check":
                superseded = world.layout != process.layout and self._without != AGAIN
                forgotten = world.latest > process.layout.generation and self._without != LATEST
                then = world.go(me, "out") if superseded or forgotten else world.go(me, "stand", process.layout)
                yield "looks at the layout again", then
            case "read" | "write" | "fence the others" | "ready":
                yield from self._lay_out(world, me, process)

    def _settle(self, world: World, me: int) -> World:
        """A registrar, when it comes into the line: is this layout the latest, and whole?"""
        forgotten = world.latest > world.layout.generation and self._without != FORGOTTEN
        cut_off = not world.layout.ready and self._without != FINISHED
        if (forgotten or cut_off) and (world.changing is None or self._without == ALONE):
            return world._replace(changing=me).go(me, "read", Layout(shards=world.layout.shards))
        return world.go(me, "look")

    def _lay_out(self, world: World, me: int, process: Process) -> Iterator[tuple[str, World]]:
        """A change of the layout, by the command or by a registrar that settles."""
        new = process.layout
        has_session = world.changing == me or self._without == ALONE
        if process.at != "fence the others" and not has_session:
            yield "learns that its session is lost", world.go(me, "out")
        elif process.at == "read":
            latest = 0 if self._without == KNOWN else world.latest
            new = Layout(max(world.layout.generation, latest) + 1, new.shards, ready=False)
            yield "reads which layouts there were", world.go(me, "write", new)
        elif process.at == "write":
            yield "writes a later one, not ready", world.go(me, "fence the others", new)._replace(layout=new)
        elif process.at == "fence the others":
            fenced = world.fenced(lambda layout: layout.generation < new.generation)
            yield "fences the others", fenced.go(me, "ready", new)
        elif process.at == "ready":
            done = world.cut(me).go(me, "out")
            if world.layout == new or self._without == SAME:
                done = done._replace(layout=new._replace(ready=True))
            yield "makes it ready", done

    # What must hold.

    def wrong(self, world: World) -> str | None:
        """What *world* breaks of what is promised, now or once one registrar has been left alone."""
        if [process.at for process in world.processes].count("stand") > 1:
            return "two stand at the end of the log, and both can write"
        return self._left_alone(world.layout, world.latest)

    def _left_alone(self, layout: Layout, latest: int) -> str | None:
        """Whatever befell them: one registrar, left alone from here on, comes to stand at the end of the log."""
        alone = World(layout, latest)
        stands = comes_to(alone, lambda world: self.own_steps(world, 0), lambda world: world.processes[0].at == "stand")
        return None if stands else "left alone, it never decides again"
