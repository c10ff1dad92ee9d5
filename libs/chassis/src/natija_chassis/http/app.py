"""The HTTP app of every process: a state page, health, readiness, metrics, API docs, and errors that repeat nothing."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from fastapi_offline import FastAPIOffline
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from natija_chassis.observability import metrics
from natija_chassis.observability.logs import sanitised
from natija_chassis.process.health import Backlog, GetBacklog, GetHealth, no_backlog
from natija_chassis.settings import Settings

PAGES = Path(__file__).parent / "templates"
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
_NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI's own spans hold the path and the query as they were sent: an appeal's access code, or whatever a person
typed. Ours are made in `telemetry`, where one sees what they hold."""
log = logging.getLogger(__name__)


def create_app(
    settings: Settings,
    *,
    title: str,
    about: str,
    health: GetHealth,
    backlog: GetBacklog = no_backlog,
    routers: Sequence[APIRouter] = (),
    lifespan: Lifespan | None = None,
) -> FastAPI:
    """The app of one process. *about* says in a sentence what the process does, for the page and the API docs."""
    app = FastAPIOffline(
        redoc_url=None, title=f"Natija: {title}", description=about, lifespan=lifespan, telemetry=_NO_TELEMETRY
    )
    for router in routers:  # before our own: routes are tried in this order, one by one
        app.include_router(router)
    pages = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def state() -> str:
        return pages.get_template("state.html").render(
            title=title, about=about, realm=settings.realm.upper(), now=settings.injected_clock.now(),
            health=health(), backlog=await _ask(backlog),
        )  # fmt: skip

    @app.get("/health", response_class=PlainTextResponse, tags=["process"])
    async def liveness() -> str:
        """200 while the process runs at all."""
        return "running\n"

    @app.get("/ready", response_class=PlainTextResponse, tags=["process"])
    async def ready() -> PlainTextResponse:
        """200 while it is caught up and moving, 503 otherwise; the body says why."""
        now = health()
        return PlainTextResponse(now.message + "\n", status_code=200 if now.ready else 503)

    @app.get("/metrics", response_class=PlainTextResponse, tags=["process"])
    async def figures() -> Response:
        """Prometheus metrics."""
        metrics.READY.labels(settings.process).set(health().ready)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(Exception)(_failed)
    return app


async def _ask(backlog: GetBacklog) -> Sequence[Backlog] | None:
    """What waits, or None when nobody can tell now: the page must open when the database does not."""
    try:
        return await backlog()
    except Exception as error:
        log.warning("cannot tell what waits: %s", sanitised(error))
        return None


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """Name each field and what is wrong with it; never what was sent."""
    known: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else ()
    return JSONResponse({"errors": [problem(one) for one in known]}, status_code=422)


def problem(error: Any) -> dict[str, str]:
    """One of pydantic's errors as an answer: field, rule, and its message unless that could repeat the value."""
    place = [str(part) for part in error["loc"] if part not in ("body",)]
    kind = str(error["type"])
    # Messages of our own validators and of JSON's parser may quote; those of pydantic's own rules do not.
    message = "is refused" if kind in ("value_error", "assertion_error", "json_invalid") else str(error["msg"])
    if kind == "json_invalid":
        return {"field": "body", "rule": kind, "message": "is not valid JSON"}
    return {"field": ".".join(place) or "body", "rule": kind, "message": message}


async def _failed(request: Request, error: Exception) -> JSONResponse:
    log.error("a %s request failed", request.method, exc_info=error)
    return JSONResponse(
        {"errors": [{"field": "", "rule": "internal", "message": "Something failed here."}]}, status_code=500
    )
