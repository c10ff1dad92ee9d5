"""The events that publishers may read back, in the relay's database: by reader, as places on the log."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.postgres.bulk_upsert import BulkUpsert
from natija_events.kafka import partition_of
from natija_events.lifecycle.holding import Holding
from natija_events.wire.record import RecordedEvent
from natija_intake.outcomes import tables
from natija_intake.outcomes.sharing import SharedAppeal, SharedEvent, share

_APPEALS = BulkUpsert(tables.shared_appeals)
_LOAD = text("select * from service.shared_appeals where appeal = any(cast(:appeals as text[]))")
_ADD = text("""
    insert into service.shared_events (position, reader, appeal, partition, "offset")
    select * from unnest(
        cast(:position as bigint[]), cast(:reader as text[]), cast(:appeal as text[]), cast(:partition as int[]),
        cast(:offset as bigint[])
    )
""")
_AFTER = text("""
    select event.position, event.partition, event."offset"
    from service.shared_events as event join service.shared_appeals as about using (appeal)
    where event.reader = any(cast(:readers as text[])) and event.position > :position
        and (about.complained_of = cast(:body as text)) is not true  -- true needs a body on both sides
        and not exists (
            select from service.shared_appeals as first
            where first.appeal = about.complaint_of and cast(:body as text) = any(first.bodies)
        )
        and not exists (
            select from service.shared_events as earlier
            where earlier.partition = event.partition and earlier."offset" = event."offset"
                and earlier.reader = any(cast(:readers as text[])) and earlier.position < event.position
        )
    order by event.position limit :most
""")


class SharedPlace(NamedTuple):
    """A row: its *position*, and the *partition* and *offset* of the event on the log."""

    position: int
    partition: int
    offset: int


async def add_events(connection: AsyncConnection, events: Sequence[RecordedEvent], last: int) -> int:
    """Share *events*, in their order, behind the position *last*; the last position after them."""
    if not events:
        return last
    appeals: dict[str, SharedAppeal | None] = dict(await _load(connection, {event.subject for event in events}))
    rows: list[SharedEvent] = []
    for event in events:
        appeals[event.subject], shared = share(appeals.get(event.subject), event)
        rows += shared
    known = {number: appeal for number, appeal in appeals.items() if appeal is not None}
    if known:
        await _APPEALS.execute(connection, [_row(number, appeal) for number, appeal in sorted(known.items())])
    if rows:
        columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in SharedEvent._fields}
        await connection.execute(_ADD, columns | {"position": list(range(last + 1, last + 1 + len(rows)))})
    return last + len(rows)


async def shared_after(
    connection: AsyncConnection, readers: Sequence[str], body: str | None, position: int, most: int
) -> Sequence[SharedPlace]:
    """The first events beyond *position* that one of *readers* may read, each once, at most so many.

    None is of a complaint about *body*, or about an appeal that it held.
    """
    values = {"readers": list(readers), "body": body, "position": position, "most": most}
    return [SharedPlace(*row) for row in await connection.execute(_AFTER, values)]


async def places_of(connection: AsyncConnection, appeal: str) -> Sequence[SharedPlace]:
    """The places on the log of the events of *appeal*, in their order, but for links to complaints that are not its
    last event. None before the relay has read it. Their positions are not used."""
    row = (await connection.execute(_LOAD, {"appeals": [appeal]})).one_or_none()
    if row is None:
        return []
    partition = partition_of(appeal.encode())
    return [SharedPlace(0, partition, offset) for offset in sorted({*row.offsets, row.last})]


async def _load(connection: AsyncConnection, appeals: Iterable[str]) -> Mapping[str, SharedAppeal]:
    rows = await connection.execute(_LOAD, {"appeals": list(appeals)})
    return {row.appeal: _appeal(row) for row in rows}


def _appeal(row: Any) -> SharedAppeal:
    return SharedAppeal(
        Holding(row.holder, row.addressee, row.opener, row.fed),
        tuple(row.bodies),
        tuple(row.offsets),
        row.confidential,
        row.complained_of,
        row.complaint_of,
        tuple(row.shared_with),
        row.last,
    )


def _row(number: str, appeal: SharedAppeal) -> dict[str, Any]:
    row = appeal._asdict()
    lists = {name: list(row[name]) for name in ("bodies", "offsets", "shared_with")}
    return {"appeal": number, **row.pop("holding")._asdict(), **row, **lists}
