"""The state of the model of two registrars: Kafka, the database, both processes; its parts; what must hold."""

from collections.abc import Iterable
from typing import Any, NamedTuple

INBOX = ("a", "b", "a")
"""Ids of the proposals, in order: the last one duplicates the first, and must be rejected."""
LARGEST_BATCH = 2
BOTH = (0, 1)

FENCE, LOCK, ORDER = "fence", "lock", "order"
SKIP, GAP, CAUGHT_UP = "skip", "gap", "caught_up"
PENDING, PENDING_FIRST, NOT_RESTORED = "pending", "pending_first", "not_restored"
COMMITTED, GUARD = "committed", "guard"
PARTS = {
    FENCE: "Kafka refuses a producer after another one has initialized its transactional.id",
    LOCK: "only the holder of the shard's lock initializes its transactional.id",
    ORDER: "the fence comes before the inbox offsets are read",
    SKIP: "catching up skips entries at or below the checkpoint",
    GAP: "catching up applies only entries that follow the checkpoint",
    CAUGHT_UP: "the offsets in the database are not behind what it has just caught up with",
    PENDING: "it decides on its pending batches, too, whose heads are not in the database yet",
    PENDING_FIRST: "it notes the pending batches before it reads the heads, not after",
    NOT_RESTORED: "it decides nothing when the checkpoint is behind the one it has persisted",
    COMMITTED: "it persists heads only after their batch is committed",
    GUARD: "it persists heads only when the checkpoint is still the one it has persisted",
}
"""The parts that a mutant takes out, and what each ensures."""


class Entry(NamedTuple):
    """A committed outcome of the proposal at offset *inbox*: on the log with *logsequence*, or on rejected (0)."""

    inbox: int
    logsequence: int


class Database(NamedTuple):
    """The applied events (their inbox offsets, in order), the checkpoint, and the offsets on inbox and rejected."""

    events: tuple[int, ...] = ()
    logsequence: int = 0
    inbox_next: int = 0
    rejected_next: int = 0


class Batch(NamedTuple):
    """A decided batch. *written* is None before its commit, then the end of rejected with it (or 0)."""

    entries: tuple[Entry, ...]
    written: int | None = None


class BegunDecision(NamedTuple):
    """A decision that has begun: the persisted checkpoint and the known events, before the owner reads the heads."""

    persisted: int
    known: tuple[int, ...]


class Owner(NamedTuple):
    """One registrar: the step it takes next, and what it holds in memory."""

    at: str = "out"
    rejected_from: int = 0
    logsequence: int = 0
    """The last logsequence it has read; once it decides, the last one it assigned."""
    inbox_next: int = 0
    persisted: int = 0
    """The logsequence of the checkpoint that it has persisted."""
    pending: tuple[Batch, ...] = ()
    """Its pending batches, the oldest first: decided or written, and not persisted."""
    begun: BegunDecision | None = None


class World(NamedTuple):
    """Committed entries, the last owner that fenced, the holders of the lock, the database, the registrars."""

    committed: tuple[Entry, ...] = ()
    fenced_by: int | None = None
    lock: frozenset[int] = frozenset()
    database: Database = Database()
    owners: tuple[Owner, Owner] = (Owner(), Owner())
    restored: bool = False
    violation: str | None = None

    @property
    def log(self) -> tuple[Entry, ...]:
        return on_log(self.committed)

    @property
    def rejected(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.committed if not entry.logsequence)

    def go(self, me: int, **changes: Any) -> "World":
        """The world in which the owner *me* has *changes*."""
        mine = self.owners[me]._replace(**changes)
        return self._replace(owners=(mine, self.owners[1]) if me == 0 else (self.owners[0], mine))

    def out(self, me: int) -> "World":
        """The world in which the process *me* has ended: memory and session are gone, its writes and its fence stay."""
        return self.go(me, **Owner()._asdict())._replace(lock=self.lock - {me})


def on_log(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The *entries* that are on the log."""
    return tuple(entry for entry in entries if entry.logsequence)


def fold(committed: tuple[Entry, ...]) -> Database:
    """The database after *committed* is applied."""
    events = tuple(entry.inbox for entry in on_log(committed))
    return Database(events, len(events), len(committed), len(committed) - len(events))


def broken(committed: tuple[Entry, ...], database: Database) -> str | None:
    """The broken promise, or None: each proposal once and in order, the log gapless, the database its fold."""
    log = on_log(committed)
    if [entry.inbox for entry in committed] != list(range(len(committed))):
        return "a proposal is decided twice or skipped"
    if [entry.logsequence for entry in log] != list(range(1, len(log) + 1)):
        return "logsequence has a gap or a duplicate"
    if len({INBOX[entry.inbox] for entry in log}) != len(log):
        return "an event is on the log twice"
    if database.events != tuple(entry.inbox for entry in log[: database.logsequence]):
        return "the heads are not the fold of the log at their checkpoint"
    if database.inbox_next > len(committed):
        return "the inbox offset is beyond what is decided"
    return None
