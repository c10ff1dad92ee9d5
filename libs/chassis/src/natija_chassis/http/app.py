"""The HTTP app of every process: its state page, health, readiness, metrics, API docs, errors and routes."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi_offline import FastAPIOffline
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from natija_chassis import time_zones
from natija_chassis.http import problems
from natija_chassis.http.metrics_middleware import MetricsMiddleware
from natija_chassis.http.plain_route import PlainRoute, add_plain_routes
from natija_chassis.observability import metrics
from natija_chassis.observability.logs import sanitised
from natija_chassis.process.health import Backlog, GetBacklog, GetHealth, no_backlog
from natija_chassis.settings import Settings

PAGES = Path(__file__).parent / "templates"
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
_NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI's own spans hold the path and the query as sent, for example an appeal's access code. Natija makes its spans
in `observability.tracing`, without them."""
log = logging.getLogger(__name__)


def create_app(
    settings: Settings,
    *,
    title: str,
    about: str,
    health: GetHealth,
    backlog: GetBacklog = no_backlog,
    routers: Sequence[APIRouter] = (),
    plain_routes: Sequence[PlainRoute] = (),
    lifespan: Lifespan | None = None,
) -> FastAPI:
    """The app of one process, with the routes of *routers*. *about* describes the process on its page and in the API
    docs, in a sentence."""
    app = FastAPIOffline(
        redoc_url=None, title=f"Natija: {title}", description=about, lifespan=lifespan, telemetry=_NO_TELEMETRY,
        redirect_slashes=False,  # a redirect would repeat the query, at the address that the client's Host header names
    )  # fmt: skip
    add_plain_routes(app, plain_routes)
    for router in routers:  # first, because routes are tried in this order
        app.include_router(router)
    pages = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def state() -> str:
        return pages.get_template("state.html").render(
            title=title, about=about, realm=settings.realm.upper(), now=settings.injected_clock.now(),
            health=health(), time_zone_data=time_zones.version(), backlog=await _ask(backlog),
        )  # fmt: skip

    @app.get("/health", response_class=PlainTextResponse, tags=["process"])
    async def liveness() -> str:
        """200 while the process runs."""
        return "running\n"

    @app.get("/ready", response_class=PlainTextResponse, tags=["process"])
    async def ready() -> PlainTextResponse:
        """200 while the process is caught up and making progress, 503 otherwise. The body gives the reason."""
        now = health()
        return PlainTextResponse(now.message + "\n", status_code=200 if now.ready else 503)

    @app.get("/metrics", response_class=PlainTextResponse, tags=["process"])
    async def figures() -> Response:
        """Prometheus metrics."""
        metrics.READY.labels(settings.process).set(health().ready)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    problems.install(app)
    app.add_middleware(MetricsMiddleware)
    return app


async def _ask(backlog: GetBacklog) -> Sequence[Backlog] | None:
    """The backlog, or None when it is not available: the page must work without the database."""
    try:
        return await backlog()
    except Exception as error:
        log.warning("the backlog is not available: %s", sanitised(error))
        return None
