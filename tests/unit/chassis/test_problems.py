"""Every service answers an error with the same body, `application/problem+json`, and never repeats what was sent."""

import re

import httpx
import pytest
from fastapi import APIRouter
from tests.apps import MakeApps, analytics, deadlines, intake, routing
from tests.stack import OPERATOR

PERSON = "Aigul Asanova"

SERVICES = [
    (intake, f"/appeals/{PERSON * 10}", "number"),
    (routing, f"/unrouted?limit={PERSON}", "limit"),
    (deadlines, f"/calculate?jurisdiction=KG&kind=application&received={PERSON}", "received"),
    (analytics, f"/reports/topics?from={PERSON}&to=2022-01-01", "from"),
]


async def answer(make_app: MakeApps, method: str, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(make_app().api, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=OPERATOR) as client:
        found = await client.request(method, path)
    assert found.headers["content-type"] == "application/problem+json"
    assert PERSON not in found.text
    assert (found.json()["type"], found.json()["status"]) == ("about:blank", found.status_code)
    return found


@pytest.mark.parametrize(("make_app", "invalid", "field"), SERVICES)
class TestEveryService:
    async def test_unknown_path_is_404(self, make_app: MakeApps, invalid: str, field: str) -> None:
        found = await answer(make_app, "GET", f"/{PERSON}")
        assert found.json() == {"type": "about:blank", "title": "Not Found", "status": 404}

    async def test_unknown_method_is_405(self, make_app: MakeApps, invalid: str, field: str) -> None:
        found = await answer(make_app, "DELETE", "/health")
        assert found.json() == {"type": "about:blank", "title": "Method Not Allowed", "status": 405}
        assert found.headers["allow"] == "GET"

    async def test_wrong_parameter_is_422(self, make_app: MakeApps, invalid: str, field: str) -> None:
        found = await answer(make_app, "GET", invalid)
        assert found.status_code == 422
        assert set(found.json()) == {"type", "title", "status", "detail", "errors"}
        [error] = found.json()["errors"]
        assert set(error) == {"field", "rule", "message"}
        assert error["field"] == field

    async def test_failure_is_500(self, make_app: MakeApps, invalid: str, field: str) -> None:
        router = APIRouter()

        @router.get("/broken")
        async def broken() -> None:
            raise RuntimeError(PERSON)

        found = await answer(lambda: make_app(router), "GET", "/broken")
        assert found.json() == {"type": "about:blank", "title": "Internal error", "status": 500}

    async def test_document_describes_the_errors(self, make_app: MakeApps, invalid: str, field: str) -> None:
        document = make_app().api.openapi()
        assert document["openapi"].startswith("3.1")
        assert "HTTPValidationError" not in document.get("components", {}).get("schemas", {})

    async def test_operations_have_short_names(self, make_app: MakeApps, invalid: str, field: str) -> None:
        """Generated clients name their methods by them. The document names the license."""
        document = make_app().api.openapi()
        ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
        assert len(set(ids)) == len(ids)
        assert all(re.fullmatch("[a-z]+(_[a-z]+)*", id) for id in ids)
        assert document["info"]["license"]["identifier"] == "Apache-2.0"
