"""GET /calculate: what a term would be."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from tests.stack import API_KEYS, OPERATOR

from natija_chassis.clock import FixedClock
from natija_chassis.http.app import create_apps
from natija_chassis.process.health import Health
from natija_chassis.settings import Settings
from natija_deadlines import api
from natija_deadlines.policies import policy
from natija_deadlines.terms.projection import TermsProjection
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import BodyEntry, CalendarBindingEntry, RegionEntry

REFERENCE = ReferenceData(
    bodies={"akimat-oral": BodyEntry(region="west-kazakhstan")},
    regions={"west-kazakhstan": RegionEntry()},
    calendar_bindings={"region/west-kazakhstan": CalendarBindingEntry(calendar="KZ-ORAL")},
)
NOWHERE = create_async_engine("postgresql+asyncpg://nobody@/nowhere")  # never connected: a calculation needs no rows


async def calculate(**asked: str) -> tuple[int, Any]:
    router = api.router(
        NOWHERE,
        TermsProjection(policy.load_policies()),
        FixedClock(datetime(2022, 1, 1, tzinfo=UTC)),
        lambda: REFERENCE,
    )
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
    status, answer = await calculate(jurisdiction="KZ", kind="application", received="2022-02-14T10:00:00+06:00")
    assert status == 200
    assert answer == {
        "jurisdiction": "KZ",
        "kind": "application",
        "country_type": None,
        "received": "2022-02-14T10:00:00+06:00",
        "policy": "kz-appc/1",
        "calendar": answer["calendar"],
        "known_at": None,
        "derivation": answer["derivation"],
        "title": "Administrative Procedural and Process-Procedural Code",
        "registered_on": "2022-02-14",
        "first_day": "2022-02-15",
        "last_day": "2022-03-05",
        "due": "2022-03-06T00:00:00+06:00",
        "warnings": [
            {"to": "executor", "at": "2022-03-02T09:00:00+06:00"},
            {"to": "head", "at": "2022-03-09T09:00:00+06:00"},
            {"to": "superior", "at": "2022-03-15T09:00:00+06:00"},
            {"to": "prosecutor", "at": "2022-03-25T09:00:00+06:00"},
        ],
        "forward_by": "2022-02-17",
        "unverified": ["first_day", "terms.answer.pauses"],
        "provisional": False,
    }


async def test_time_without_offset_is_local() -> None:
    """It is local time of the country."""
    for received in ("2022-02-14T18:29:59", "2022-02-14T12:29:59Z", "2022-02-14"):
        status, answer = await calculate(jurisdiction="KZ", kind="complaint", received=received)
        assert (status, answer["registered_on"], answer["last_day"]) == (200, "2022-02-14", "2022-03-15")


async def test_own_type_has_its_term() -> None:
    """A country may define types of appeals."""
    asked = {"jurisdiction": "KZ", "kind": "request", "country_type": "bailiff-request", "received": "2022-02-14T10:00"}
    assert (await calculate(**asked))[1]["last_day"] == "2022-02-17"


async def test_undecreed_year_is_provisional() -> None:
    """A decree may still move days."""
    _, answer = await calculate(jurisdiction="KG", kind="application", received="2026-11-02T10:00")
    assert answer["provisional"] is True


async def test_impossible_calculation_names_field() -> None:
    status, answer = await calculate(jurisdiction="FR", kind="application", received="2022-02-14T10:00")
    assert (status, answer["errors"][0]["field"]) == (422, "jurisdiction")
    status, answer = await calculate(jurisdiction="KZ", kind="application", received="2006-02-14T10:00")
    assert (status, answer["errors"][0]["message"]) == (422, "there is no policy of KZ in force on 2006-02-14")
    status, answer = await calculate(jurisdiction="KZ", kind="application", received="2040-02-14T10:00")
    assert (status, answer["errors"][0]["message"]) == (422, "there is no working calendar of KZ for 2040")


async def test_derivation_is_told_in_words() -> None:
    """In the language that was asked for."""
    asked = {"jurisdiction": "KZ", "kind": "application", "received": "2022-02-14T18:30", "language": "ru"}
    _, answer = await calculate(**asked)
    assert answer["derivation"][1] == {
        "code": "registered_after_hours",
        "values": {"day": "2022-02-15", "cut_off": "18:30"},
        "text": "Поступило в 18:30 или позже: зарегистрировано в следующий рабочий день, 2022-02-15.",
    }


@pytest.mark.parametrize(("known_at", "last_day"), [("2021-04-27", "2021-05-20"), ("2021-05-06", "2021-05-19")])
async def test_term_is_as_known_on_day(known_at: str, last_day: str) -> None:
    """The decree of 06.05.2021 made 10 May a working day."""
    asked = {"jurisdiction": "KG", "kind": "application", "received": "2021-04-27T10:00"}
    assert (await calculate(**asked, known_at=known_at))[1]["last_day"] == last_day


@pytest.mark.parametrize(
    ("changed", "field", "message"),
    [
        ({"kind": "aplication"}, "kind", "kz-appc/1 has no kind 'aplication'"),
        ({"country_type": "bailiff-requests"}, "country_type", "kz-appc/1 has no country type 'bailiff-requests'"),
        ({"kind": "complaint", "country_type": "notary-request"}, "country_type", "has no country type"),
        ({"calendar": "KZ-MARS"}, "calendar", "not one of KG, KG-SHORT-FRIDAY"),
        ({"received": "9999-01-01"}, "received", "must be in the years"),
        ({"received": "0001-01-01"}, "received", "must be in the years"),
        ({"known_at": "yesterday"}, "known_at", "must be a day"),
    ],
)
async def test_unknown_word_is_refused(changed: dict[str, str], field: str, message: str) -> None:
    asked = {"jurisdiction": "KZ", "kind": "request", "received": "2022-02-14T10:00"} | changed
    status, answer = await calculate(**asked)
    assert (status, answer["errors"][0]["field"]) == (422, field)
    assert message in answer["errors"][0]["message"]


async def test_body_has_its_calendar() -> None:
    """In Oral it was an hour earlier than in Almaty: 18:10 there is before the end of work."""
    asked = {"jurisdiction": "KZ", "kind": "application", "received": "2021-10-11T13:10:00Z"}
    status, answer = await calculate(**asked, body="akimat-oral")
    assert (status, answer["registered_on"], answer["last_day"]) == (200, "2021-10-11", "2021-11-01")
    status, answer = await calculate(**asked)
    assert (status, answer["registered_on"], answer["last_day"]) == (200, "2021-10-12", "2021-11-02")
    status, answer = await calculate(**asked, body="akimat-mars")
    assert (status, answer["errors"][0]["field"]) == (422, "body")
