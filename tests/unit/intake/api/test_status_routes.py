"""The status of an appeal over HTTP: the code is in the header or in a form, and all refusals are equal."""

from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from natija_chassis.http.app import create_apps
from natija_chassis.process.health import Health
from natija_chassis.settings import Settings
from natija_events.reference.data import ReferenceData
from natija_intake.api import routes
from natija_intake.api.client_address import parse_networks
from natija_intake.appeals.head_lookup import StatusUnavailable
from natija_intake.registrar.heads import Head

NUMBER, CODE = "KG-7K3M-9QX4-T2R8-MA", "4K7Q-3MX9-T2R8"
FORM = {"number": NUMBER, "access_code": CODE}


class Service:
    """Knows one appeal with one code, or does not answer."""

    error: Exception | None = None

    def __init__(self) -> None:
        self.addresses: list[str] = []

    async def find(self, number: str, code: str, address: str) -> tuple[str, Head | None] | None:
        self.addresses.append(address)
        if self.error:
            raise self.error
        return (NUMBER, None) if (number, code) == (NUMBER, CODE) else None


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def app(service: Service) -> FastAPI:
    given: Any = service
    proxies = parse_networks("127.0.0.1")
    return create_apps(
        Settings(), title="x", about="X.", health=lambda: Health(True, "ready"),
        routers=[routes.router(given, ReferenceData, proxies)], rows=routes.ACCESS,
    ).api  # fmt: skip


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def test_header_and_form_open_the_appeal(client: httpx.AsyncClient) -> None:
    for answer in (
        await client.get(f"/appeals/{NUMBER}", headers={"Access-Code": CODE}),
        await client.post("/appeals/status", data=FORM),
    ):
        assert (answer.status_code, answer.json()["number"]) == (200, NUMBER)
        assert answer.headers["cache-control"] == "no-store"


async def test_refusals_are_equal(client: httpx.AsyncClient) -> None:
    """Wrong number, wrong code, no code; in every byte but the date."""
    answers = [
        await client.get(f"/appeals/{NUMBER}", headers={"Access-Code": "wrong"}),
        await client.get(f"/appeals/{NUMBER}"),
        await client.get("/appeals/garbled", headers={"Access-Code": CODE}),
        await client.post("/appeals/status", data=FORM | {"number": "garbled"}),
        await client.post("/appeals/status", data={"number": NUMBER}),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({(answer.content, tuple(answer.headers.items())) for answer in answers}) == 1
    assert answers[0].headers["cache-control"] == "no-store"


@pytest.mark.parametrize("query", [f"code={CODE}", f"access_code={CODE}", f"Access-Code={CODE}", "x"])
async def test_query_is_refused(client: httpx.AsyncClient, service: Service, query: str) -> None:
    """Before anything is looked up, and without the value."""
    for answer in (
        await client.get(f"/appeals/{NUMBER}?{query}"),
        await client.get(f"/appeals/{NUMBER}?{query}", headers={"Access-Code": CODE}),
        await client.post(f"/appeals/status?{query}", data=FORM),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert [error["field"] for error in answer.json()["errors"]] == ["query"]
        assert CODE not in answer.text
    assert service.addresses == []


async def test_nothing_is_redirected(client: httpx.AsyncClient) -> None:
    """A redirect would repeat the query, at the address that the Host header names."""
    for path in (f"/appeals/{NUMBER}/?code={CODE}", f"/appeals/{NUMBER}/", "/appeals/", "/ready/", "//ready"):
        for method, host in product(("GET", "POST"), ("evil.example", "localhost")):
            answer = await client.request(method, path, headers={"Host": host})
            assert answer.status_code in ((421,) if host == "evil.example" else (404, 405))
            assert "location" not in answer.headers
            assert "evil" not in answer.text


async def test_clients_behind_proxy_are_distinguished(client: httpx.AsyncClient, service: Service) -> None:
    await client.get(f"/appeals/{NUMBER}", headers={"X-Forwarded-For": "198.51.100.1"})
    await client.post("/appeals/status", data=FORM, headers={"X-Forwarded-For": "198.51.100.2"})
    assert service.addresses == ["198.51.100.1", "198.51.100.2"]


async def test_unavailable_database_is_503(client: httpx.AsyncClient, service: Service) -> None:
    service.error = StatusUnavailable()
    for answer in (
        await client.get(f"/appeals/{NUMBER}", headers={"Access-Code": CODE}),
        await client.get("/appeals/garbled"),
        await client.post("/appeals/status", data=FORM),
    ):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"number=1", {"content-type": "application/json"}, 422),
        (b"number", {"content-type": routes.FORM}, 422),
        (b"number=%ff", {"content-type": routes.FORM}, 422),
        (b"a=1&b=1&c=1&d=1&e=1", {"content-type": routes.FORM}, 422),
        (b"number=" + b"1" * 2000, {"content-type": routes.FORM}, 413),
        (b"number=1", {"content-type": routes.FORM, "transfer-encoding": "chunked"}, 411),
    ],
)
async def test_wrong_form_is_refused(
    client: httpx.AsyncClient, service: Service, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await client.post("/appeals/status", content=content, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert service.addresses == []


def test_document_names_the_form(app: FastAPI) -> None:
    operation = app.openapi()["paths"]["/appeals/status"]["post"]
    schema = operation["requestBody"]["content"][routes.FORM]["schema"]
    assert set(schema["properties"]) == {"number", "access_code"}
    assert set(operation["responses"]) == {"200", "404", "411", "413", "421", "422", "500", "503"}
