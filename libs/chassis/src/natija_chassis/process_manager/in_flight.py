"""Proposals whose outcome is awaited, and what is remembered of those whose outcome is known."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from uuid import UUID

from natija_chassis.process_manager.proposed_event import Attempt, Busy, ProposedEvent, state_of

MAX_IN_FLIGHT = 256
"""Proposals that wait for an outcome at one time, at most."""
QUERY_INTERVAL = 0.5
"""Seconds after which the rows are queried in any case. The clock may have moved, or half of the places may be
stuck."""
_MAX_SETTLED = 20_000
_MAX_LAG = 5.0
"""Seconds for which a row is left out whose event is registered; by then its projection has applied it, mostly."""
_FIRST_COOLDOWN = 1.0
_MAX_COOLDOWN = 30.0
"""Seconds until a proposal that was rejected for its time alone is sent again; each time twice as long."""

Send = Callable[[ProposedEvent], Coroutine[None, None, None]]


class InFlight:
    """Limits and remembers proposals. All state is in memory: after a restart the rows call for the proposals again.

    A proposal, known by its event id, is in one of these states:

    - *pending*: a row calls for it. `admits` says whether it may be sent.
    - *in flight*: sent, the outcome is awaited. At most one an appeal, because its outcome may change the row, and
      at most `MAX_IN_FLIGHT` in all.
    - *settled*: registered, or rejected until the appeal changes. It is not sent again; its row may not show that yet.
    - *on cooldown*: rejected for its time alone. Pending again after 1, 2, 4, up to 30 seconds.
    - *failed*: Kafka did not accept it, or the database did not. `raise_failure` says so, and all starts over.

    A proposal whose outcome stays unknown is pending again. *wake* is set whenever the rows should be queried.
    """

    def __init__(self, wake: asyncio.Event, limit: int = MAX_IN_FLIGHT) -> None:
        self._wake = wake
        self._limit = limit
        self._tasks: dict[str, asyncio.Task[None]] = {}
        """By appeal."""
        self._more_pending = True
        """False when the last query found fewer proposals than there were places."""
        self._queried = 0.0
        self._failure: BaseException | None = None
        self._settled: OrderedDict[UUID | Attempt, None] = OrderedDict()
        self._registered: OrderedDict[str, float] = OrderedDict()
        """When (monotonic) an event was registered that was decided on a state."""
        self._cooldowns: dict[UUID, tuple[float, float]] = {}
        """When (monotonic) a proposal may be sent again, and how many seconds it has to wait."""

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def appeals(self) -> list[str]:
        """The appeals with a proposal in flight."""
        return list(self._tasks)

    @property
    def busy(self) -> Busy:
        """The rows that a query may leave out."""
        oldest = time.monotonic() - _MAX_LAG
        while self._registered and next(iter(self._registered.values())) < oldest:
            self._registered.popitem(last=False)
        return Busy(self.appeals, list(self._registered))

    @property
    def places(self) -> int:
        """How many more proposals may be sent."""
        return self._limit - len(self._tasks)

    def should_query(self) -> bool:
        """Whether to query the rows now: half of the places are free, or one is free and the last query is old.

        One query per free place would cost more than the proposals.
        """
        old = time.monotonic() - self._queried >= QUERY_INTERVAL
        query = self.places > 0 and (self.places >= self._limit // 2 or old)
        if not query:
            self._more_pending = True
        return query

    def admits(self, proposal: ProposedEvent) -> bool:
        """Whether *proposal* may be sent now."""
        settled = proposal.id in self._settled or proposal.attempt in self._settled
        return not settled and proposal.appeal not in self._tasks and not self._on_cooldown(proposal)

    def start(self, proposals: Mapping[str, ProposedEvent], send: Send, *, more_pending: bool) -> None:
        """Send *proposals*, by appeal, the result of a query. *more_pending*: the query was cut off at the limit."""
        self._queried, self._more_pending = time.monotonic(), more_pending
        for appeal, proposal in proposals.items():
            self._tasks[appeal] = asyncio.create_task(send(proposal))
            self._tasks[appeal].add_done_callback(partial(self._ended, appeal))

    def mark_registered(self, proposal: ProposedEvent) -> None:
        """Its event is on the log: do not send it again. The row shows it once the projection has applied it."""
        self.mark_settled(proposal.id)
        state = state_of(proposal.appeal, proposal.sequence)
        self._registered[state] = time.monotonic()
        self._registered.move_to_end(state)

    def mark_settled(self, what: UUID | Attempt) -> None:
        """Do not send it again: an event that is registered, or an attempt that was rejected.

        The latest 20,000 are remembered; an older one would be a duplicate.
        """
        self._cooldowns.pop(what if isinstance(what, UUID) else what[0], None)
        self._settled[what] = None
        if len(self._settled) > _MAX_SETTLED:
            self._settled.popitem(last=False)

    def cool_down(self, id: UUID) -> float:
        """Do not send the proposal *id* for a while; returns the seconds."""
        _, before = self._cooldowns.get(id, (0.0, 0.0))
        seconds = min(before * 2 or _FIRST_COOLDOWN, _MAX_COOLDOWN)
        self._cooldowns[id] = time.monotonic() + seconds, seconds
        return seconds

    @property
    def cooling(self) -> bool:
        """Whether a proposal is to be sent again after a while. One that no row calls for any more is forgotten."""
        now = time.monotonic()
        self._cooldowns = {id: one for id, one in self._cooldowns.items() if now < one[0] + _MAX_COOLDOWN}
        return bool(self._cooldowns)

    def raise_failure(self) -> None:
        """Raise what a proposal raised, if one did."""
        if self._failure is not None:
            raise self._failure

    async def cancel(self) -> None:
        """Stop waiting for outcomes, and forget a failure. Settled proposals and cooldowns stay remembered."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._failure = None

    def _on_cooldown(self, proposal: ProposedEvent) -> bool:
        until, _ = self._cooldowns.get(proposal.id, (0.0, 0.0))
        return time.monotonic() < until

    def _ended(self, appeal: str, task: asyncio.Task[None]) -> None:
        del self._tasks[appeal]
        if not task.cancelled() and (error := task.exception()):
            self._failure = error
            self._wake.set()
        elif self._more_pending and self.places >= self._limit // 2:
            self._wake.set()
