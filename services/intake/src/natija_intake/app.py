"""Wiring of the intake API's process."""

from collections.abc import Sequence

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.http.app import create_apps
from natija_chassis.kafka.log_lookup import LogLookup
from natija_chassis.kafka.record_lookup import RecordLookup
from natija_chassis.key_ring import service_key
from natija_chassis.pages import sections
from natija_chassis.postgres.engine import open_engine
from natija_chassis.process.apps import Apps
from natija_chassis.process.health import Backlog
from natija_chassis.process.run import run
from natija_chassis.realm.public_key import realm_public_key
from natija_chassis.realm.reference_reader import ReferenceReader
from natija_chassis.sign_in import parts
from natija_events.kafka import Publisher
from natija_intake.api import contract, post_appeals, proposals, routes
from natija_intake.api import streams as streams_api
from natija_intake.api.address_limit import AddressLimit
from natija_intake.api.client_address import client_address, parse_networks
from natija_intake.appeals.context import IntakeContext
from natija_intake.appeals.head_lookup import HeadLookup
from natija_intake.appeals.inbox_gateway import InboxGateway
from natija_intake.appeals.service import AppealService
from natija_intake.appeals.submission import SOURCE
from natija_intake.appeals.write_probe import WriteProbe
from natija_intake.following.access import AppealAccess
from natija_intake.following.service import FollowingService
from natija_intake.following.timelines import Timelines
from natija_intake.inbox_lag import InboxLag
from natija_intake.pages import site
from natija_intake.proposals.service import ProposalService
from natija_intake.proposals.streams import RelayStreams
from natija_intake.receipts.access_codes import AccessCodes
from natija_intake.receipts.access_tokens import AccessTokens
from natija_intake.receipts.attempts import Attempts
from natija_intake.receipts.registration_secrets import RegistrationSecrets
from natija_intake.receipts.send_limit import SendLimit
from natija_intake.settings import (
    IntakeSettings,
    access_code_secrets,
    jurisdiction,
    number_secret,
    registration_secrets_file,
)

ACCESS = (post_appeals.ACCESS, *routes.ACCESS, *contract.ACCESS, *proposals.ACCESS, *streams_api.ACCESS)
"""The rows of the access table."""


async def serve(settings: IntakeSettings) -> None:
    """Run the intake API until SIGTERM. Raises `OperatorError` when a key or a file is missing."""
    reference = ReferenceReader(settings)
    context = _context(settings, reference)
    engine = open_engine(settings, "intake")
    kafka, realm = settings.kafka_config, settings.realm
    key = service_key(settings)
    gateway = InboxGateway(
        InboxLag(kafka, realm),
        WriteProbe(kafka, realm, "intake"),
        lambda: Publisher(kafka, realm, SOURCE, key=key, delivery_timeout=settings.delivery_wait),
    )
    heads, streams, records = HeadLookup(engine), RelayStreams(engine), RecordLookup(kafka)
    log = LogLookup(records, realm)
    routes_of_publishers = [
        proposals.router(ProposalService(context, gateway, heads, engine), SendLimit(settings.proposals_per_minute)),
        streams_api.router(streams, log, reference.now),
    ]
    service = AppealService(context, gateway, heads, Attempts())
    tokens = AccessTokens(access_code_secrets(settings))
    access = AppealAccess(service.find, heads, tokens)
    following = FollowingService(context, access, gateway, heads, Timelines(engine, log))
    try:
        async with InboxLag(kafka, realm) as inbox, records:
            apps = _apps(settings, service, following, gateway, inbox, engine, reference, routes_of_publishers)
            await run(apps, settings, [reference.run, gateway.run, streams.run])
    finally:
        await engine.dispose()


def _context(settings: IntakeSettings, reference: ReferenceReader) -> IntakeContext:
    return IntakeContext(
        realm=settings.realm.lower(),
        jurisdiction=jurisdiction(settings),
        number_secret=number_secret(settings),
        registration_secrets=RegistrationSecrets(registration_secrets_file(settings)).newest_first,
        access_codes=AccessCodes(access_code_secrets(settings)),
        realm_key=realm_public_key(settings),
        reference=reference.now,
        clock=settings.injected_clock,
        outcome_wait=settings.outcome_wait,
    )


def _apps(
    settings: IntakeSettings,
    service: AppealService,
    following: FollowingService,
    gateway: InboxGateway,
    inbox: InboxLag,
    engine: AsyncEngine,
    reference: ReferenceReader,
    routes_of_publishers: Sequence[APIRouter],
) -> Apps:
    async def backlog() -> Sequence[Backlog]:
        return [Backlog("proposals that the registrar has not decided", await inbox.count(engine))]

    proxies = parse_networks(settings.trusted_proxies)
    limit = AddressLimit(SendLimit(settings.appeals_per_minute), proxies)
    pages = site.build(
        service,
        following,
        reference.now,
        settings.injected_clock,
        jurisdiction(settings),
        limit.check,
        lambda request: client_address(request, proxies),
        settings.answers_url,
    )
    pages.site.show_others(sections.parse(settings.sites))
    sign_in = parts.make(settings, engine, reference.now, pages.site)
    return create_apps(
        settings,
        title="intake",
        about="Intake receives appeals. Senders follow an appeal with its number and access code.",
        health=lambda: reference.health(gateway.health),
        backlog=backlog,
        routers=[
            *pages.routers,
            pages.site.router(),
            routes.router(service, reference.now, proxies),
            contract.router(),
            *routes_of_publishers,
            sign_in.router,
        ],
        plain_routes=[post_appeals.route(service, reference.now, limit)],
        rows=[*ACCESS, *pages.rows, *pages.site.rows, *sign_in.rows],
        more_authenticators=[sign_in.authenticate],
        error_page=pages.site.error_page,
    )
