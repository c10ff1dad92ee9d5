"""Every service answers an error with the same body, `application/problem+json`, and never repeats what was sent."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine

import natija_analytics.api
import natija_deadlines.api
import natija_intake.api.routes
import natija_routing.api
from natija_analytics.reports.definitions import load_definitions
from natija_chassis.clock import FixedClock
from natija_chassis.http.app import create_app
from natija_chassis.process.health import Health
from natija_chassis.settings import Settings
from natija_deadlines.policies.policy import load_policies
from natija_events.reference.data import ReferenceData
from natija_routing.competence import reference
from natija_routing.competence.rules import Competence

PERSON = "Aigul Asanova"
ENGINE = create_async_engine("postgresql+asyncpg://nobody@/nowhere")  # nothing here connects to it
NO_SERVICE: Any = None  # no request reaches it
CLOCK = FixedClock(datetime(2022, 1, 1, tzinfo=UTC))


def intake() -> FastAPI:
    return app_of(natija_intake.api.routes.router(NO_SERVICE, ReferenceData))


def routing() -> FastAPI:
    data = reference.with_reference(Competence(version=1, rules=()), ReferenceData())
    return app_of(natija_routing.api.router(ENGINE, lambda: data, CLOCK))


def deadlines() -> FastAPI:
    return app_of(natija_deadlines.api.router(ENGINE, load_policies(), CLOCK))


def analytics() -> FastAPI:
    return app_of(natija_analytics.api.router(ENGINE, load_definitions(None), ReferenceData, CLOCK))


def app_of(router: Any) -> FastAPI:
    return create_app(Settings(), title="x", about="X.", health=lambda: Health(True, "ready"), routers=[router])


SERVICES = [
    (intake, f"/appeals/{PERSON * 10}", "number"),
    (routing, f"/unrouted?limit={PERSON}", "limit"),
    (deadlines, f"/calculate?country=KG&kind=application&received={PERSON}", "received"),
    (analytics, f"/reports/topics?from={PERSON}&to=2022-01-01", "from"),
]


async def answer(make_app: Callable[[], FastAPI], method: str, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(make_app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        found = await client.request(method, path)
    assert found.headers["content-type"] == "application/problem+json"
    assert PERSON not in found.text
    assert (found.json()["type"], found.json()["status"]) == ("about:blank", found.status_code)
    return found


@pytest.mark.parametrize(("make_app", "invalid", "field"), SERVICES)
class TestEveryService:
    async def test_unknown_path_is_404(self, make_app: Callable[[], FastAPI], invalid: str, field: str) -> None:
        found = await answer(make_app, "GET", f"/{PERSON}")
        assert found.json() == {"type": "about:blank", "title": "Not Found", "status": 404}

    async def test_unknown_method_is_405(self, make_app: Callable[[], FastAPI], invalid: str, field: str) -> None:
        found = await answer(make_app, "DELETE", "/health")
        assert found.json() == {"type": "about:blank", "title": "Method Not Allowed", "status": 405}
        assert found.headers["allow"] == "GET"

    async def test_wrong_parameter_is_422(self, make_app: Callable[[], FastAPI], invalid: str, field: str) -> None:
        found = await answer(make_app, "GET", invalid)
        assert found.status_code == 422
        assert set(found.json()) == {"type", "title", "status", "detail", "errors"}
        [error] = found.json()["errors"]
        assert set(error) == {"field", "rule", "message"}
        assert error["field"] == field

    async def test_failure_is_500(self, make_app: Callable[[], FastAPI], invalid: str, field: str) -> None:
        app = make_app()

        @app.get("/broken")
        async def broken() -> None:
            raise RuntimeError(PERSON)

        found = await answer(lambda: app, "GET", "/broken")
        assert found.json() == {"type": "about:blank", "title": "Internal error", "status": 500}

    async def test_document_describes_the_errors(
        self, make_app: Callable[[], FastAPI], invalid: str, field: str
    ) -> None:
        document = make_app().openapi()
        assert "HTTPValidationError" not in document.get("components", {}).get("schemas", {})
