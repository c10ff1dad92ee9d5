"""Proposals that the registrar rejected for a reason that needs an operator. Kept in the service's own schema.

Such a proposal is not sent again until its row changes, not even after a restart. To send it again at once, an
operator deletes its row here and restarts the service.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table, Text, Uuid, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.process_manager.proposed_event import Attempt, ProposedEvent
from natija_events.wire.rejection import Rejection

metadata = MetaData()
table = Table(
    "refused_proposals",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("appeal", Text, nullable=False, index=True),
    Column("type", Text, nullable=False),
    Column(
        "sequence",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="of the appeal, which the proposal assumed",
    ),
    Column("reason", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("refusedtime", DateTime(timezone=True), nullable=False),
)
_ATTEMPTS = text("select id, sequence from refused_proposals where id = any(cast(:ids as uuid[]))")


async def add(
    connection: AsyncConnection, proposal: ProposedEvent, rejection: Rejection, time: datetime | None
) -> None:
    """Record that *proposal* was rejected at *time*. Adding it again changes nothing."""
    row = {
        "id": proposal.id, "appeal": proposal.appeal, "type": proposal.data.type, "sequence": proposal.sequence,
        "reason": rejection.reason, "field": rejection.field, "rule": rejection.rule, "refusedtime": time,
    }  # fmt: skip
    await connection.execute(insert(table).on_conflict_do_nothing(), row)


async def among(connection: AsyncConnection, attempts: Collection[Attempt]) -> set[Attempt]:
    """Those of *attempts* that were refused."""
    rows = await connection.execute(_ATTEMPTS, {"ids": [id for id, _ in attempts]})
    return {(row.id, row.sequence) for row in rows} & set(attempts)


async def count(connection: AsyncConnection) -> int:
    """How many refused proposals are kept, for a state page."""
    return int(await connection.scalar(select(func.count()).select_from(table)) or 0)
