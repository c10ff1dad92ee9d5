"""The registrar as a model: two processes that may crash, lose their session or be paused between any two steps.

A pause needs no step of its own: a process that is not chosen for a while is paused, and a zombie once its session was
cut and the other one went on. Each step below is one effect that outlives a process, or one look at what others wrote;
the names are those of `natija_intake.registrar`. Numbers of entries stand for offsets: markers and batches on the wire
change nothing here. One batch at a time: that the registrar decides the next one while the one before is written, from
heads that are not kept yet, is not modelled; both are written and kept in the same order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

INBOX = ("a", "b", "a")
"""Ids of the proposals, in order: the last one is a duplicate of the first, and must be rejected."""
LARGEST_BATCH = 2
PROCESSES = (0, 1)

FENCE, LINE, GUARD, SKIP, ORDER = "fence", "line", "guard", "skip", "order"
MUTANTS = {
    FENCE: "Kafka refuses a producer whose transactional.id somebody took after it",
    LINE: "only who has the shard's lock takes its transactional.id",
    GUARD: "heads are kept only where the checkpoint is still the one decided on",
    SKIP: "catching up skips what stands at or below the checkpoint",
    ORDER: "the fence comes before the position",
}
"""What can be taken out, and what it does."""


class Entry(NamedTuple):
    """A committed outcome: of the proposal at *inbox*, on the log with *logsequence*, or on rejected (0)."""

    inbox: int
    logsequence: int


@dataclass(frozen=True, slots=True)
class Kept:
    """The database: events taken in (their inbox places, in order), the checkpoint, and both positions."""

    events: tuple[int, ...] = ()
    logsequence: int = 0
    inbox_next: int = 0
    rejected_next: int = 0


@dataclass(frozen=True, slots=True)
class Process:
    """One registrar: the step it takes next, and what it holds in memory."""

    at: str = "out"
    cut: bool = False
    """Whether it lost its session, and the lock with it. It may not know."""
    log_from: int = 0
    """Catching up: the entry of the log to begin with, as read from the checkpoint when it began."""
    logsequence: int = 0
    inbox_next: int = 0
    batch: tuple[Entry, ...] = ()
    heads: tuple[int, ...] = ()
    """The events the batch was decided on."""


@dataclass(frozen=True, slots=True)
class State:
    """The world: what is committed on Kafka, who may commit, who has the lock, the database, the processes."""

    committed: tuple[Entry, ...] = ()
    fenced_by: int | None = None
    lock: int | None = None
    kept: Kept = Kept()
    processes: tuple[Process, ...] = (Process(), Process())
    wrong: str | None = None

    @property
    def log(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.committed if entry.logsequence)

    @property
    def rejected(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.committed if not entry.logsequence)


class Registrars:
    """The steps of two registrars, all parts in place but the one *without*."""

    def __init__(self, without: str | None = None) -> None:
        self._without = without

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        """Every step that may come next: the processes' own, and what befalls them."""
        for me in PROCESSES:
            for name, after in self.own_steps(state, me):
                yield f"{me}: {name}", after
            if state.processes[me].at != "out":
                yield f"{me}: crashes", _out(state, me)
                lock = None if state.lock == me else state.lock
                yield f"{me}: loses its session", replace(_go(state, me, cut=True), lock=lock)

    def own_steps(self, state: State, me: int) -> Iterator[tuple[str, State]]:
        """What process *me* may do next, in this state."""
        process = state.processes[me]
        match process.at:
            case "out":
                if self._without == LINE:
                    yield "goes without the lock", _go(state, me, at=self._first())
                elif state.lock is None:
                    yield "takes the lock", replace(_go(state, me, at=self._first()), lock=me)
            case "fence":
                yield "takes the transactional.id", self._fence(state, me)
            case "catch up":
                yield "begins to catch up", _go(state, me, at="take in", log_from=state.kept.logsequence)
            case "take in":
                yield "takes in what stands on the log", self._take_in(state, me)
            case "rejected":
                yield "takes in the positions on rejected", self._take_in_rejected(state, me)
            case "stand":
                kept = state.kept
                then = "fence" if self._without == ORDER else "decide"
                yield (
                    "reads the positions",
                    _go(state, me, at=then, logsequence=kept.logsequence, inbox_next=kept.inbox_next),
                )
            case "decide":
                for size in range(1, min(LARGEST_BATCH, len(INBOX) - process.inbox_next) + 1):
                    yield f"decides {size}", self._decide(state, me, size)
            case "commit":
                yield "commits", self._commit(state, me)
            case "keep":
                yield "keeps the heads", self._keep(state, me)

    def _first(self) -> str:
        return "catch up" if self._without == ORDER else "fence"

    def _fence(self, state: State, me: int) -> State:
        other = state.processes[1 - me]
        owns = state.fenced_by == 1 - me and other.at not in ("out", "fence")
        if owns and not other.cut and not state.processes[me].cut:
            state = replace(state, wrong="an owner that lives and has its session is fenced, and will fence back")
        then = "decide" if self._without == ORDER else "catch up"
        return replace(_go(state, me, at=then), fenced_by=me)

    def _take_in(self, state: State, me: int) -> State:
        kept, start = state.kept, state.processes[me].log_from
        if self._without != SKIP:
            start = max(start, kept.logsequence)
        fresh = state.log[start:]
        if fresh:
            kept = replace(
                kept,
                events=kept.events + tuple(entry.inbox for entry in fresh),
                logsequence=fresh[-1].logsequence,
                inbox_next=max(kept.inbox_next, fresh[-1].inbox + 1),
            )
        return replace(_go(state, me, at="rejected"), kept=kept)

    def _take_in_rejected(self, state: State, me: int) -> State:
        kept = state.kept
        if len(state.rejected) > kept.rejected_next:
            last = state.rejected[-1]
            kept = replace(kept, inbox_next=max(kept.inbox_next, last.inbox + 1), rejected_next=len(state.rejected))
        return replace(_go(state, me, at="stand"), kept=kept)

    def _decide(self, state: State, me: int, size: int) -> State:
        process = state.processes[me]
        known = {INBOX[event] for event in state.kept.events}
        logsequence, batch = process.logsequence, []
        for inbox in range(process.inbox_next, process.inbox_next + size):
            if INBOX[inbox] in known:
                batch.append(Entry(inbox, 0))
            else:
                logsequence += 1
                known.add(INBOX[inbox])
                batch.append(Entry(inbox, logsequence))
        return _go(state, me, at="commit", batch=tuple(batch), heads=state.kept.events)

    def _commit(self, state: State, me: int) -> State:
        if state.fenced_by != me and self._without != FENCE:
            return _out(state, me)
        batch = state.processes[me].batch
        return replace(_go(state, me, at="keep"), committed=state.committed + batch)

    def _keep(self, state: State, me: int) -> State:
        process, kept = state.processes[me], state.kept
        if kept.logsequence != process.logsequence and self._without != GUARD:
            return _out(state, me)  # Overtaken
        on_log = tuple(entry for entry in process.batch if entry.logsequence)
        rejected = len(process.batch) - len(on_log)
        logsequence = on_log[-1].logsequence if on_log else process.logsequence
        inbox_next = process.batch[-1].inbox + 1
        kept = replace(
            kept,
            events=process.heads + tuple(entry.inbox for entry in on_log),
            logsequence=logsequence,
            inbox_next=max(kept.inbox_next, inbox_next),
            rejected_next=max(kept.rejected_next, kept.rejected_next if not rejected else len(state.rejected)),
        )
        after = _go(state, me, at="decide", logsequence=logsequence, inbox_next=inbox_next, batch=(), heads=())
        return replace(after, kept=kept)

    def wrong(self, state: State) -> str | None:
        """What *state* breaks of what is promised, now or once the processes have settled."""
        if state.wrong:
            return state.wrong
        return _broken(state) or self._lost(state)

    def _lost(self, state: State) -> str | None:
        """Whatever befell them: one process, left alone from here on, brings everything to its end."""
        state = replace(_out(_out(state, 0), 1), lock=None)
        while following := [after for name, after in self.own_steps(state, 0)]:
            state = following[0]
            if broken := _broken(state):
                return broken
        if len(state.committed) != len(INBOX):
            return f"left alone, it decided {len(state.committed)} of {len(INBOX)} proposals"
        return None


def _broken(state: State) -> str | None:
    """What the state breaks of: each proposal once, in order, the log gapless, the database its fold."""
    if [entry.inbox for entry in state.committed] != list(range(len(state.committed))):
        return "a proposal is decided twice, or passed over"
    if [entry.logsequence for entry in state.log] != list(range(1, len(state.log) + 1)):
        return "logsequence has a gap or stands twice"
    ids = [INBOX[entry.inbox] for entry in state.log]
    if len(set(ids)) != len(ids):
        return "an event stands on the log twice"
    if state.kept.events != tuple(entry.inbox for entry in state.log[: state.kept.logsequence]):
        return "the heads are not the fold of the log at their checkpoint"
    if state.kept.inbox_next > len(state.committed):
        return "the position is beyond what is decided"
    return None


def _go(state: State, me: int, **changes: object) -> State:
    processes = list(state.processes)
    processes[me] = replace(processes[me], **changes)  # type: ignore[arg-type]
    return replace(state, processes=tuple(processes))


def _out(state: State, me: int) -> State:
    """The process ends: memory and session go; what it wrote, and its epoch, stay."""
    processes = list(state.processes)
    processes[me] = Process()
    return replace(state, processes=tuple(processes), lock=None if state.lock == me else state.lock)
