"""Every process answers with a state page, readiness, metrics, and errors that never repeat a value."""

from collections.abc import Sequence

import httpx
import pytest
from fastapi import APIRouter
from pydantic import BaseModel, Field, field_validator

from natija_chassis.http.access import access
from natija_chassis.http.app import create_apps
from natija_chassis.process.health import Backlog, Health
from natija_chassis.settings import Settings

PERSON = "Aigul Asanova"


class Post(BaseModel):
    name: str = Field(max_length=3)
    age: int
    text: str

    @field_validator("text")
    @classmethod
    def no_insult(cls, text: str) -> str:
        raise ValueError(f"insulting: {text}")


router = APIRouter()


@router.post("/posts")
async def post(body: Post) -> None: ...


@router.get("/broken")
async def broken() -> None:
    raise RuntimeError(PERSON)


ROWS = (access("POST", "/posts", "public", max_body=1000), access("GET", "/broken", "public"))


class Process:
    health = Health(True, "caught up with the log")
    database_away = False

    async def waiting(self) -> Sequence[Backlog]:
        if self.database_away:
            raise ConnectionRefusedError(111, "Connection refused")
        return [Backlog("appeals <nobody> is named for", 1234)]

    def client(self, *, management: bool = False) -> httpx.AsyncClient:
        apps = create_apps(
            Settings(realm="kg"), title="routing", about="Who must answer.",
            health=lambda: self.health, backlog=self.waiting, routers=[router], rows=ROWS,
        )  # fmt: skip
        transport = httpx.ASGITransport(apps.management if management else apps.api, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://localhost")


@pytest.fixture
def process() -> Process:
    return Process()


async def test_state_page_shows_health_and_backlog(process: Process) -> None:
    """It links to the documentation, the metrics and the health."""
    async with process.client(management=True) as client:
        page = (await client.get("/")).text
        for link in ("/docs", "/metrics", "/ready", "/health", "/openapi.json"):
            assert f'href="{link}"' in page
            assert (await client.get(link)).status_code == 200
    assert "<h1>Natija KG: routing</h1>" in page
    assert "Who must answer." in page
    assert "<strong>Ready</strong>: caught up with the log." in page
    assert '<th scope="row">appeals &lt;nobody&gt; is named for</th>' in page
    assert ">1,234</td>" in page
    assert '<html lang="en">' in page


async def test_state_page_opens_without_database(process: Process) -> None:
    process.database_away = True
    process.health = Health(False, "waiting: ConnectionRefusedError", 12)
    async with process.client(management=True) as client:
        page = await client.get("/")
    assert page.status_code == 200
    assert "<strong>Not ready</strong>: waiting: ConnectionRefusedError." in page.text
    assert "Not available right now." in page.text


async def test_readiness_is_503_until_caught_up(process: Process) -> None:
    """/health stays 200 meanwhile."""
    process.health = Health(False, "catching up with the log: about 7 records to go", 7)
    async with process.client(management=True) as client:
        ready, health = await client.get("/ready"), await client.get("/health")
        metrics = (await client.get("/metrics")).text
    assert (ready.status_code, ready.text) == (503, "catching up with the log: about 7 records to go\n")
    assert health.status_code == 200
    assert 'natija_ready{process="natija"} 0.0' in metrics


async def test_validation_error_never_repeats_value(process: Process) -> None:
    """It names the field, the rule and a message."""
    async with process.client() as client:
        answer = await client.post("/posts", json={"name": PERSON, "age": PERSON, "text": PERSON})
        json = {"content-type": "application/json"}
        garbled = await client.post("/posts", content=f'{{"name": "{PERSON}', headers=json)
    assert answer.status_code == garbled.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "name", "rule": "string_too_long", "message": "String should have at most 3 characters"},
        {
            "field": "age",
            "rule": "int_parsing",
            "message": "Input should be a valid integer, unable to parse string as an integer",
        },
        {"field": "text", "rule": "value_error", "message": "not valid"},
    ]
    assert garbled.json()["errors"] == [{"field": "body", "rule": "json_invalid", "message": "not valid JSON"}]
    assert PERSON not in answer.text + garbled.text


async def test_failure_reveals_nothing(process: Process) -> None:
    async with process.client() as client:
        answer = await client.get("/broken")
    assert answer.status_code == 500
    assert PERSON not in answer.text
