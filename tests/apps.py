"""The apps of every process, in this process and without servers. Their databases are empty."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from fastapi import APIRouter
from starlette.requests import HTTPConnection
from tests.stack import API_KEYS

import natija_analytics.api
import natija_deadlines.api
import natija_intake.answers.site
import natija_intake.pages.site
import natija_routing.api
from natija_analytics.pages.site import build as build_site
from natija_analytics.pages.snapshots import Snapshots
from natija_analytics.reports.definitions import load_definitions
from natija_chassis.clock import FixedClock
from natija_chassis.http.access import Principal, RouteAccess, access, bearer_token
from natija_chassis.http.app import create_apps
from natija_chassis.http.plain_route import PlainRoute
from natija_chassis.pages.data_age import DataAge
from natija_chassis.pages.site import Site
from natija_chassis.process.apps import Apps
from natija_chassis.process.health import Health
from natija_chassis.settings import Settings
from natija_chassis.sign_in import parts
from natija_deadlines.board.site import build as build_board
from natija_deadlines.policies.policy import load_policies
from natija_deadlines.settings import DeadlinesSettings
from natija_deadlines.terms.projection import TermsProjection
from natija_events.reference.data import GetReferenceData, ReferenceData
from natija_intake.api import contract, post_appeals, proposals, routes, streams
from natija_intake.api.address_limit import AddressLimit
from natija_intake.app import ACCESS
from natija_intake.receipts.send_limit import SendLimit
from natija_intake.settings import IntakeSettings
from natija_routing.competence import reference
from natija_routing.competence.rules import Competence
from natija_routing.desk.pages.parts import DeskParts
from natija_routing.desk.pages.site import build as build_desk
from natija_routing.desk.settings import DeskSettings


class _NoRows(list[Any]):
    """The result of a query on an empty database, in each form in which it is read."""

    def mappings(self) -> "_NoRows":
        return self

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._nothing()

    async def _nothing(self) -> AsyncIterator[Any]:
        for row in self:
            yield row


class _EmptyDatabase:
    """An engine and its connections."""

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["_EmptyDatabase"]:
        yield self

    async def execution_options(self, **options: str) -> None:
        pass

    async def execute(self, query: object, given: object = None) -> _NoRows:
        return _NoRows()

    @asynccontextmanager
    async def stream(self, query: object, given: object = None) -> AsyncIterator[_NoRows]:
        yield _NoRows()


EMPTY_DATABASE: Any = _EmptyDatabase()
"""An engine whose tables have no rows."""
_CLOCK = FixedClock(datetime(2022, 1, 1, tzinfo=UTC))

MakeApps = Callable[..., Apps]
"""Makes the apps of one process, with more routers, whose routes are public."""


class IntakeServices(NamedTuple):
    """The services behind the API of intake."""

    appeals: Any = None
    proposals: Any = None
    streams: Any = None
    following: Any = None
    check_limit: Callable[[Any], None] = lambda scope: None
    reference: GetReferenceData = ReferenceData


_NO_SERVICES = IntakeServices()


def intake(*more: APIRouter, services: IntakeServices = _NO_SERVICES) -> Apps:
    """Intake, on *services*."""
    reference = services.reference
    pages = natija_intake.pages.site.build(
        services.appeals, services.following, reference, _CLOCK, "KG", services.check_limit, lambda request: "x"
    )
    sign_in = parts.make(IntakeSettings(), EMPTY_DATABASE, reference, pages.site)
    plain = [post_appeals.route(services.appeals, reference, AddressLimit(SendLimit(0)))]
    routers = [
        routes.router(services.appeals, reference),
        contract.router(),
        proposals.router(services.proposals),
        streams.router(services.streams, services.proposals, reference),
        *pages.routers,
        pages.site.router(),
        sign_in.router,
    ]
    return _apps(routers, more, [*ACCESS, *pages.rows, *pages.site.rows, *sign_in.rows], plain, pages.site)


def registrar(*more: APIRouter) -> Apps:
    """The registrar, which has no API."""
    return _apps([], more, [])


def relay(*more: APIRouter) -> Apps:
    """The relay, which has no API."""
    return _apps([], more, [])


def answers(*more: APIRouter, access: Any = None, service: Any = None) -> Apps:
    """Answers, on nothing."""
    pages = natija_intake.answers.site.build(access, service, ReferenceData, _CLOCK, lambda request: "x")
    routers = [*pages.routers, pages.site.router()]
    return _apps(routers, more, [*pages.rows, *pages.site.rows], site=pages.site)


def routing(*more: APIRouter) -> Apps:
    """Routing without rules."""
    data = reference.with_reference(Competence(version=1, rules=()), ReferenceData())
    router = natija_routing.api.router(EMPTY_DATABASE, lambda: data, _CLOCK)
    return _apps([router], more, natija_routing.api.ACCESS)


def desk(*more: APIRouter) -> Apps:
    """The desk, on nothing."""
    nothing: Any = None
    pages = build_desk(
        ReferenceData,
        lambda site: DeskParts(
            site=site, engine=EMPTY_DATABASE, projection=nothing, reference=ReferenceData, reader=nothing, acts=nothing,
            clock=_CLOCK, age=lambda: DataAge("current", _CLOCK.now()),
        ),
    )  # fmt: skip
    sign_in = parts.make(DeskSettings(), EMPTY_DATABASE, ReferenceData, pages.site)
    routers = [*pages.routers, pages.site.router(), sign_in.router]
    return _apps(routers, more, [*pages.rows, *pages.site.rows, *sign_in.rows], site=pages.site)


def deadlines(*more: APIRouter) -> Apps:
    """Deadlines with the policies of its package."""
    projection = TermsProjection(load_policies())
    router = natija_deadlines.api.router(EMPTY_DATABASE, projection, _CLOCK, ReferenceData)
    pages = build_board(EMPTY_DATABASE, projection, ReferenceData, _CLOCK, lambda: DataAge("current", _CLOCK.now()))
    sign_in = parts.make(DeadlinesSettings(), EMPTY_DATABASE, ReferenceData, pages.site)
    routers = [*pages.routers, pages.site.router(), router, sign_in.router]
    rows = [*natija_deadlines.api.ACCESS, *pages.rows, *pages.site.rows, *sign_in.rows]
    return _apps(routers, more, rows, site=pages.site)


def analytics(*more: APIRouter) -> Apps:
    """Analytics without definitions."""
    defined = load_definitions(None)
    router = natija_analytics.api.router(EMPTY_DATABASE, defined, ReferenceData, _CLOCK)
    snapshots = Snapshots(EMPTY_DATABASE, defined, ReferenceData, lambda: DataAge("current", _CLOCK.now()))
    pages = build_site(snapshots, ReferenceData, _CLOCK)
    routers = [*pages.routers, pages.site.router(), router]
    return _apps(routers, more, [*natija_analytics.api.ACCESS, *pages.rows, *pages.site.rows], site=pages.site)


ALL: dict[str, MakeApps] = {
    "intake": intake,
    "routing": routing,
    "deadlines": deadlines,
    "analytics": analytics,
    "registrar": registrar,
    "desk": desk,
    "relay": relay,
    "answers": answers,
}


def _apps(
    routers: Sequence[APIRouter],
    more: Sequence[APIRouter],
    rows: Sequence[RouteAccess],
    plain: Sequence[PlainRoute] = (),
    site: Site | None = None,
) -> Apps:
    public = [access(method, route.path, "public") for one in more for route in one.routes for method in route.methods]  # type: ignore[attr-defined]
    return create_apps(
        Settings(api_keys=API_KEYS),
        title="x",
        about="X.",
        health=lambda: Health(True, "ready"),
        routers=[*routers, *more],
        plain_routes=plain,
        rows=[*rows, *public],
        more_authenticators=[_by_source],
        error_page=None if site is None else site.error_page,
    )


async def _by_source(request: HTTPConnection) -> Principal | None:
    """A publisher: its key is its source."""
    token = bearer_token(request)
    return Principal("publisher", frozenset(["publisher"]), None, token) if token and token.startswith("/") else None
