"""The two HTTP apps of a process: the API, and the management app with its state page, metrics and API docs.

Each has a port of its own, so that only the API needs to be reachable for others.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi_offline import FastAPIOffline
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from natija_chassis import time_zones
from natija_chassis.http import openapi, problems
from natija_chassis.http.access import AccessTable, Authenticator, RouteAccess, access, refuse_forged
from natija_chassis.http.authentication import authenticators
from natija_chassis.http.guard import NO_PAGE, Guard
from natija_chassis.http.hosts import parse_names
from natija_chassis.http.known_query import refuse_unknown_query
from natija_chassis.http.metrics_middleware import MetricsMiddleware
from natija_chassis.http.plain_route import PlainRoute, add_plain_routes
from natija_chassis.http.problems import ErrorPage
from natija_chassis.observability import metrics
from natija_chassis.observability.logs import sanitised
from natija_chassis.process.apps import Apps
from natija_chassis.process.health import Backlog, GetBacklog, GetHealth, no_backlog
from natija_chassis.settings import Settings

PAGES = Path(__file__).parent / "templates"
HEALTH = access("GET", "/health", "public", bodies="any")
MANAGEMENT = (
    HEALTH,
    *(access("GET", path, "public") for path in ("/", "/ready", "/metrics", "/docs", "/openapi.json")),
    access("GET", "/docs/oauth2-redirect", "public"),
    access("GET", "/static-offline-docs/{file}", "public"),
)
"""The routes of every management app: who reaches its port may use them."""
_PAGE = "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; img-src 'self' data:"
_NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI's own spans hold the path and the query as sent, for example an appeal's access code. Natija makes its spans
in `observability.tracing`, without them."""
_SETTINGS: Any = {
    "license_info": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "generate_unique_id_function": lambda route: route.name,  # generated clients name their methods by it
    "telemetry": _NO_TELEMETRY,
    "redirect_slashes": False,  # a redirect would go to the address that the client's Host header names
    "redoc_url": None,
}
log = logging.getLogger(__name__)


def create_apps(
    settings: Settings,
    *,
    title: str,
    about: str,
    health: GetHealth,
    backlog: GetBacklog = no_backlog,
    routers: Sequence[APIRouter] = (),
    plain_routes: Sequence[PlainRoute] = (),
    rows: Sequence[RouteAccess] = (),
    more_authenticators: Sequence[Authenticator] = (),
    error_page: ErrorPage | None = None,
) -> Apps:
    """The apps of one process: the API with the routes of *routers* and *plain_routes*, which *rows* of the access
    table open, and the management app. *about* describes the process on its page and in the API docs, in a sentence.
    *error_page* makes the errors of a browser.

    Raises ValueError for a route without a row, `OperatorError` for a wrong file of keys.
    """
    table = AccessTable([HEALTH, *rows], [*authenticators(settings), *more_authenticators])
    api = FastAPI(
        title=f"Natija: {title}", description=about, openapi_url=None, docs_url=None,
        dependencies=[Depends(refuse_unknown_query), Depends(refuse_forged)], **_SETTINGS,
    )  # fmt: skip
    add_plain_routes(api, plain_routes)
    for router in routers:  # first, because routes are tried in this order
        api.include_router(router)
    _add_liveness(api)
    openapi.describe(api, table, settings)
    _finish(api, table, settings, NO_PAGE, error_page)
    management = _management(settings, title, about, health, backlog)
    management.openapi = api.openapi  # type: ignore[method-assign]  # its pages document the API
    return Apps(api, management)


def _management(settings: Settings, title: str, about: str, health: GetHealth, backlog: GetBacklog) -> FastAPI:
    app = FastAPIOffline(title=f"Natija: {title}", description=about, **_SETTINGS)
    pages = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)

    @app.get("/", response_class=HTMLResponse)
    async def state() -> str:
        return pages.get_template("state.html").render(
            title=title, about=about, realm=settings.realm.upper(), now=settings.injected_clock.now(),
            health=health(), time_zone_data=time_zones.version(), backlog=await _ask(backlog),
        )  # fmt: skip

    @app.get("/ready", response_class=PlainTextResponse)
    async def ready() -> PlainTextResponse:
        """200 while the process is caught up and making progress, 503 otherwise. The body gives the reason."""
        now = health()
        return PlainTextResponse(now.message + "\n", status_code=200 if now.ready else 503)

    @app.get("/metrics", response_class=PlainTextResponse)
    async def figures() -> Response:
        """Prometheus metrics."""
        metrics.READY.labels(settings.process).set(health().ready)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    _add_liveness(app)
    _finish(app, AccessTable(MANAGEMENT), settings, _PAGE)
    return app


def _add_liveness(app: FastAPI) -> None:
    @app.get("/health", response_class=PlainTextResponse, tags=["process"])
    async def liveness() -> str:
        """200 while the process runs."""
        return "running\n"


def _finish(
    app: FastAPI, table: AccessTable, settings: Settings, policy: str, error_page: ErrorPage | None = None
) -> None:
    table.check(app)
    problems.install(app, error_page)
    app.state.access_table = table
    hosts = parse_names(settings.hosts)
    app.add_middleware(Guard, table=table, hosts=hosts, policy=policy, error_page=error_page)
    app.add_middleware(MetricsMiddleware)


async def _ask(backlog: GetBacklog) -> Sequence[Backlog] | None:
    """The backlog, or None when it is not available: the page must work without the database."""
    try:
        return await backlog()
    except Exception as error:
        log.warning("the backlog is not available: %s", sanitised(error))
        return None
