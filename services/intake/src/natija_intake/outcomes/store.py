"""The relay's database: outcomes with their positions, the offsets read, and how far each topic is written."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.postgres.engine import create_service_tables
from natija_events.wire.outcome import DecidedProposal
from natija_events.wire.rejection import Rejection
from natija_intake.outcomes import tables

KEPT = timedelta(days=90)
"""How long an outcome stays in the table: as long as its rejection stays on rejected."""

_BEGIN = text("insert into service.relay (one, epoch, last) values (true, :epoch, 0) on conflict do nothing")
_LOCK = text("select last from service.relay for update")
_OFFSETS = text("select topic, partition, next from service.relay_offsets")
_SAVE_OFFSETS = text("""
    insert into service.relay_offsets as held (topic, partition, next)
    select * from unnest(cast(:topics as text[]), cast(:partitions as int[]), cast(:offsets as bigint[]))
    on conflict (topic, partition) do update set next = excluded.next
""")
_ADD = text("""
    insert into service.outcomes (
        position, partition, inboxoffset, source, subject, proposal, recordedtime, reason, field, rule, sequence,
        events, stored
    )
    select *, now() from unnest(
        cast(:position as bigint[]), cast(:partition as int[]), cast(:inboxoffset as bigint[]),
        cast(:source as text[]), cast(:subject as text[]), cast(:proposal as uuid[]),
        cast(:recordedtime as timestamptz[]), cast(:reason as text[]), cast(:field as text[]), cast(:rule as text[]),
        cast(:sequence as int[]), cast(:events as int[])
    )
    on conflict (partition, inboxoffset) do nothing
""")
_MOVE = text("update service.relay set last = :last")
_AFTER = text("""
    select * from service.outcomes where source = :source and position > :position order by position limit :most
""")
_OF_PROPOSAL = text("""
    select * from service.outcomes where source = :source and proposal = :proposal order by position limit 100
""")
_REJECTIONS = text("""
    select * from service.outcomes
    where source = :source and reason is not null and reason <> 'duplicate' order by position desc limit :most
""")
_PUBLISHED = text("select published from service.outcome_topics where source = :source")
_SAVE_PUBLISHED = text("""
    insert into service.outcome_topics as held (source, published) values (:source, :position)
    on conflict (source) do update set published = greatest(held.published, excluded.published)
""")
_DELETE = text("delete from service.outcomes where stored < now() - cast(:kept as interval)")

TopicPlace = tuple[str, int]
"""A topic (`log` or `rejected`) and a partition."""


class ConcurrentRelay(Exception):
    """The offsets are not as this relay left them: another one works, or the database was restored."""


class StoredOutcome(NamedTuple):
    """An outcome and its *position* in the table."""

    position: int
    decided: DecidedProposal


async def prepare(engine: AsyncEngine) -> None:
    """Create the tables, as far as they are missing."""
    await create_service_tables(engine, tables.metadata)
    async with engine.begin() as connection:
        await connection.execute(_BEGIN, {"epoch": secrets.token_hex(4)})


async def load_offsets(connection: AsyncConnection) -> dict[TopicPlace, int]:
    """The offsets to read next, as far as something was read."""
    return {(row.topic, row.partition): row.next for row in await connection.execute(_OFFSETS)}


async def lock(connection: AsyncConnection, before: Mapping[TopicPlace, int]) -> int:
    """The greatest position. Its row stays locked until the transaction ends, so that positions grow in the order of
    commits. Raises `ConcurrentRelay` unless the offsets are as *before*."""
    last = int(await connection.scalar(_LOCK) or 0)
    if await load_offsets(connection) != before:
        raise ConcurrentRelay
    return last


async def add_outcomes(connection: AsyncConnection, decided: Sequence[DecidedProposal], last: int) -> int:
    """Add the outcomes *decided* behind the position *last*; the last position after them."""
    if decided:
        rows = [_row(last + place, one) for place, one in enumerate(decided, 1)]
        await connection.execute(_ADD, {name: [row[name] for row in rows] for name in rows[0]})
    return last + len(decided)


async def save(connection: AsyncConnection, last: int, reached: Mapping[TopicPlace, int]) -> None:
    """Move the greatest position and the offsets to those *reached*."""
    await connection.execute(_MOVE, {"last": last})
    places = list(reached)
    columns = {
        "topics": [topic for topic, _ in places],
        "partitions": [partition for _, partition in places],
        "offsets": [reached[place] for place in places],
    }
    await connection.execute(_SAVE_OFFSETS, columns)


async def outcomes_after(connection: AsyncConnection, source: str, position: int, most: int) -> Sequence[StoredOutcome]:
    """The first outcomes of *source* beyond *position*, at most so many."""
    rows = await connection.execute(_AFTER, {"source": source, "position": position, "most": most})
    return [_stored(row) for row in rows]


async def outcome_of(connection: AsyncConnection, source: str, proposal: UUID) -> StoredOutcome | None:
    """The outcome of the proposal of *source* whose first event has this id: where it was registered, if it was, else
    the newest one. None before a decision."""
    found = [_stored(row) for row in await connection.execute(_OF_PROPOSAL, {"source": source, "proposal": proposal})]
    return next((one for one in found if one.decided.registered), found[-1] if found else None)


async def rejections_of(connection: AsyncConnection, source: str, most: int) -> Sequence[StoredOutcome]:
    """The newest rejections of *source*, at most so many, the newest last. A duplicate is none."""
    rows = await connection.execute(_REJECTIONS, {"source": source, "most": most})
    return [_stored(row) for row in rows][::-1]


async def load_published(connection: AsyncConnection, source: str) -> int:
    """The last position that is on the topic of *source*."""
    return int(await connection.scalar(_PUBLISHED, {"source": source}) or 0)


async def save_published(connection: AsyncConnection, source: str, position: int) -> None:
    """All up to *position* is on the topic of *source*."""
    await connection.execute(_SAVE_PUBLISHED, {"source": source, "position": position})


async def delete_old(engine: AsyncEngine) -> int:
    """Delete outcomes that are older than `KEPT`; how many."""
    async with engine.begin() as connection:
        return int((await connection.execute(_DELETE, {"kept": KEPT})).rowcount)


def _row(position: int, decided: DecidedProposal) -> dict[str, Any]:
    row = decided._asdict()
    why = row.pop("rejection")
    named = {name: None if why is None else getattr(why, name) for name in ("reason", "field", "rule")}
    return {"position": position, **row, **named}


def _stored(row: Any) -> StoredOutcome:
    rejection = None if row.reason is None else Rejection(row.reason, row.field, row.rule, row.sequence)
    return StoredOutcome(
        row.position,
        DecidedProposal(
            row.partition,
            row.inboxoffset,
            row.source,
            row.subject,
            row.proposal,
            row.recordedtime,
            rejection,
            row.sequence,
            row.events,
        ),
    )
