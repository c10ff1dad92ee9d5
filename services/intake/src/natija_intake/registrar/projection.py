"""The registrar's projection: heads and event ids, by set-based SQL.

The registrar stores what it has just registered through the same `save` that catching up and a rebuild go through.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_events.lifecycle.transitions import Standing
from natija_events.wire.record import RecordedEvent
from natija_intake.registrar import tables
from natija_intake.registrar.admission import AdmissionState, RegisteredId, digest
from natija_intake.registrar.heads import Head, evolve

_LOAD_HEADS = text("select * from heads where appeal = any(cast(:appeals as text[]))")

_LOAD_IDS = text("""
    select appeal, id, digest, sequence
    from event_ids join unnest(cast(:appeals as text[]), cast(:ids as uuid[])) as wanted (appeal, id) using (appeal, id)
""")

_STORE_HEADS = text("""
    insert into heads
        (appeal, sequence, material, state, resume, opened, hash, received, registered, body, due, extended, forwarded)
    select
        appeal, sequence, material, state, string_to_array(resume, ','), opened, hash, received, registered, body,
        due, extended, forwarded
    from unnest(
        cast(:appeal as text[]), cast(:sequence as int[]), cast(:material as int[]), cast(:state as text[]),
        cast(:resume as text[]), cast(:opened as timestamptz[]), cast(:hash as text[]),
        cast(:received as timestamptz[]), cast(:registered as timestamptz[]), cast(:body as text[]),
        cast(:due as timestamptz[]), cast(:extended as bool[]), cast(:forwarded as bool[])
    ) as head (
        appeal, sequence, material, state, resume, opened, hash, received, registered, body, due, extended, forwarded
    )
    on conflict (appeal) do update set
        sequence = excluded.sequence, material = excluded.material, state = excluded.state, resume = excluded.resume,
        opened = excluded.opened, hash = excluded.hash, received = excluded.received, registered = excluded.registered,
        body = excluded.body, due = excluded.due, extended = excluded.extended,
        forwarded = excluded.forwarded
""")

_STORE_IDS = text("""
    insert into event_ids (appeal, id, digest, sequence)
    select * from unnest(
        cast(:appeals as text[]), cast(:ids as uuid[]), cast(:digests as bytea[]), cast(:sequences as int[])
    )
""")


class HeadsProjection:
    """The projection of heads. Version goes up when its rows change their meaning or shape."""

    service = "intake"
    version = 3
    metadata = tables.projected

    async def apply(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
        """Move the heads of the appeals that *events* are of. Raises what the database raises."""
        appeals = {event.subject for event in events}
        heads = await load_heads(connection, appeals)
        last = {event.subject: event for event in events}
        for event in events:
            head = heads.get(event.subject, Head())
            # Only the last hash of an appeal is kept, so only that one is worth computing.
            hashed = event.hash if last[event.subject] is event else head.hash
            heads[event.subject] = evolve(head, event, hash=hashed)
        await save(
            connection,
            heads,
            [(event.subject, event.id, digest(event.event), event.sequence) for event in events],
        )


def build() -> HeadsProjection:
    """The projection of this service, for the chassis."""
    return HeadsProjection()


async def load_admission_state(
    connection: AsyncConnection, wanted: Sequence[tuple[str, UUID]], unkept: AdmissionState
) -> AdmissionState:
    """What admission must know to decide on events of these appeals with these ids.

    *unkept* is what was registered and may not stand in the database yet, as it was before this is called: it is newer
    than what stands there.
    """
    heads = {appeal: head for appeal, _ in wanted if (head := unkept.heads.get(appeal)) is not None}
    heads |= await load_heads(connection, {appeal for appeal, _ in wanted if appeal not in heads})
    known = [(appeal, id) for appeal, id in wanted if appeal in heads]
    if not known:
        return AdmissionState(heads)
    rows = await connection.execute(
        _LOAD_IDS, {"appeals": [appeal for appeal, _ in known], "ids": [id for _, id in known]}
    )
    ids = {(row.appeal, row.id): RegisteredId(row.digest, row.sequence) for row in rows}
    ids |= {key: known_id for key in known if (known_id := unkept.ids.get(key)) is not None}
    return AdmissionState(heads, ids)


async def load_heads(connection: AsyncConnection, appeals: Iterable[str]) -> dict[str, Head]:
    """The heads of those of *appeals* that have one."""
    rows = await connection.execute(_LOAD_HEADS, {"appeals": list(appeals)})
    return {row.appeal: _head(row) for row in rows}


async def save(
    connection: AsyncConnection, heads: Mapping[str, Head], ids: Sequence[tuple[str, UUID, bytes, int]]
) -> None:
    """Write *heads*, and the *ids* (appeal, id, digest, sequence) that were registered for the first time."""
    if heads:
        # One order of rows in every transaction: two of them never wait for each other in a ring.
        await connection.execute(_STORE_HEADS, _columns(sorted(heads.items())))
    if ids:
        appeals, event_ids, digests, sequences = (list(column) for column in zip(*ids, strict=True))
        await connection.execute(
            _STORE_IDS, {"appeals": appeals, "ids": event_ids, "digests": digests, "sequences": sequences}
        )


def _head(row: Any) -> Head:
    return Head(
        standing=Standing(row.state, tuple(row.resume), row.opened, row.sequence, row.material),
        hash=row.hash,
        received=row.received,
        registered=row.registered,
        body=row.body,
        due=row.due,
        extended=row.extended,
        forwarded=row.forwarded,
    )


def _columns(heads: Sequence[tuple[str, Head]]) -> dict[str, list[Any]]:
    return {
        "appeal": [appeal for appeal, _ in heads],
        "sequence": [head.standing.sequence for _, head in heads],
        "material": [head.standing.material for _, head in heads],
        "state": [head.standing.state for _, head in heads],
        "resume": [",".join(head.standing.resume) for _, head in heads],
        "opened": [head.standing.opened for _, head in heads],
        "hash": [head.hash for _, head in heads],
        "received": [head.received for _, head in heads],
        "registered": [head.registered for _, head in heads],
        "body": [head.body for _, head in heads],
        "due": [head.due for _, head in heads],
        "extended": [head.extended for _, head in heads],
        "forwarded": [head.forwarded for _, head in heads],
    }
