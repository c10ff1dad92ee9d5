"""The open HTTP connections of a process: how many there may be, and how long a client may take."""

import logging
import resource
import time
from collections import Counter
from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from natija_chassis.observability import metrics

HEAD_SECONDS = 10.0
"""For a request's head, from the connection or the answer before it."""
BODY_SECONDS = 30.0
BODY_RATE = 5_000
"""Bytes of a body that give its client one more second."""
ANSWER_SECONDS = 300.0
"""To compute an answer and to take it."""
_WARNING_SECONDS = 60.0
_OTHER_FILES = 500
"""Open files beside HTTP connections: of Kafka, PostgreSQL and the process itself."""

ConnectionPhase = Literal["head", "body", "answer"]
_SECONDS: dict[ConnectionPhase, float] = {"head": HEAD_SECONDS, "body": BODY_SECONDS, "answer": ANSWER_SECONDS}
CutReason = Literal["slow_head", "slow_body", "slow_answer", "too_many", "too_many_of_address"]
_SLOW: dict[ConnectionPhase, CutReason] = {"head": "slow_head", "body": "slow_body", "answer": "slow_answer"}

log = logging.getLogger(__name__)


class Connection(Protocol):
    """A connection, as it is cut."""

    def cut(self, reason: CutReason) -> None:
        """Close the connection, with an answer where one is possible."""


class Limits(NamedTuple):
    """The most *connections* of a port, in all and *per_address* of a client."""

    connections: int
    per_address: int


class _State(NamedTuple):
    address: str
    phase: ConnectionPhase
    until: float


class Connections:
    """The open connections of one *port*, such as `api`. *clock* gives seconds.

    Each is in a phase that must end in time: waiting for a head, reading a body, answering. When there are too many, a
    new one takes the place of the one that waits longest for a head: idle connections keep nobody out.
    """

    def __init__(self, port: str, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._gauge = metrics.HTTP_CONNECTIONS.labels(port)
        self._limits = limits
        self._clock = clock
        self._open: dict[Connection, _State] = {}
        """Those that wait for a head are in the order in which they began to."""
        self._of_address: Counter[str] = Counter()
        self._warned: float | None = None

    def add(self, connection: Connection, address: str) -> None:
        """Count a new *connection*, or cut it at once."""
        if self._of_address[address] >= self._limits.per_address:
            self._cut(connection, "too_many_of_address")
        elif len(self._open) >= self._limits.connections and not self._cut_waiting():
            self._cut(connection, "too_many")
        else:
            self._of_address[address] += 1
            self._open[connection] = _State(address, "head", self._clock() + HEAD_SECONDS)
            self._gauge.set(len(self._open))

    def enter(self, connection: Connection, phase: ConnectionPhase) -> None:
        """The *connection* begins this *phase*."""
        state = self._open.pop(connection, None)
        if state is not None:
            self._open[connection] = _State(state.address, phase, self._clock() + _SECONDS[phase])

    def receive(self, connection: Connection, count: int) -> None:
        """So many bytes of the *connection* arrived. In a body they prolong its time, so a slow line is not cut."""
        state = self._open.get(connection)
        if state is not None and state.phase == "body":
            self._open[connection] = state._replace(until=state.until + count / BODY_RATE)

    def remove(self, connection: Connection) -> None:
        """The *connection* is closed."""
        state = self._open.pop(connection, None)
        if state is None:
            return
        self._of_address[state.address] -= 1
        if not self._of_address[state.address]:
            del self._of_address[state.address]
        self._gauge.set(len(self._open))

    def phases(self) -> Counter[ConnectionPhase]:
        """How many connections are in each phase."""
        return Counter(state.phase for state in self._open.values())

    def cut_slow(self) -> None:
        """Cut those whose phase did not end in time."""
        now = self._clock()
        for connection, state in list(self._open.items()):
            if state.until < now:
                self.remove(connection)
                self._cut(connection, _SLOW[state.phase])

    def _cut_waiting(self) -> bool:
        """Cut the connection that waits longest for a head. False when none does."""
        oldest = next((one for one, state in self._open.items() if state.phase == "head"), None)
        if oldest is None:
            return False
        self.remove(oldest)
        self._cut(oldest, "too_many")
        return True

    def _cut(self, connection: Connection, reason: CutReason) -> None:
        metrics.HTTP_CONNECTIONS_CUT.labels(reason).inc()
        if reason.startswith("too_many") and (self._warned is None or self._clock() > self._warned + _WARNING_SECONDS):
            self._warned = self._clock()
            log.warning("too many HTTP connections: %d are open", len(self._open))
        connection.cut(reason)


def allow_open_files(connections: int) -> int:
    """Raise this process' own limit of open files, which is 1024 on many systems, so that all *connections* fit.

    Returns how many do. With more, the system would refuse to accept one, and the client would wait in vain.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)  # -1: unlimited
    wanted = connections + _OTHER_FILES
    allowed = wanted if hard < 0 else min(wanted, hard)
    if 0 <= soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed == wanted:
        return connections
    fitting = max(1, allowed - _OTHER_FILES)
    log.warning("the limit of open files is %d: only %d of %d HTTP connections fit", allowed, fitting, connections)
    return fitting
