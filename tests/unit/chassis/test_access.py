"""The access table decides who may use a route, and nothing else does."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends

from natija_chassis.errors import OperatorError
from natija_chassis.http import api_keys
from natija_chassis.http.access import Principal, access, principal
from natija_chassis.http.app import create_apps
from natija_chassis.process.health import Health
from natija_chassis.settings import Settings

ROWS = (
    access("GET", "/open", "public", bodies="any"),
    access("GET", "/all", "official", "operator"),
    access("GET", "/own", "official", bodies="own"),
    access("GET", "/feed", "official", bodies="own", basic=True),
    access("GET", "/items/{item}", "publisher", bodies="any"),
    access("POST", "/items/{item}", "operator", max_body=4),
)
KEYS: dict[str, Principal] = {
    "official": Principal("head-office", frozenset(["official"])),
    "of-body": Principal("health", frozenset(["official"]), "ministry-health"),
    "operator": Principal("ops", frozenset(["operator"])),
    "publisher": Principal("register", frozenset(["publisher"]), "city"),
}
router = APIRouter()


async def who(sender: Principal = Depends(principal)) -> str:  # noqa: B008 - FastAPI's way
    return sender.name


for one in ROWS:
    router.add_api_route(one.path, who, methods=[one.method], name=f"{one.method}{one.path}")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys.yaml"
    for key, of in KEYS.items():
        roles: Any = sorted(of.roles)
        api_keys.add(path, of.name, roles, of.body, key)
    return path


def client(keys: Path | None, **settings: Any) -> httpx.AsyncClient:
    apps = create_apps(
        Settings(api_keys=keys, **settings), title="x", about="X.", health=lambda: Health(True, "ready"),
        routers=[router], rows=ROWS,
    )  # fmt: skip
    return httpx.AsyncClient(transport=httpx.ASGITransport(apps.api), base_url="http://localhost")


def bearer(key: str | None) -> Mapping[str, str]:
    return {} if key is None else {"Authorization": f"Bearer {key}"}


OPENED = {
    (None, "GET /open"): "anonymous",
    ("wrong", "GET /open"): "anonymous",
    ("official", "GET /open"): "anonymous",
    ("of-body", "GET /open"): "anonymous",
    ("operator", "GET /open"): "anonymous",
    ("publisher", "GET /open"): "anonymous",
    ("official", "GET /all"): "head-office",
    ("operator", "GET /all"): "ops",
    ("official", "GET /own"): "head-office",
    ("of-body", "GET /own"): "health",
    ("official", "GET /feed"): "head-office",
    ("of-body", "GET /feed"): "health",
    ("publisher", "GET /items/{item}"): "register",
    ("operator", "POST /items/{item}"): "ops",
}
"""Key and route: who is admitted. All other pairs are refused."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.path}")
@pytest.mark.parametrize("key", [None, "wrong", *KEYS])
async def test_only_the_table_opens_routes(keys: Path, key: str | None, row: Any) -> None:
    """Every role and body by every route."""
    async with client(keys) as api:
        path = row.path.replace("{item}", "7")
        answer = await api.request(row.method, path, headers={"Content-Length": "0", **bearer(key)})
    name = OPENED.get((key, f"{row.method} {row.path}"))
    if name is not None:
        assert (answer.status_code, answer.json()) == (200, name)
        return
    assert answer.status_code == (401 if key in (None, "wrong") else 403)
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.path}")
async def test_only_marked_routes_take_a_password(keys: Path, row: Any) -> None:
    """The key as the password of HTTP Basic, with any user name."""
    async with client(keys) as api:
        path = row.path.replace("{item}", "7")
        answer = await api.request(row.method, path, headers={"Content-Length": "0"}, auth=("anybody", "official"))
    assert answer.status_code == (200 if row.path in ("/open", "/feed") else 401)
    asked = answer.headers.get("www-authenticate", "")
    assert asked.startswith("Bearer") == (answer.status_code == 401)


@pytest.mark.parametrize("given", ["Basic", "Basic !", "Basic b2ZmaWNpYWw=", "Basic /w==", "Digest official"])
async def test_wrong_password_opens_nothing(keys: Path, given: str) -> None:
    """Calendar programs ask for a password when the answer says Basic."""
    async with client(keys) as api:
        answer = await api.get("/feed", headers={"Authorization": given})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="natija", charset="UTF-8"'


async def test_without_keys_nobody_reads() -> None:
    async with client(None) as api:
        answers = [await api.get(path, headers=bearer("official")) for path in ("/open", "/all", "/items/7")]
    assert [answer.status_code for answer in answers] == [200, 401, 401]


async def test_revoked_key_opens_nothing(keys: Path) -> None:
    """From the next request on, without a restart. A broken file changes nothing."""
    async with client(keys) as api:
        assert (await api.get("/all", headers=bearer("official"))).status_code == 200
        api_keys.revoke(keys, "head-office")
        assert (await api.get("/all", headers=bearer("official"))).status_code == 401
        keys.write_text("keys: 1")  # noqa: ASYNC240
        assert (await api.get("/all", headers=bearer("operator"))).status_code == 200


@pytest.mark.parametrize("rows", [ROWS[1:], (*ROWS, access("GET", "/nowhere", "public"))])
def test_app_needs_row_per_route(rows: Any) -> None:
    """A route without a row, or a row without a route, and the process does not start."""
    with pytest.raises(ValueError, match="access"):
        create_apps(
            Settings(), title="x", about="X.", health=lambda: Health(True, "ready"), routers=[router], rows=rows
        )


async def test_later_route_does_not_exist(keys: Path) -> None:
    """A route that is added past the table is never reached."""
    apps = create_apps(
        Settings(api_keys=keys), title="x", about="X.", health=lambda: Health(True, "ready"),
        routers=[router], rows=ROWS,
    )  # fmt: skip
    apps.api.add_api_route("/secret", who)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(apps.api), base_url="http://localhost") as api:
        assert (await api.get("/secret", headers=bearer("operator"))).status_code == 404
    with pytest.raises(ValueError, match="/secret"):
        apps.api.state.access_table.check(apps.api)


async def test_body_is_capped_by_route(keys: Path) -> None:
    """A route that takes no body refuses any."""
    async with client(keys) as api:
        for method, path, size, status in (
            ("POST", "/items/7", 4, 200), ("POST", "/items/7", 5, 413), ("GET", "/open", 0, 200),
            ("GET", "/open", 1, 413),
        ):  # fmt: skip
            headers = {**bearer("operator"), "Content-Length": str(size)}
            answer = await api.request(method, path, content=b"x" * size, headers=headers)
            assert answer.status_code == status, (method, size)
        chunked = {**bearer("operator"), "Transfer-Encoding": "chunked"}
        assert (await api.get("/open", headers=chunked)).status_code == 411


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8081", 200), ("127.0.0.1", 200), ("[::1]:8081", 200), ("10.2.3.4:80", 200),
        ("Appeals.Example.org:443", 200), ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("", 421),
        ("localhost.evil.example", 421), ("appeals.example.org.evil.example", 421),
    ],
)  # fmt: skip
async def test_only_own_names_are_served(host: str, status: int) -> None:
    """A page of another site cannot reach a process by a name that it points there."""
    async with client(None, hosts="appeals.example.org, reports.example.org") as api:
        answer = await api.get("/open", headers={"Host": host})
    assert answer.status_code == status
    assert "location" not in answer.headers


async def test_every_answer_has_safe_headers(keys: Path) -> None:
    """Also those that refuse."""
    async with client(keys) as api:
        for path in ("/open", "/all", "/nowhere", "/health"):
            headers = (await api.get(path)).headers
            assert headers["cache-control"] == "no-store"
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_document_says_who_may() -> None:
    apps = create_apps(
        Settings(), title="x", about="X.", health=lambda: Health(True, "ready"), routers=[router], rows=ROWS
    )
    document = apps.api.openapi()
    operation = document["paths"]["/all"]["get"]
    assert operation["security"] == [{"apiKey": []}]
    assert set(operation["responses"]) >= {"200", "401", "403"}
    assert document["paths"]["/open"]["get"]["security"] == []
    assert document["paths"]["/feed"]["get"]["security"] == [{"apiKey": []}, {"apiKeyAsPassword": []}]
    schemes = {"apiKey": "bearer", "apiKeyAsPassword": "basic"}
    assert document["components"]["securitySchemes"] == {
        name: {"type": "http", "scheme": scheme} for name, scheme in schemes.items()
    }


async def test_rotated_key_leaves_time_to_change(keys: Path) -> None:
    """The former key works until it is ended; a second rotation ends it, too."""
    async with client(keys) as api:

        async def status(key: str) -> int:
            return (await api.get("/all", headers={"Authorization": f"Bearer {key}"})).status_code

        first = api_keys.rotate(keys, "head-office")
        assert [(await api.get("/all", headers=bearer("official"))).status_code, await status(first)] == [200, 200]
        second = api_keys.rotate(keys, "head-office")
        assert (await api.get("/all", headers=bearer("official"))).status_code == 401
        api_keys.end_former(keys, "head-office")
        assert [await status(first), await status(second)] == [401, 200]


def test_key_names_publisher_it_sends_as(keys: Path) -> None:
    """Its source has the form of a publisher's."""
    key = api_keys.add(keys, "labour", ["publisher"], None, source="/desks/labour")
    found = api_keys.ApiKeys(keys).principal(key)
    assert found is not None
    assert found.source == "/desks/labour"
    with pytest.raises(OperatorError, match="source"):
        api_keys.add(keys, "other", ["publisher"], None, source="labour")
