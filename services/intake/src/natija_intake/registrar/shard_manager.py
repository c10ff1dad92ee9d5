"""The registrar's process: stands in line for shards, takes its fair share, gives up what it cannot be sure of."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from natija_chassis.errors import OperatorError
from natija_chassis.observability.logs import sanitised
from natija_chassis.process.backoff import Backoff
from natija_chassis.process.health import Health
from natija_chassis.projections import log_identity
from natija_chassis.projections.checkpoints import Gap
from natija_intake.registrar import metrics
from natija_intake.registrar.shard import Shard, Superseded
from natija_intake.registrar.shard_locks import Layout, Line, fair_share

LOOK_EVERY = 0.5
"""Seconds between two looks at the line; a shard whose owner died is taken within this and the fence's time."""

log = logging.getLogger(__name__)

MakeShard = Callable[[Line, Layout, int], Shard]
Settle = Callable[[Line], Awaitable[None]]
_FINAL = (OperatorError, Gap)
"""What a person has to see to. Anything else makes a result unknown or the servers unreachable: the shard is given up
and taken anew, for as long as it takes."""


class Office:
    """All the shards of one process. *make_shard* builds the owner of a shard; *prepare* makes sure, each time before
    it stands in line, that the database is the right one and has its tables: one that was dropped is made anew.
    *settle* makes sure, before it takes anything, that the layout in force is whole and the latest one.
    """

    def __init__(
        self, database_url: str, make_shard: MakeShard, prepare: Callable[[], Awaitable[None]], settle: Settle
    ) -> None:
        self._database_url = database_url
        self._make_shard = make_shard
        self._prepare = prepare
        self._settle = settle
        self._owned: dict[int, tuple[Shard, asyncio.Task[None]]] = {}
        self._elsewhere = False
        self._backoff = Backoff(longest=3.0)
        self._rests_until = 0.0
        """When (monotonic) the next shard may be taken: one that fails at once would be taken again without end."""
        self._says = "starting"

    @property
    def health(self) -> Health:
        """Ready when every shard it owns is deciding, or when it stands by for others who own them all."""
        deciding = sum(shard.deciding for shard, _ in self._owned.values())
        if self._owned and deciding == len(self._owned):
            return Health(True, f"deciding on {deciding} shard{'s' if deciding > 1 else ''}")
        if not self._owned and self._elsewhere:
            return Health(True, "standing by: other registrars own all shards")
        if waiting := [str(shard.number) for shard, _ in self._owned.values() if shard.waiting]:
            return Health(False, f"waiting: Kafka or the database does not answer on shard {', '.join(waiting)}")
        return Health(False, self._says)

    async def run(self, stopping: asyncio.Event) -> None:
        """Stand in line until *stopping*; then end every batch that is begun and leave."""
        while not stopping.is_set():
            try:
                await self._prepare()
                await self._stand(stopping)
            except log_identity.OutdatedSchema as older:
                self._says = f"waiting for a rebuild: {older}"
                await _pause(stopping, LOOK_EVERY)
            except _FINAL:
                raise
            except Exception as error:
                self._says = f"out of the line, and back in a moment: {sanitised(error)}"
                log.warning("%s", self._says)
                await _pause(stopping, 1.0)

    async def _stand(self, stopping: asyncio.Event) -> None:
        """One session in the line; with its end, however it comes, every shard is given up."""
        line = await Line.stand(self._database_url)
        try:
            await self._settle(line)
            while not stopping.is_set():
                await self._look(line)
                await _pause(stopping, LOOK_EVERY, *(task for _, task in self._owned.values()))
        finally:
            self._elsewhere = False
            await self._give_up_all()
            await line.leave()

    async def _look(self, line: Line) -> None:
        """Sort out the shards that ended, give back the surplus, take what is free."""
        layout, present = await line.layout(), await line.present()
        for number, (shard, task) in list(self._owned.items()):
            if task.done():
                del self._owned[number]
                await self._ended(line, shard, task)
            elif shard.layout != layout:
                shard.give_up()
        share = fair_share(layout, present)
        for shard, _ in list(self._owned.values())[share:]:
            log.info("shard %d: handed over to another registrar", shard.number)
            shard.give_up()
        if any(shard.deciding for shard, _ in self._owned.values()):
            self._backoff.reset()
            self._says = "not deciding: a shard is given up, and taken anew"
        if not layout.ready:
            await self._settle(line)
        elif time.monotonic() >= self._rests_until:
            await self._take_free(line, layout, share)
        self._elsewhere = present > 1 and not self._owned
        metrics.SHARDS.set(len(self._owned))

    async def _take_free(self, line: Line, layout: Layout, share: int) -> None:
        for number in range(layout.shards):
            if len(self._owned) >= share:
                return
            if number not in self._owned and await line.take(layout, number):
                shard = self._make_shard(line, layout, number)
                self._owned[number] = shard, asyncio.create_task(shard.own())

    async def _ended(self, line: Line, shard: Shard, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        await line.give(shard.layout, shard.number)
        if error is not None:
            if isinstance(error, _FINAL):
                raise error
            if isinstance(error, Superseded):
                await self._settle(line)
            self._rests_until = time.monotonic() + self._backoff.seconds()
            self._says = f"shard {shard.number} given up, and taken anew: {sanitised(error)}"
            log.warning("%s", self._says)

    async def _give_up_all(self) -> None:
        for shard, _ in self._owned.values():
            shard.give_up()
        if self._owned:
            _, late = await asyncio.wait([task for _, task in self._owned.values()], timeout=3)
            for task in late:
                task.cancel()
            await asyncio.gather(*(task for _, task in self._owned.values()), return_exceptions=True)
        self._owned.clear()


async def _pause(stopping: asyncio.Event, seconds: float, *tasks: asyncio.Task[None]) -> None:
    """Wait *seconds*, or until there is something to see to."""
    stop = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait([stop, *tasks], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.cancel()
