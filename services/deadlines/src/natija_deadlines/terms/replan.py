"""New timers for all rows after a change of policies or calendars. A row says by which files they are planned."""

from sqlalchemy import Column, Integer, MetaData, Table, Text, text
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.postgres.engine import create_service_tables
from natija_deadlines.terms.projection import TermsProjection

service_tables = MetaData()
planned_by = Table(
    "planned_by",
    service_tables,
    Column("version", Integer, primary_key=True, comment="of the projection"),
    Column("digest", Text, nullable=False, comment="of the policies and calendars by which its timers are set"),
)
_PAGE = 500
_PLANNED = text("select digest from planned_by where version = :version")
_ROWS = text("select * from appeals where appeal > :after and not fed order by appeal limit :page for update")
_SET = text("""
    insert into planned_by values (:version, :digest) on conflict (version) do update set digest = excluded.digest
""")


async def replan(engine: AsyncEngine, projection: TermsProjection) -> int:
    """Set all timers by the files of *projection*, unless they are. The number of rows."""
    await create_service_tables(engine, service_tables)
    planned = {"version": projection.version, "digest": projection.policies.digest}
    async with engine.connect() as connection:
        if await connection.scalar(_PLANNED, planned) == planned["digest"]:
            return 0
    after, rows = "", 0
    while True:
        async with engine.begin() as connection:
            page = [
                projection.of(row)
                for row in (await connection.execute(_ROWS, {"after": after, "page": _PAGE})).mappings()
            ]
            if not page:
                await connection.execute(_SET, planned)
                return rows
            await projection.store(connection, {state.appeal: state for state in page})
        after, rows = page[-1].appeal, rows + len(page)
