"""The index of data keys: where on the topic of data keys the last record of each key stands.

It holds places and no keys. So what a look opens is always read from Kafka, where an erased key says so.
"""

from base64 import b32decode, b32encode
from binascii import Error as NotBase32
from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, SmallInteger, Table, Text, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.kafka.topic_identity import TopicIdentity
from natija_chassis.postgres.engine import create_service_tables
from natija_events.topics import PARTITIONS

metadata = MetaData()
"""Its tables, in the schema `service` of a process' own database: no projection's rebuild touches them."""

Table(
    "key_places",
    metadata,
    Column("offset", BigInteger, nullable=False),
    Column("partition", SmallInteger, nullable=False),
    Column("kid", LargeBinary, primary_key=True),  # the last, so that no row has a gap before a wider column
)
Table(
    "key_positions",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, nullable=False),
    Column("cluster", Text, nullable=False),
    Column("topic_id", Text, nullable=False),
)

_LOCK = text("""
    select partition, "offset" from service.key_positions
    where partition = any(cast(:partitions as int[])) order by partition for update
""")
_SAVE_PLACES = text("""
    insert into service.key_places ("offset", partition, kid)
    select * from unnest(cast(:offset as bigint[]), cast(:partition as smallint[]), cast(:kid as bytea[]))
    on conflict (kid) do update set "offset" = excluded."offset", partition = excluded.partition
""")
_SAVE_POSITIONS = text("""
    update service.key_positions set "offset" = moved."offset"
    from unnest(cast(:partition as int[]), cast(:offset as bigint[])) as moved (partition, "offset")
    where key_positions.partition = moved.partition
""")
_FIND = text("""
    select position."offset", place.kid, place."offset"
    from service.key_positions as position
    left join service.key_places as place
        on place.kid = any(cast(:kids as bytea[])) and place.partition = position.partition
    where position.partition = :partition
""")
_ALL = text('select partition, "offset", cluster, topic_id from service.key_positions for update')
_BEGIN = text("""
    insert into service.key_positions (partition, "offset", cluster, topic_id)
    select partition, 0, :cluster, :topic_id from generate_series(0, :last) as partition
""")
MOST_BEHIND = 20_000
"""Records of a partition that a look reads beside the index. When more are not indexed, nothing is opened."""
_PREFIX = "gcm1:"
_KID_BYTES = 16


class KeyRecords(NamedTuple):
    """All records of one partition from the offset *first* to before *next*: by *kid* the offset of the last one."""

    first: int
    next: int
    kids: Mapping[bytes, int]


class KeyPlaces(NamedTuple):
    """Offsets by *kid* on one partition, as of the offset *position*: what stands from there on is not indexed."""

    position: int
    kids: Mapping[str, int]


def to_raw(kid: str) -> bytes | None:
    """The 16 bytes of the key id *kid*; None for another text."""
    try:
        raw = b32decode(kid.removeprefix(_PREFIX) + "======")
    except (NotBase32, ValueError):
        return None
    return raw if len(raw) == _KID_BYTES and to_kid(raw) == kid else None


def to_kid(raw: bytes) -> str:
    """The key id of its 16 bytes."""
    return _PREFIX + b32encode(raw).decode().rstrip("=")


async def prepare(engine: AsyncEngine, topic: TopicIdentity) -> None:
    """Make the tables. Empty them when they are of another topic than *topic*."""
    await create_service_tables(engine, metadata)
    async with engine.begin() as connection:
        await connection.execute(text("lock table service.key_positions in share row exclusive mode"))
        rows = (await connection.execute(_ALL)).all()
        if {TopicIdentity(*row[2:]) for row in rows} != {topic}:
            await _clear(connection, topic)


async def clear(engine: AsyncEngine, topic: TopicIdentity) -> None:
    """Empty the index: it then fills again from the beginning of *topic*."""
    async with engine.begin() as connection:
        await connection.execute(text("lock table service.key_positions in share row exclusive mode"))
        await _clear(connection, topic)


async def _clear(connection: AsyncConnection, topic: TopicIdentity) -> None:
    await connection.execute(text("truncate service.key_places"))
    await connection.execute(text("delete from service.key_positions"))
    await connection.execute(_BEGIN, {**topic._asdict(), "last": PARTITIONS - 1})


async def positions(engine: AsyncEngine) -> dict[int, int]:
    """The offset at which indexing goes on, by partition."""
    async with engine.connect() as connection:
        rows = await connection.execute(text('select partition, "offset" from service.key_positions'))
        return {row[0]: row[1] for row in rows}


async def save(engine: AsyncEngine, records: Mapping[int, KeyRecords]) -> dict[int, int]:
    """Index *records*, by partition, in one transaction with the positions. The positions of these partitions after it.

    Where the stored position is beyond the first record, another process has indexed some, and they are written again.
    Where it is before it, the database was restored: nothing of this partition is indexed.
    """
    async with engine.begin() as connection:
        rows = await connection.execute(_LOCK, {"partitions": sorted(records)})
        stored: dict[int, int] = {row[0]: row[1] for row in rows}
        current = {
            partition: batch
            for partition, batch in records.items()
            if partition in stored and batch.first <= stored[partition] < batch.next
        }
        places = [
            (offset, partition, kid) for partition, batch in current.items() for kid, offset in batch.kids.items()
        ]
        moved = {partition: batch.next for partition, batch in current.items()}
        if places:
            columns = [list(column) for column in zip(*places, strict=True)]
            await connection.execute(_SAVE_PLACES, dict(zip(("offset", "partition", "kid"), columns, strict=True)))
        if moved:
            await connection.execute(_SAVE_POSITIONS, {"partition": list(moved), "offset": list(moved.values())})
    return stored | moved


async def find(engine: AsyncEngine, partition: int, kids: Collection[str]) -> KeyPlaces | None:
    """The places of *kids* on *partition*, those that are indexed; None before the index was begun."""
    raw = [one for one in map(to_raw, kids) if one is not None]
    async with engine.connect() as connection:
        rows = (await connection.execute(_FIND, {"kids": raw, "partition": partition})).all()
    if not rows:
        return None
    return KeyPlaces(rows[0][0], {to_kid(kid): offset for _, kid, offset in rows if kid is not None})
