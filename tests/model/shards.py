"""Shard layouts as a model: which registrar may write while the layout changes, and after the database forgot one.

The model has one partition. Two registrars want the shard that it is on, and `natija registrar shards N` changes the
layout twice. Any of the three may crash or be paused between any two steps, and once the database is restored to the
first layout. The steps follow `natija_intake.registrar.shards.manager`, `.takeover` and `.fencing`.

It proves what the model `registrar` assumes: while one owner decides, nobody else can write. So the shard's lock, which
only keeps two owners from fencing each other, is not part of it. The database always answers, because a lost session
allows fewer steps, not more; the lock for changing the layout is the exception.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from tests.model.explorer import reaches

BOTH = (0, 1)
COMMAND = 2
LAST_GENERATION = 3

AGAIN, LATEST, READY = "again", "latest", "ready"
KNOWN, ALONE, SAME, FORGOTTEN, FINISHED = "known", "alone", "same", "forgotten", "finished"
PARTS = {
    AGAIN: "an owner reads the layout again after it has initialized its transactional.id",
    LATEST: "and asks Kafka for ids of a later generation",
    READY: "nobody acquires a shard while ids of earlier layouts are being fenced",
    KNOWN: "a new layout is later than every id that Kafka knows, also than forgotten ones, and fences them",
    ALONE: "one process at a time changes the layout",
    SAME: "only the layout whose predecessors are fenced is activated",
    FORGOTTEN: "when Kafka knows a layout that the database forgot, a registrar creates a later one",
    FINISHED: "a registrar finishes a change whose process died",
}
"""The parts that a mutant takes out, and what each ensures."""


class Layout(NamedTuple):
    """A layout; while it is not *ready* no shard is acquired."""

    generation: int = 1
    shards: int = 1
    ready: bool = True

    @property
    def id(self) -> tuple[int, int]:
        """The ``transactional.id`` of the partition's shard: generation and number."""
        return self.generation, self.shards - 1


FIRST = Layout()


class Process(NamedTuple):
    """A registrar or the command: its next step, and the *layout* that it has acquired or is about to save."""

    at: str = "out"
    layout: Layout = FIRST


class World(NamedTuple):
    """The layout in the database, the latest generation on Kafka, the holder of the layout lock, the processes."""

    layout: Layout = FIRST
    latest: int = 0
    changing: int | None = None
    processes: tuple[Process, Process, Process] = (Process(), Process(), Process())
    changes: int = 2
    restored: bool = False

    def go(self, me: int, at: str, layout: Layout = FIRST) -> "World":
        """The world in which the process *me* has another next step."""
        one, other, command = self.processes
        mine = Process(at, layout)
        return self._replace(
            processes=(mine, other, command) if me == 0 else (one, mine, command) if me == 1 else (one, other, mine)
        )

    def cut(self, me: int) -> "World":
        """The world in which its session has ended, and with it the lock."""
        return self._replace(changing=None) if self.changing == me else self

    def fenced(self, which: Callable[[Layout], bool]) -> "World":
        """The world in which owners of *which* layouts cannot write any more."""
        world = self
        for me, process in enumerate(self.processes):
            if process.at in ("check", "deciding") and which(process.layout):
                world = world.go(me, "fenced")
        return world


class Shards:
    """The steps of registrars and command, without the part *without*."""

    def __init__(self, without: str | None = None) -> None:
        self._without = without
        self._run_alone = cache(self._run_alone)  # type: ignore[method-assign]

    def steps(self, world: World) -> Iterator[tuple[str, World]]:
        """Every step that may come next: the processes' own, crashes, lost sessions, and the restore."""
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
        """The steps that *me* may take next."""
        process = world.processes[me]
        match process.at:
            case "out" if me != COMMAND:
                yield "ensures the layout", self._ensure_layout(world, me)
            case "out" if world.changes and (world.changing is None or self._without == ALONE):
                for shards in (1, 2):
                    begun = world._replace(changes=world.changes - 1, changing=me)
                    yield f"is told {shards}", begun.go(me, "read", Layout(shards=shards))
            case "look":
                if world.layout.ready or self._without == READY:
                    yield "acquires the shard", world.go(me, "fence", world.layout)
                elif world.changing is None:
                    yield "ensures a layout that is not ready", self._ensure_layout(world, me)
            case "fence":
                taken = world.fenced(lambda layout: layout.id == process.layout.id).go(me, "check", process.layout)
                yield (
                    "initializes its transactional.id",
                    taken._replace(latest=max(world.latest, process.layout.generation)),
                )
            case "check":
                superseded = world.layout != process.layout and self._without != AGAIN
                forgotten = world.latest > process.layout.generation and self._without != LATEST
                then = world.go(me, "out") if superseded or forgotten else world.go(me, "deciding", process.layout)
                yield "reads the layout again", then
            case "read" | "write" | "fence the others" | "ready":
                yield from self._change_layout(world, me, process)

    def _ensure_layout(self, world: World, me: int) -> World:
        """A registrar that has connected: is this layout the latest, and ready?"""
        forgotten = world.latest > world.layout.generation and self._without != FORGOTTEN
        cut_off = not world.layout.ready and self._without != FINISHED
        if (forgotten or cut_off) and (world.changing is None or self._without == ALONE):
            return world._replace(changing=me).go(me, "read", Layout(shards=world.layout.shards))
        return world.go(me, "look")

    def _change_layout(self, world: World, me: int, process: Process) -> Iterator[tuple[str, World]]:
        """A change of the layout, by the command or by a registrar."""
        new = process.layout
        has_session = world.changing == me or self._without == ALONE
        if process.at != "fence the others" and not has_session:
            yield "learns that its session is lost", world.go(me, "out")
        elif process.at == "read":
            latest = 0 if self._without == KNOWN else world.latest
            new = Layout(max(world.layout.generation, latest) + 1, new.shards, ready=False)
            yield "reads the latest generation", world.go(me, "write", new)
        elif process.at == "write":
            yield "saves a later layout, not ready", world.go(me, "fence the others", new)._replace(layout=new)
        elif process.at == "fence the others":
            fenced = world.fenced(lambda layout: layout.generation < new.generation)
            yield "fences earlier owners", fenced.go(me, "ready", new)
        elif process.at == "ready":
            done = world.cut(me).go(me, "out")
            if world.layout == new or self._without == SAME:
                done = done._replace(layout=new._replace(ready=True))
            yield "activates it", done

    # What must hold.

    def violation(self, world: World) -> str | None:
        """The promise that *world* breaks, now or after one registrar has run alone; or None."""
        if [process.at for process in world.processes].count("deciding") > 1:
            return "two owners decide, and both can write"
        return self._run_alone(world.layout, world.latest)

    def _run_alone(self, layout: Layout, latest: int) -> str | None:
        """After any history, one registrar that runs alone from here decides in the end."""
        alone = World(layout, latest)
        decides = reaches(
            alone, lambda world: self.own_steps(world, 0), lambda world: world.processes[0].at == "deciding"
        )
        return None if decides else "alone, it never decides again"
