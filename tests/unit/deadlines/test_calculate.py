"""GET /calculate: what a term would be."""

from datetime import UTC, datetime
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import create_async_engine
from tests.stack import API_KEYS, OPERATOR

from natija_chassis.clock import FixedClock
from natija_chassis.http.app import create_apps
from natija_chassis.process.health import Health
from natija_chassis.settings import Settings
from natija_deadlines import api
from natija_deadlines.policies import policy

NOWHERE = create_async_engine("postgresql+asyncpg://nobody@/nowhere")  # never connected: a calculation needs no rows


async def calculate(**asked: str) -> tuple[int, Any]:
    router = api.router(NOWHERE, policy.load_policies(), FixedClock(datetime(2022, 1, 1, tzinfo=UTC)))
    app = create_apps(
        Settings(api_keys=API_KEYS), title="deadlines", about="Legal terms.", health=lambda: Health(True, "ready"),
        routers=[router], rows=api.ACCESS,
    ).api  # fmt: skip
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://localhost", headers=OPERATOR
    ) as client:
        answer = await client.get("/calculate", params=asked)
    return answer.status_code, answer.json()


async def test_kazakh_term_ends_on_saturday() -> None:
    """The Saturday is worked instead of a day off."""
    status, answer = await calculate(country="KZ", kind="application", received="2022-02-14T10:00:00+06:00")
    assert status == 200
    assert answer == {
        "country": "KZ",
        "kind": "application",
        "country_type": None,
        "received": "2022-02-14T10:00:00+06:00",
        "policy": "kz-appc/1",
        "title": "Administrative Procedural and Process-Procedural Code",
        "registered_on": "2022-02-14",
        "start_on": "2022-02-15",
        "due_on": "2022-03-05",
        "due": "2022-03-06T00:00:00+06:00",
        "warn_at": "2022-03-02T00:00:00+06:00",
        "forward_by": "2022-02-17",
        "provisional": False,
    }


async def test_time_without_offset_is_local() -> None:
    """It is local time of the country."""
    for received in ("2022-02-14T18:29:59", "2022-02-14T12:29:59Z", "2022-02-14"):
        status, answer = await calculate(country="KZ", kind="complaint", received=received)
        assert (status, answer["registered_on"], answer["due_on"]) == (200, "2022-02-14", "2022-03-15")


async def test_own_type_has_its_term() -> None:
    """A country may define types of appeals."""
    asked = {"country": "KZ", "kind": "request", "country_type": "bailiff-request", "received": "2022-02-14T10:00"}
    assert (await calculate(**asked))[1]["due_on"] == "2022-02-17"


async def test_undecreed_year_is_provisional() -> None:
    """A decree may still move days."""
    _, answer = await calculate(country="KG", kind="application", received="2026-11-02T10:00")
    assert answer["provisional"] is True


async def test_impossible_calculation_names_field() -> None:
    status, answer = await calculate(country="FR", kind="application", received="2022-02-14T10:00")
    assert (status, answer["errors"][0]["field"]) == (422, "country")
    status, answer = await calculate(country="KZ", kind="application", received="2020-02-14T10:00")
    assert (status, answer["errors"][0]["message"]) == (422, "there is no policy of KZ in force on 2020-02-14")
    status, answer = await calculate(country="KZ", kind="application", received="2040-02-14T10:00")
    assert (status, answer["errors"][0]["message"]) == (422, "there is no working calendar of KZ for 2040")
