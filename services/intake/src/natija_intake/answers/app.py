"""Wiring of the process that shows answers."""

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.http.app import create_apps
from natija_chassis.opening.appeal_reader import AppealReader
from natija_chassis.opening.key_indexer import KeyIndexer
from natija_chassis.opening.settings import key_encryption_keys
from natija_chassis.pages import sections
from natija_chassis.postgres.engine import open_engine
from natija_chassis.process.apps import Apps
from natija_chassis.process.health import Health
from natija_chassis.process.run import run
from natija_chassis.realm.reference_reader import ReferenceReader
from natija_intake.answers import site
from natija_intake.answers.service import AnswerService
from natija_intake.answers.settings import AnswersSettings
from natija_intake.api.client_address import client_address, parse_networks
from natija_intake.appeals.access_check import AccessCheck
from natija_intake.appeals.head_lookup import HeadLookup
from natija_intake.following.access import AppealAccess
from natija_intake.receipts.access_codes import AccessCodes
from natija_intake.receipts.access_tokens import AccessTokens
from natija_intake.receipts.attempts import Attempts
from natija_intake.settings import access_code_secrets


async def serve(settings: AnswersSettings) -> None:
    """Show answers until SIGTERM. Raises `OperatorError` when a key is missing.

    The index of data keys is in the database of intake, in the schema `service`: who reads answers needs that database
    anyway, and nobody else there has an index.
    """
    reference, engine = ReferenceReader(settings), open_engine(settings, "intake")
    index = open_engine(settings, "intake")  # apart from the connections of pages, which visitors may use up
    indexer = KeyIndexer(settings, index)
    kafka, realm, keks = settings.kafka_config, settings.realm, key_encryption_keys(settings)
    try:
        async with AppealReader(kafka, realm, index, keks) as reader:
            await run(_apps(settings, engine, reader, reference, indexer), settings, [reference.run, indexer.run])
    finally:
        await engine.dispose()
        await index.dispose()


def _apps(
    settings: AnswersSettings,
    engine: AsyncEngine,
    reader: AppealReader,
    reference: ReferenceReader,
    indexer: KeyIndexer,
) -> Apps:
    proxies, heads, secrets = (
        parse_networks(settings.trusted_proxies),
        HeadLookup(engine),
        access_code_secrets(settings),
    )
    check = AccessCheck(AccessCodes(secrets), heads, Attempts())
    service = AnswerService(engine, reader, settings.injected_clock)

    def address_of(request: Request) -> str:
        return client_address(request, proxies)

    def health() -> Health:
        if indexer.problem is not None:
            return Health(False, f"waiting: {indexer.problem}", indexer.lag or 0)
        return reference.health(Health(True, "showing answers"))

    access = AppealAccess(check.find, heads, AccessTokens(secrets))
    pages = site.build(access, service, reference.now, settings.injected_clock, address_of)
    pages.site.show_others(sections.parse(settings.sites))
    return create_apps(
        settings,
        title="answers",
        about="Shows the answer to an appeal to whoever has its number and access code.",
        health=health,
        routers=[*pages.routers, pages.site.router()],
        rows=[*pages.rows, *pages.site.rows],
        error_page=pages.site.error_page,
    )
