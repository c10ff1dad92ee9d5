"""A projection's runner as a model: two processes that may both believe that the partition is theirs.

The log grows meanwhile; each process fetches from where it stands, then takes the batch in: rows and checkpoint in one
transaction, under the checkpoint's lock. Either may crash or be paused between any two steps, and be placed at the
checkpoint anew, as a rebalance does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

LOG = 4
"""Entries the log grows to."""
LARGEST_BATCH = 2
PROCESSES = (0, 1)

SKIP, GAP, TOGETHER = "skip", "gap", "together"
MUTANTS = {
    SKIP: "what stands at or below the checkpoint is skipped",
    GAP: "a batch that begins beyond the checkpoint's next entry is not taken in",
    TOGETHER: "rows and checkpoint are one transaction",
}


@dataclass(frozen=True, slots=True)
class Process:
    """One runner: where its consumer stands (None: not placed), and the batch it holds, from *begin* to *end*."""

    stands: int | None = None
    begin: int = 0
    end: int = 0
    owes: int | None = None
    """Without TOGETHER: the checkpoint that is still to be written for rows that are."""


@dataclass(frozen=True, slots=True)
class State:
    """The log's length, the rows (entries in the order applied), the checkpoint."""

    log: int = 0
    rows: tuple[int, ...] = ()
    checkpoint: int = 0
    processes: tuple[Process, ...] = (Process(), Process())


class Runners:
    """The steps of two runners, all parts in place but the one *without*."""

    def __init__(self, without: str | None = None) -> None:
        self._without = without

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        """Every step that may come next."""
        if state.log < LOG:
            yield "the log grows", replace(state, log=state.log + 1)
        for me in PROCESSES:
            process = state.processes[me]
            if process != Process():
                yield f"{me}: crashes", _set(state, me, Process())
            for name, after in self._own(state, me, process):
                yield f"{me}: {name}", after

    def _own(self, state: State, me: int, process: Process) -> Iterator[tuple[str, State]]:
        if process.owes is not None:
            after = _set(state, me, replace(process, owes=None, begin=process.end))
            yield "writes the checkpoint", replace(after, checkpoint=process.owes)
            return
        if process.end > process.begin:
            yield "takes its batch in", self._take_in(state, me, process)
        else:
            for end in range((process.stands or 0) + 1, min(state.log, (process.stands or 0) + LARGEST_BATCH) + 1):
                if process.stands is not None:
                    yield "fetches", _set(state, me, Process(end, process.stands, end))
        yield "is placed at the checkpoint", _set(state, me, Process(state.checkpoint))
        # What the group has committed may be ahead of the database: one that was restored, or two owners at once.
        yield "is placed at the group's offset", _set(state, me, Process(state.log))

    def _take_in(self, state: State, me: int, process: Process) -> State:
        begin, checkpoint = process.begin, state.checkpoint
        if begin > checkpoint and self._without != GAP:
            return _set(state, me, Process(checkpoint))
        if self._without != SKIP:
            begin = max(begin, checkpoint)
        fresh = tuple(range(begin, process.end))
        if self._without == TOGETHER:
            return replace(
                _set(state, me, replace(process, owes=max(checkpoint, process.end))), rows=state.rows + fresh
            )
        after = _set(state, me, replace(process, begin=process.end))
        if not fresh:
            return after
        return replace(after, rows=state.rows + fresh, checkpoint=process.end)

    def wrong(self, state: State) -> str | None:
        """The rows are the fold of the log at the checkpoint: each entry once, in order, none beyond."""
        if self._without == TOGETHER and any(process.owes is not None for process in state.processes):
            return None  # between its two transactions; what a crash leaves is another state
        if state.rows != tuple(range(state.checkpoint)):
            return "the rows are not the fold of the log at their checkpoint"
        return None


def _set(state: State, me: int, process: Process) -> State:
    processes = list(state.processes)
    processes[me] = process
    return replace(state, processes=tuple(processes))
