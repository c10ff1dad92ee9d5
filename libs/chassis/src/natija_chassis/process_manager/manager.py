"""The decision worker: rows that call for a decision become proposals, one instance at a time, after catching up.

What is decided is never kept in memory only: a row calls for it until its own projection has seen the outcome. A
decision's id derives from what it decides and on which state, so deciding again after a crash repeats nothing.
"""

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID
from zlib import crc32

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table, Text, Uuid, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.observability import metrics, tracing
from natija_chassis.observability.logs import sanitised
from natija_chassis.postgres.engine import create_service_tables
from natija_chassis.process.backoff import Backoff
from natija_chassis.projections.progress import Progress
from natija_chassis.projections.runner import Runner
from natija_chassis.settings import Settings
from natija_events.failpoints import failpoint
from natija_events.ids import derived_event_id
from natija_events.kafka import DeliveryUnconfirmed, OutcomePending, ProposalOutcome, Publisher
from natija_events.types.base import EventData
from natija_events.wire.envelope import Event
from natija_events.wire.rejection import Rejection

log = logging.getLogger(__name__)
OUTCOME_TIMEOUT = 30.0
"""Seconds to wait for the registrar's decision before proposing the same again."""
MAX_IN_FLIGHT = 256
"""Proposals that wait for an outcome at one time, at most."""
POLL_INTERVAL = 0.5
"""Seconds after which the rows are looked at in any case: the clock may have moved, or half of the places be stuck."""
_LOCK = 0x6E61_7469
_BETWEEN_LOOKS = 0.03
"""Seconds in which more comes together."""
_REMEMBERED = 20_000
_SETTLES = ("duplicate", "reused", "conflict")
"""Reasons after which nothing is to be proposed until the row changes, and nothing is wrong."""
_UNTIMELY_REST = 1.0
"""Seconds until a decision that was refused for its time alone is taken again; each time twice as long, up to WAIT."""

service_metadata = MetaData()
refused = Table(
    "refused_proposals",
    service_metadata,
    Column("id", Uuid, primary_key=True),
    Column("appeal", Text, nullable=False, index=True),
    Column("type", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False, comment="of the appeal, on which it was decided"),
    Column("reason", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("refusedtime", DateTime(timezone=True), nullable=False),
)
"""Decisions the registrar refused for another reason than a conflict. They rest until their row changes."""
_REFUSED = text("select id from refused_proposals where id = any(cast(:ids as uuid[]))")


class ProposedEvent(NamedTuple):
    """An event to propose. *sequence* is the projection's of that appeal: what the decision assumes.

    *what* says what is decided (a due date, a body): the same decision on the same *material* state has the same id.
    """

    appeal: str
    data: EventData
    time: datetime
    sequence: int
    material: int
    what: str = ""

    @property
    def id(self) -> UUID:
        """The id of the event it proposes."""
        return derived_event_id(self.appeal, self.data.type, self.what, str(self.material))


PendingProposals = Callable[[AsyncConnection, datetime, list[str]], AsyncIterator[ProposedEvent]]
"""Look at the rows and yield what they call for *now*. Called again and again, so cheap when nothing is due, and rows
of *busy* appeals, whose proposals are under way, are better left unread. Reads only."""


class ProcessManager:
    """Proposes what *decide* yields. Run it with `run` beside the *runner* of the same projection."""

    def __init__(
        self,
        settings: Settings,
        engine: AsyncEngine,
        runner: Runner,
        decide: PendingProposals,
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._progress: Progress = runner.progress
        self._decide = decide
        self._wake = asyncio.Event()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        """Proposals that wait for an outcome, by appeal."""
        self._more = False
        """True when there may be work for which there was no place."""
        self._failed: BaseException | None = None
        """What a proposal raised; then all begins anew."""
        self._settled: OrderedDict[UUID, None] = OrderedDict()
        """Ids that need no proposal: their outcome is known, but their row may not have seen it yet."""
        self._untimely: dict[UUID, tuple[float, float]] = {}
        """Ids refused for their time alone: when (monotonic) to try again, and how long they rested."""
        runner.on_applied.append(self._wake.set)

    async def run(self, stopping: asyncio.Event) -> None:
        """PendingProposals until *stopping* is set; outages of Kafka or the database are waited out."""
        backoff = Backoff()
        while not stopping.is_set():
            try:
                await create_service_tables(self._engine, service_metadata)
                publisher = Publisher(
                    self._settings.kafka_config, self._settings.realm, f"/services/{self._settings.process}"
                )
                async with publisher, self._only_one(stopping) as connection:
                    await self._work(publisher, connection, stopping, backoff)
            except Exception as error:
                log.warning("deciding waits: %s", sanitised(error))
                await backoff.wait(stopping)

    @contextlib.asynccontextmanager
    async def _only_one(self, stopping: asyncio.Event) -> AsyncIterator[AsyncConnection]:
        """The connection whose advisory lock makes this the instance that decides; the lock goes with the process."""
        number = {"lock": _LOCK << 32 | crc32(self._settings.process.encode()) & 0x7FFF_FFFF}
        async with self._engine.connect() as connection:
            connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
            while not stopping.is_set():
                if await connection.scalar(text("select pg_try_advisory_lock(:lock)"), number):
                    break
                await _until(stopping, 1.0)
            try:
                yield connection
            finally:
                # The connection goes back to a pool: without its session the lock would stay with it.
                await connection.invalidate()

    async def _work(
        self, publisher: Publisher, lock: AsyncConnection, stopping: asyncio.Event, backoff: Backoff
    ) -> None:
        """Look at the rows whenever they may call for more. Nobody waits for the slowest: as outcomes come in, others
        take their places. Raises what a proposal raised, and what the database does when the lock goes."""
        self._failed, looked = None, 0.0
        try:
            while not stopping.is_set():
                if self._failed is not None:
                    raise self._failed
                places = MAX_IN_FLIGHT - len(self._under_way)
                half, long_ago = places >= MAX_IN_FLIGHT // 2, time.monotonic() - looked >= POLL_INTERVAL
                if self._progress.caught_up and places and (half or long_ago):
                    looked = time.monotonic()
                    due = await self._due(lock, places)
                    self._propose(publisher, due)
                    self._more = len(due) == places
                else:
                    await lock.execute(text("select 1"))  # raises when the lock went with its connection
                    self._more = True
                metrics.PROPOSALS_IN_FLIGHT.labels(self._settings.process).set(len(self._under_way))
                if not self._under_way:  # what is under way may fail yet
                    backoff.reset()
                await self._until_called(stopping)
                await _until(stopping, _BETWEEN_LOOKS)
        finally:
            tasks = list(self._under_way.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            metrics.PROPOSALS_IN_FLIGHT.labels(self._settings.process).set(0)

    async def _due(self, connection: AsyncConnection, places: int) -> dict[str, ProposedEvent]:
        """What the rows call for now, by appeal, and neither settled nor refused; at most *places*.

        Nothing of an appeal that has a proposal under way: what comes of that may change its row.
        """
        now = self._settings.injected_clock.now()
        due: dict[str, ProposedEvent] = {}
        async for decision in self._decide(connection, now, list(self._under_way)):
            if decision.appeal in self._under_way or decision.appeal in due or self._rests(decision.id):
                continue
            due[decision.appeal] = decision
            if len(due) == places:
                await self._leave_out_refused(connection, due)
                if len(due) == places:
                    break
        else:
            await self._leave_out_refused(connection, due)
        return due

    def _rests(self, id: UUID) -> bool:
        until, _ = self._untimely.get(id, (0.0, 0.0))
        return id in self._settled or time.monotonic() < until

    async def _leave_out_refused(self, connection: AsyncConnection, due: dict[str, ProposedEvent]) -> None:
        appeals = {decision.id: appeal for appeal, decision in due.items()}
        if appeals:
            for id in await connection.scalars(_REFUSED, {"ids": list(appeals)}):
                self._settle(id)
                del due[appeals[id]]

    def _propose(self, publisher: Publisher, due: Mapping[str, ProposedEvent]) -> None:
        if not due:
            return
        with tracing.span(f"{self._settings.process} decide"):
            for appeal, decision in due.items():
                self._under_way[appeal] = asyncio.create_task(self._one(publisher, decision))
                self._under_way[appeal].add_done_callback(partial(self._ended, appeal))

    def _ended(self, appeal: str, task: asyncio.Task[None]) -> None:
        """A place is free: another look is taken when there was more than places, and half of them are free again."""
        del self._under_way[appeal]
        if not task.cancelled() and (error := task.exception()):
            self._failed = error
            self._wake.set()
        elif self._more and len(self._under_way) <= MAX_IN_FLIGHT // 2:
            self._wake.set()

    async def _one(self, publisher: Publisher, decision: ProposedEvent) -> None:
        event = publisher.event(
            decision.appeal,
            decision.time,
            decision.data,
            id=decision.id,
            expectedsequence=decision.sequence,
            traceparent=tracing.current_traceparent(),
        )
        try:
            with failpoint("process_manager.propose"):
                outcome = await publisher.propose(event, wait=OUTCOME_TIMEOUT)
        except OutcomePending:
            self._count("undecided")  # the same again later: the registrar registers it once
            return
        except DeliveryUnconfirmed:
            self._count("not-proposed")
            raise
        await self._take(decision, event, outcome)

    async def _take(self, decision: ProposedEvent, event: Event, outcome: ProposalOutcome) -> None:
        """Registered: done. Conflict: the row will change, and be decided again. Anything else rests, written down.

        Reused is done too: the id stands for this very decision, taken at another time by who did not hear its outcome.
        But a refusal for the time alone says that the two clocks differ, or that the realm's was moved meanwhile:
        neither is the row's fault, and what is due stays due. It is decided again, at another time.
        """
        rejection = outcome.rejection
        if rejection is not None:
            self._wake.set()  # its row may have changed before this was heard: then nothing else tells
        self._count("registered" if rejection is None else rejection.reason)
        if rejection is not None and _untimely(rejection):
            _, rested = self._untimely.get(decision.id, (0.0, 0.0))
            rest = min(rested * 2 or _UNTIMELY_REST, OUTCOME_TIMEOUT)
            self._untimely[decision.id] = time.monotonic() + rest, rest
            log.warning("%s of %s is taken again in %g s: time %s", event.type, decision.appeal, rest, rejection.rule)
            return
        if rejection is not None and rejection.reason not in _SETTLES:
            log.error(
                "%s of %s was refused: %s, %s %s",
                event.type, decision.appeal, rejection.reason, rejection.field, rejection.rule,
            )  # fmt: skip
            row = {
                "id": decision.id, "appeal": decision.appeal, "type": event.type, "sequence": decision.sequence,
                "reason": rejection.reason, "field": rejection.field, "rule": rejection.rule,
                "refusedtime": outcome.recordedtime,
            }  # fmt: skip
            with failpoint("process_manager.refused"):
                async with self._engine.begin() as connection:
                    await connection.execute(insert(refused).on_conflict_do_nothing(), row)
        self._settle(decision.id)

    def _settle(self, id: UUID) -> None:
        self._untimely.pop(id, None)
        self._settled[id] = None
        if len(self._settled) > _REMEMBERED:
            self._settled.popitem(last=False)

    def _count(self, outcome: str) -> None:
        metrics.PROPOSALS.labels(self._settings.process, outcome).inc()

    async def _until_called(self, stopping: asyncio.Event) -> None:
        """Until the projection moved, the clock may have, or the process ends."""
        calls = [asyncio.create_task(event.wait()) for event in (self._wake, stopping)]
        await asyncio.wait(calls, timeout=POLL_INTERVAL, return_when=asyncio.FIRST_COMPLETED)
        for call in calls:
            call.cancel()
        self._wake.clear()


def _untimely(rejection: Rejection) -> bool:
    return rejection.reason == "invalid" and rejection.field == "time"


async def count_refused_proposals(connection: AsyncConnection) -> int:
    """How many refused proposals are kept, for a state page."""
    return int(await connection.scalar(select(func.count()).select_from(refused)) or 0)


async def _until(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
