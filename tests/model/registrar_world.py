"""What there is in the model of two registrars: Kafka, the database, the two; what can be taken out; what must hold."""

from collections.abc import Iterable
from typing import Any, NamedTuple

INBOX = ("a", "b", "a")
"""Ids of the proposals, in order: the last one is a duplicate of the first, and must be rejected."""
LARGEST_BATCH = 2
BOTH = (0, 1)

FENCE, LOCK, ORDER = "fence", "lock", "order"
SKIP, GAP, CAUGHT_UP = "skip", "gap", "caught_up"
PENDING, PENDING_FIRST, NOT_RESTORED = "pending", "pending_first", "not_restored"
COMMITTED, GUARD = "committed", "guard"
PARTS = {
    FENCE: "Kafka refuses a producer whose transactional.id somebody took after it",
    LOCK: "only who has the shard's lock takes its transactional.id",
    ORDER: "the fence comes before the position",
    SKIP: "catching up skips what stands at or below the checkpoint",
    GAP: "catching up takes nothing in that does not follow the checkpoint",
    CAUGHT_UP: "the positions are not behind what it has just caught up with",
    PENDING: "it decides also on its batches whose heads are not kept yet",
    PENDING_FIRST: "those are noted before the heads are read, not after",
    NOT_RESTORED: "it decides nothing when the checkpoint is behind what it has kept",
    COMMITTED: "heads are kept only of a batch that is committed",
    GUARD: "heads are kept only where the checkpoint is still the one it has kept",
}
"""What can be taken out, and what it does."""


class Entry(NamedTuple):
    """A committed outcome: of the proposal at *inbox*, on the log with *logsequence*, or on rejected (0)."""

    inbox: int
    logsequence: int


class Database(NamedTuple):
    """The events taken in (their inbox places, in order), the checkpoint, and both positions."""

    events: tuple[int, ...] = ()
    logsequence: int = 0
    inbox_next: int = 0
    rejected_next: int = 0


class Batch(NamedTuple):
    """What was decided; where rejected ends with it (or 0), once it is *written*."""

    entries: tuple[Entry, ...]
    written: int | None = None


class Looking(NamedTuple):
    """A decision that has begun: the checkpoint this owner had kept by then, and the events it knew before it reads."""

    kept: int
    known: tuple[int, ...]


class Owner(NamedTuple):
    """One registrar: the step it takes next, and what it holds in memory."""

    at: str = "out"
    rejected_from: int = 0
    logsequence: int = 0
    """Up to where it has read the log; once it decides, the last number it gave."""
    inbox_next: int = 0
    kept: int = 0
    """The logsequence of the checkpoint as it left it."""
    unkept: tuple[Batch, ...] = ()
    """Its batches on their way, the oldest first: decided, then written, then kept."""
    looking: Looking | None = None


class World(NamedTuple):
    """What is committed on Kafka, who may commit, whose sessions hold the lock, the database, the registrars."""

    committed: tuple[Entry, ...] = ()
    fenced_by: int | None = None
    lock: frozenset[int] = frozenset()
    database: Database = Database()
    owners: tuple[Owner, Owner] = (Owner(), Owner())
    restored: bool = False
    wrong: str | None = None

    @property
    def log(self) -> tuple[Entry, ...]:
        return on_log(self.committed)

    @property
    def rejected(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.committed if not entry.logsequence)

    def go(self, me: int, **changes: Any) -> "World":
        """The owner *me* holds something else now."""
        mine = self.owners[me]._replace(**changes)
        return self._replace(owners=(mine, self.owners[1]) if me == 0 else (self.owners[0], mine))

    def out(self, me: int) -> "World":
        """The process ends: memory and session go; what it wrote, and its fence, stay."""
        return self.go(me, **Owner()._asdict())._replace(lock=self.lock - {me})


def on_log(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Those of *entries* that are events."""
    return tuple(entry for entry in entries if entry.logsequence)


def fold(committed: tuple[Entry, ...]) -> Database:
    """What a database holds that has taken in *committed*."""
    events = tuple(entry.inbox for entry in on_log(committed))
    return Database(events, len(events), len(committed), len(committed) - len(events))


def broken(committed: tuple[Entry, ...], database: Database) -> str | None:
    """What these break of: each proposal once, in order, the log gapless, the database its fold."""
    log = on_log(committed)
    if [entry.inbox for entry in committed] != list(range(len(committed))):
        return "a proposal is decided twice, or passed over"
    if [entry.logsequence for entry in log] != list(range(1, len(log) + 1)):
        return "logsequence has a gap or stands twice"
    if len({INBOX[entry.inbox] for entry in log}) != len(log):
        return "an event stands on the log twice"
    if database.events != tuple(entry.inbox for entry in log[: database.logsequence]):
        return "the heads are not the fold of the log at their checkpoint"
    if database.inbox_next > len(committed):
        return "the position is beyond what is decided"
    return None
