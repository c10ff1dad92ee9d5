"""Taking entries of the log into a projection: exactly once, and around what is poison.

One transaction holds the changes and the checkpoints. The runner, the retry of parked records and the rebuild all
come through here.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.observability import metrics
from natija_chassis.postgres.engine import projecting
from natija_chassis.projections import checkpoints, dead_letters, log_identity, log_records
from natija_chassis.projections.checkpoints import Checkpoint, Gap
from natija_chassis.projections.dead_letters import Parked
from natija_chassis.projections.log_records import Entry
from natija_chassis.projections.projection import Projection
from natija_events.failpoints import failpoint

log = logging.getLogger(__name__)


class Applied(NamedTuple):
    """What became of a batch: its new checkpoints, how many entries were fresh, and those set aside."""

    checkpoints: Sequence[Checkpoint]
    fresh: int
    parked: Sequence[Parked]


async def take_in(engine: AsyncEngine, projection: Projection, batch: Sequence[Entry]) -> Applied:
    """Apply *batch*, in the order of the log within each partition, in one transaction.

    Entries at or below the checkpoint are skipped. Poison is parked with what follows of its appeal, and the others
    flow on. Raises `Gap` when records are missing, `Refused` when another version's tables are in use now, and whatever
    the database raises in an outage; then nothing is changed.
    """
    try:
        with failpoint("projection.commit"):
            async with projecting(engine) as connection:
                return await take_in_locked(connection, projection, batch, careful=False)
    except Exception as error:
        if not dead_letters.is_poison(error):
            raise
    with failpoint("projection.commit-around-poison"):
        async with projecting(engine) as connection:
            return await take_in_locked(connection, projection, batch, careful=True)


async def take_in_locked(
    connection: AsyncConnection, projection: Projection, batch: Sequence[Entry], *, careful: bool = True
) -> Applied:
    """`take_in` inside a transaction of the caller's, which holds the lock of `database.projecting` or the switch's.

    *careful*: around poison, at the cost of savepoints; else poison is raised.
    """
    held, version = await checkpoints.lock(connection, {entry.partition for entry in batch})
    log_identity.check_version(version, projection)
    fresh, moved = beyond(held, batch)
    metrics.RECORDS_SKIPPED.labels(projection.service).inc(len(batch) - len(fresh))
    setting_aside = _SettingAside(
        connection, projection, await dead_letters.first_offsets(connection, {entry.appeal for entry in fresh})
    )
    good = setting_aside.sift(fresh)
    if careful:
        await setting_aside.bisect(good)
    elif good:
        await projection.apply(connection, log_records.events(good))
    await dead_letters.add(connection, setting_aside.parked)
    await checkpoints.save(connection, moved)
    return Applied(moved, len(fresh), setting_aside.parked)


def beyond(held: dict[int, Checkpoint], batch: Sequence[Entry]) -> tuple[list[Entry], list[Checkpoint]]:
    """The entries of *batch* beyond the checkpoints *held*, and the checkpoints after them. Raises `Gap`."""
    now = dict(held)
    fresh = []
    for entry in batch:
        last = now[entry.partition]
        if entry.offset <= last.offset:
            continue
        expected = last.logsequence + 1
        if entry.logsequence not in (expected, None):
            raise Gap(entry.partition, expected, entry.logsequence or 0)
        recordedtime = entry.event.recordedtime if entry.event else last.recordedtime
        now[entry.partition] = Checkpoint(entry.partition, entry.offset, expected, recordedtime)
        fresh.append(entry)
    return fresh, [checkpoint for partition, checkpoint in now.items() if checkpoint != held[partition]]


class _SettingAside:
    """What of a batch has to be parked, found while it is applied."""

    def __init__(self, connection: AsyncConnection, projection: Projection, already: dict[str, int]) -> None:
        self._connection = connection
        self._projection = projection
        self._first = already
        """By appeal with parked records, the offset of the first."""
        self.parked: list[Parked] = []

    def sift(self, batch: Sequence[Entry]) -> list[Entry]:
        """Park what cannot be read or follows a parked record of its appeal; give the others."""
        good = []
        for entry in batch:
            if entry.appeal in self._first:
                self.parked.append(dead_letters.because_of_another(entry, self._first[entry.appeal]))
            elif entry.error is not None:
                self._park(entry, entry.error)
            else:
                good.append(entry)
        return good

    async def bisect(self, batch: Sequence[Entry]) -> None:
        """Apply *batch*, halved again and again around what the database refuses."""
        batch = self.sift(batch)
        if not batch:
            return
        try:
            async with self._connection.begin_nested():
                await self._projection.apply(self._connection, log_records.events(batch))
        except Exception as error:
            if not dead_letters.is_poison(error):
                raise
            if len(batch) == 1:
                self._park(batch[0], error)
                return
        else:
            return
        middle = len(batch) // 2
        await self.bisect(batch[:middle])
        await self.bisect(batch[middle:])

    def _park(self, entry: Entry, error: Exception) -> None:
        self._first[entry.appeal] = entry.offset
        parked = dead_letters.because_of_error(entry, error)
        self.parked.append(parked)
        log.error("parked partition %d offset %d of %s: %s", entry.partition, entry.offset, entry.appeal, parked.detail)
