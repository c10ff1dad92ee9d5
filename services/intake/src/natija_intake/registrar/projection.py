"""The registrar's projection: heads and event keys, by set-based SQL.

The registrar saves its batches through the same `save` as catching up and a rebuild.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.postgres.bulk_upsert import BulkUpsert
from natija_events.lifecycle.holding import Holding
from natija_events.lifecycle.transitions import Standing
from natija_events.wire.identity import EventDigest, event_digest, event_key
from natija_events.wire.record import RecordedEvent
from natija_intake.registrar import tables
from natija_intake.registrar.admission import AdmissionState, NewKey, RegisteredKey
from natija_intake.registrar.heads import NO_HEAD, Head, evolve
from natija_intake.registrar.term_limits import NO_LIMITS, read_limits

_LOAD_HEADS = text("select * from heads where appeal = any(cast(:appeals as text[]))")

_LOAD_KEYS = text("""
    select appeal, key, digest, full_digest, sequence
    from event_keys join unnest(cast(:appeals as text[]), cast(:keys as uuid[])) as wanted (appeal, key)
        using (appeal, key)
""")

_HEADS = BulkUpsert(tables.heads)
_HEAD_FIELDS = tuple(name for name in Head._fields if name not in ("standing", "holding", "limits"))

_SAVE_KEYS = text("""
    insert into event_keys (appeal, key, digest, full_digest, sequence)
    select * from unnest(
        cast(:appeals as text[]), cast(:keys as uuid[]), cast(:digests as bytea[]), cast(:full_digests as bytea[]),
        cast(:sequences as int[])
    )
""")


class HeadsProjection:
    """The projection of heads. *version* goes up when the meaning or shape of its rows changes."""

    service = "intake"
    version = 9
    metadata = tables.projected

    async def apply(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
        """Evolve the heads of the appeals of *events*, in their order. Raises errors of the database."""
        last = {event.subject: event for event in events}
        heads = await load_heads(connection, last)
        for event in events:
            head = heads.get(event.subject, NO_HEAD)
            # A head keeps only the hash of its last event, so only that one is computed.
            hashed = event.hash if last[event.subject] is event else head.hash
            heads[event.subject] = evolve(head, event, hash=hashed)
        await save(connection, heads, [_new_key(event) for event in events])


def build() -> HeadsProjection:
    """The projection of this service, for the chassis."""
    return HeadsProjection()


async def load_admission_state(
    connection: AsyncConnection,
    wanted: Sequence[tuple[str, UUID]],
    pending: AdmissionState,
    linked: Collection[str] = (),
) -> AdmissionState:
    """The heads of the appeals in *wanted* (appeal, event key), and those of the keys that are registered.

    The heads of *linked* appeals are there, too: proposals name them.
    *pending* is what is registered and perhaps not in the database yet. It must be read before this is called, and it
    is newer than the database.
    """
    appeals = {appeal for appeal, _ in wanted}.union(linked)
    heads = {appeal: head for appeal in appeals if (head := pending.heads.get(appeal)) is not None}
    heads |= await load_heads(connection, appeals - heads.keys())
    keys = [(appeal, key) for appeal, key in wanted if appeal in heads]
    if not keys:
        return AdmissionState(heads)
    rows = await connection.execute(
        _LOAD_KEYS, {"appeals": [appeal for appeal, _ in keys], "keys": [key for _, key in keys]}
    )
    registered = {
        (row.appeal, row.key): RegisteredKey(EventDigest(row.digest, row.full_digest), row.sequence) for row in rows
    }
    registered |= {key: found for key in keys if (found := pending.keys.get(key)) is not None}
    return AdmissionState(heads, registered)


async def load_heads(connection: AsyncConnection, appeals: Iterable[str]) -> dict[str, Head]:
    """The heads of those *appeals* that have one, by appeal."""
    rows = await connection.execute(_LOAD_HEADS, {"appeals": list(appeals)})
    return {row[0]: _head(row) for row in rows}


async def save(connection: AsyncConnection, heads: Mapping[str, Head], keys: Sequence[NewKey]) -> None:
    """Save *heads* by appeal, and the *keys* of the events that changed them."""
    await save_heads(connection, heads)
    await save_keys(connection, keys)


async def save_heads(connection: AsyncConnection, heads: Mapping[str, Head]) -> None:
    """Insert or replace *heads*, by appeal."""
    if heads:
        # Every transaction writes its rows in one order, so no two wait for each other in a ring.
        await _HEADS.execute(connection, [_row(appeal, head) for appeal, head in sorted(heads.items())])


async def save_keys(connection: AsyncConnection, keys: Sequence[NewKey]) -> None:
    """Insert *keys*. Raises IntegrityError for one that is there."""
    if keys:
        appeals, event_keys, digests, sequences = (list(column) for column in zip(*keys, strict=True))
        columns = {
            "appeals": appeals,
            "keys": event_keys,
            "digests": [digest.content for digest in digests],
            "full_digests": [digest.full for digest in digests],
            "sequences": sequences,
        }
        await connection.execute(_SAVE_KEYS, columns)


def _new_key(event: RecordedEvent) -> NewKey:
    digest = event_digest(event.event)
    return NewKey(event.subject, event_key(event.event.source, event.id), digest, event.sequence)


def _head(row: Any) -> Head:
    standing = Standing(row.state, tuple(row.resume), row.opened, row.sequence, row.material, row.termed)
    holding = Holding(row.holder, row.addressee, row.opener, row.fed)
    limits = read_limits(row.limits) if row.limits else NO_LIMITS  # the driver has parsed the JSON
    return Head(standing, holding, **{name: getattr(row, name) for name in _HEAD_FIELDS}, limits=limits)


def _row(appeal: str, head: Head) -> dict[str, Any]:
    row = head._asdict()
    return {"appeal": appeal, **row.pop("standing")._asdict(), **row.pop("holding")._asdict(), **row}
