"""Wiring of the desk process."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.key_ring import signing_key
from natija_chassis.opening.appeal_reader import AppealReader
from natija_chassis.opening.key_indexer import KeyIndexer
from natija_chassis.opening.settings import key_encryption_keys
from natija_chassis.pages.data_age import GetDataAge
from natija_chassis.postgres.engine import open_engine
from natija_chassis.process.health import Backlog
from natija_chassis.realm.public_key import realm_public_key
from natija_chassis.realm.reference_reader import ReferenceReader
from natija_chassis.service_app import ServicePages, run_service
from natija_routing.desk.acts.service import ActService
from natija_routing.desk.cases import projection
from natija_routing.desk.pages import site
from natija_routing.desk.pages.parts import DeskParts
from natija_routing.desk.settings import DeskSettings

_COUNT = text("select count(*) from cases where body is null and stage <> 'closed'")


async def serve(settings: DeskSettings) -> None:
    """Run the desk until SIGTERM. Raises `OperatorError` when a key is missing."""
    reference, cases = ReferenceReader(settings), projection.build()
    kafka, realm = settings.kafka_config, settings.realm
    index = open_engine(settings, "desk")  # apart from the connections of pages, which visitors may use up
    acts = ActService(kafka, realm, realm_public_key(settings), lambda source: signing_key(settings, source))
    async with AppealReader(kafka, realm, index, key_encryption_keys(settings)) as reader, acts:

        def pages(engine: AsyncEngine, age: GetDataAge) -> ServicePages:
            return site.build(
                reference.now,
                lambda made: DeskParts(
                    site=made, engine=engine, projection=cases, reference=reference.now, reader=reader, acts=acts,
                    clock=settings.injected_clock, age=age,
                ),
            )  # fmt: skip

        try:
            await run_service(
                settings,
                cases,
                about="Officials work here on the appeals of their body: they route, answer, approve and sign.",
                pages=pages,
                backlog=_backlog,
                reference=reference,
                tasks=[KeyIndexer(settings, index).run],
            )
        finally:
            await index.dispose()


async def _backlog(connection: AsyncConnection) -> Sequence[Backlog]:
    return [Backlog("open appeals that no body has", int(await connection.scalar(_COUNT) or 0))]
