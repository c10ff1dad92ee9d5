"""The process manager: rows that need an event become proposals, once the projection has caught up. Instances share
the partitions.

Pending work is never in memory only: the row needs the event until the service's own projection has applied the
outcome. A proposal's id derives from its content and the state it assumes. So a repetition after a crash adds nothing.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.key_ring import service_key
from natija_chassis.observability import metrics, tracing
from natija_chassis.observability.logs import sanitised
from natija_chassis.postgres.engine import create_service_tables
from natija_chassis.postgres.locks import LockClass
from natija_chassis.process.backoff import Backoff
from natija_chassis.process.exclusive_lock import exclusive_lock
from natija_chassis.process.stopping import pause
from natija_chassis.process_manager import refused_proposals
from natija_chassis.process_manager.in_flight import MAX_IN_FLIGHT, QUERY_INTERVAL, InFlight
from natija_chassis.process_manager.partition_locks import PartitionLocks
from natija_chassis.process_manager.proposed_event import NextInstant, PendingProposals, Prepare, ProposedEvent
from natija_chassis.projections.progress import Progress
from natija_chassis.projections.runner import Runner
from natija_chassis.settings import Settings
from natija_events.failpoints import failpoint
from natija_events.kafka import DeliveryUnconfirmed, OutcomePending, ProposalOutcome, Publisher, partition_of
from natija_events.wire.rejection import Rejection

log = logging.getLogger(__name__)
NEVER = datetime.max.replace(tzinfo=UTC)
OUTCOME_TIMEOUT = 30.0
"""Seconds to wait for the registrar's outcome before proposing the same event again."""
_COALESCE = 0.03
"""Seconds in which several reasons to query the rows become one query."""
_EXPECTED_REASONS = ("duplicate", "reused", "conflict")
"""Reasons of a rejection that need no action: the row has changed, or will change.

`reused`: the id belongs to this proposal, sent before at another time, whose outcome did not arrive.
"""
_DONE = ("duplicate", "reused")
"""Reasons that say that the event is registered. After any other it is proposed again once the appeal has changed."""


class ProcessManager:
    """Proposes what *pending_proposals* yields. Run it with `run`, beside the *runner* of the same projection.

    `run` repeats these steps, and starts over after an outage of Kafka or the database:

    1. Take the advisory locks of the partitions that the projection owns: another instance has those of the others.
    2. Wait until the projection has caught up with the log.
    3. Query the rows, leave out what is in flight, settled, on cooldown or refused, and propose the rest.
    4. Handle each outcome when it arrives. Nobody waits for the slowest: its place alone stays taken.
    5. Wait until the projection moves, a place is free, or half a second has passed; then go to 2. With *next_instant*
       the rows are not queried again before that instant, unless the projection moves.

    The states of a single proposal are those of `InFlight`; refused ones are rows of `refused_proposals`.
    """

    def __init__(
        self,
        settings: Settings,
        engine: AsyncEngine,
        runner: Runner,
        pending_proposals: PendingProposals,
        *,
        next_instant: NextInstant | None = None,
        prepare: Prepare | None = None,
        max_in_flight: int = MAX_IN_FLIGHT,
        outcome_timeout: float = OUTCOME_TIMEOUT,
    ) -> None:
        self.outcome_timeout = outcome_timeout
        self._settings = settings
        self._engine = engine
        self._progress: Progress = runner.progress
        self._pending_proposals = pending_proposals
        self._next_instant = next_instant
        self._prepare = prepare
        self._next, self._idle = NEVER, False
        """When the next row needs an event, and whether nothing else is to be done before. See `_look_ahead`."""
        self._locks: PartitionLocks
        self.partitions: Set[int] = frozenset()
        """Those for whose appeals this instance proposes now."""
        self._wake = asyncio.Event()
        self._in_flight = InFlight(self._wake, max_in_flight)
        runner.on_applied.append(self._wake.set)

    async def run(self, stopping: asyncio.Event) -> None:
        """Propose until *stopping* is set. During an outage of Kafka or the database it retries."""
        backoff = Backoff()
        source, key = self._settings.source, service_key(self._settings)
        while not stopping.is_set():
            try:
                await create_service_tables(self._engine, refused_proposals.metadata)
                publisher = Publisher(self._settings.kafka_config, self._settings.realm, source, key=key)
                if self._prepare is not None:
                    async with exclusive_lock(self._engine, LockClass.PREPARATION, 0, stopping):
                        await self._prepare()
                async with publisher, _session(self._engine) as connection:
                    self._locks = PartitionLocks(connection, self._settings.process)
                    await self._work(publisher, connection, stopping, backoff)
            except Exception as error:
                log.warning("no proposals at present, retrying: %s", sanitised(error))
                await backoff.wait(stopping)

    async def _work(
        self, publisher: Publisher, connection: AsyncConnection, stopping: asyncio.Event, backoff: Backoff
    ) -> None:
        """Query and propose while *connection* holds the locks. Raises when a proposal failed or they were lost."""
        try:
            while not stopping.is_set():
                self._in_flight.raise_failure()
                await self._query_and_propose(publisher, connection)
                self._report(backoff)
                await self._until_woken(stopping)
                await pause(stopping, _COALESCE)
        finally:
            await self._in_flight.cancel()
            self._report(backoff=None)

    async def _query_and_propose(self, publisher: Publisher, connection: AsyncConnection) -> None:
        owned, before = self._progress.owned or frozenset(), frozenset(self._locks.held)
        await self._locks.follow(owned, {partition_of(appeal.encode()) for appeal in self._in_flight.appeals})
        self.partitions = owned & self._locks.held
        if self._locks.held - before:
            self._idle = False
        if not (self._progress.caught_up and self._in_flight.should_query()) or self._sleeps():
            return
        places = self._in_flight.places
        now = self._settings.injected_clock.now()
        proposals = await self._query(connection, places, now)
        await self._look_ahead(connection, now, found=bool(proposals))
        with tracing.span(f"{self._settings.process} propose") if proposals else contextlib.nullcontext():
            self._in_flight.start(
                proposals, lambda proposal: self._propose(publisher, proposal), more_pending=len(proposals) == places
            )

    def _sleeps(self) -> bool:
        """Whether no row needs an event yet. The clock is asked, not awaited: it may jump."""
        return self._idle and self._settings.injected_clock.now() < self._next

    async def _look_ahead(self, connection: AsyncConnection, now: datetime, *, found: bool) -> None:
        """Note when the next row needs an event, and whether nothing else is under way until then."""
        if self._next_instant is not None:
            self._next = await self._next_instant(connection, now) or NEVER
            self._idle = not (found or len(self._in_flight) or self._in_flight.cooling)

    async def _query(self, connection: AsyncConnection, places: int, now: datetime) -> dict[str, ProposedEvent]:
        """The events that the rows need at *now* and that may be sent, by appeal, at most *places*."""
        found: dict[str, ProposedEvent] = {}
        async for proposal in self._pending_proposals(connection, now, self._in_flight.busy):
            if proposal.appeal in found or not self._in_flight.admits(proposal):
                continue
            if partition_of(proposal.appeal.encode()) not in self.partitions:
                continue
            found[proposal.appeal] = proposal
            if len(found) == places:
                await self._leave_out_refused(connection, found)
                if len(found) == places:
                    break
        else:
            await self._leave_out_refused(connection, found)
        return found

    async def _leave_out_refused(self, connection: AsyncConnection, found: dict[str, ProposedEvent]) -> None:
        appeals = {proposal.attempt: appeal for appeal, proposal in found.items()}
        if appeals:
            for attempt in await refused_proposals.among(connection, appeals):
                self._in_flight.mark_settled(attempt)
                del found[appeals[attempt]]

    async def _propose(self, publisher: Publisher, proposal: ProposedEvent) -> None:
        """Send one proposal and handle its outcome. Raises when Kafka or the database fails."""
        event = publisher.event(
            proposal.appeal,
            proposal.time,
            proposal.data,
            id=proposal.id,
            expectedsequence=proposal.sequence if proposal.assumes else None,
            traceparent=tracing.current_traceparent(),
        )
        try:
            with failpoint("process-manager.propose"):
                outcome = await publisher.propose(event, wait=self.outcome_timeout)
        except OutcomePending:
            self._count("undecided")  # it is pending again: the registrar registers it once
            return
        except DeliveryUnconfirmed:
            self._count("not-proposed")
            raise
        await self._handle(proposal, outcome)

    async def _handle(self, proposal: ProposedEvent, outcome: ProposalOutcome) -> None:
        """Settle *proposal*, cool it down, or write it down as refused.

        An appeal that it names may not be registered yet: on another partition the registrar may be slower.
        A rejection for the time alone says that the two clocks differ, or that the realm's was moved meanwhile. What
        is due stays due, so it is proposed again, at another time.
        """
        rejection = outcome.rejection
        self._count("registered" if rejection is None else rejection.reason)
        if rejection is not None:
            self._wake.set()  # its row may have changed before this was known: then nothing else wakes
            type, appeal = proposal.data.type, proposal.appeal
            if _may_pass_later(rejection):
                seconds = self._in_flight.cool_down(proposal.id)
                reason = f"{rejection.field} {rejection.rule}"
                log.warning("%s of %s is proposed again in %g s: %s", type, appeal, seconds, reason)
                return
            if rejection.reason not in _EXPECTED_REASONS:
                reason = f"{rejection.reason}, {rejection.field} {rejection.rule}"
                log.error("%s of %s was refused: %s", type, appeal, reason)
                await self._write_down(proposal, outcome, rejection)
        if rejection is None or rejection.reason in _DONE:
            self._in_flight.mark_registered(proposal)
        else:
            self._in_flight.mark_settled(proposal.attempt)

    async def _write_down(self, proposal: ProposedEvent, outcome: ProposalOutcome, rejection: Rejection) -> None:
        with failpoint("process-manager.refused"):
            async with self._engine.begin() as connection:
                await refused_proposals.add(connection, proposal, rejection, outcome.recordedtime)

    def _count(self, outcome: str) -> None:
        metrics.PROPOSALS.labels(self._settings.process, outcome).inc()

    def _report(self, backoff: Backoff | None) -> None:
        metrics.PROPOSALS_IN_FLIGHT.labels(self._settings.process).set(len(self._in_flight))
        if backoff is not None and not len(self._in_flight):  # what is in flight may fail yet
            backoff.reset()

    async def _until_woken(self, stopping: asyncio.Event) -> None:
        """Until the projection moved, a place is free, the clock may have moved, or the process ends."""
        ahead = (self._next - self._settings.injected_clock.now()).total_seconds()
        await pause(stopping, ahead if 0 < ahead < QUERY_INTERVAL else QUERY_INTERVAL, self._wake)
        if self._wake.is_set():
            self._idle = False
        self._wake.clear()


@asynccontextmanager
async def _session(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection whose statements commit by themselves. Its session ends with the block, and its locks with it."""
    async with engine.connect() as connection:
        try:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")
        finally:
            await connection.invalidate()


def _may_pass_later(rejection: Rejection) -> bool:
    """Whether the same proposal may be registered later, though its own appeal does not change meanwhile."""
    if rejection.reason == "conflict":
        return rejection.field != "expectedsequence"  # it names an appeal that is not registered yet
    return rejection.reason == "invalid" and rejection.field == "time"
