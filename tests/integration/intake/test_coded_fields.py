"""Names that a publisher may not put on the log, tried on the inbox and over HTTP: each was admitted once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.integration.intake import registering as r
from tests.integration.intake.appeal import APPEAL
from tests.sealing import sealed_json
from tests.stack import Realm

from natija_events.ids import new_appeal_number
from natija_events.kafka import Publisher
from natija_events.types.intake import Registered
from natija_events.wire.envelope import Event

NOW = datetime.now(UTC)
LEAST = {"kind": "request", "form": "written", "channel": "other", "received": NOW, "jurisdiction": "KG"}
HOLES: list[tuple[dict[str, Any], str, str]] = [
    ({"region": "Иванов Иван, 0555-12-34-56"}, "region", "invalid"),
    ({"channel": "+996 555 123456 Иванова А."}, "channel", "invalid"),
    ({"channel": "=HYPERLINK(1)"}, "channel", "invalid"),
    ({"topic": "<script>alert(1)</script>"}, "topic", "invalid"),
    ({"region": "a\u009b31mRED\u202e"}, "region", "invalid"),
    ({"channel": "other "}, "channel", "invalid"),
    ({"jurisdiction": "XX"}, "jurisdiction", "invalid"),
    ({"received": NOW + timedelta(days=30)}, "received", "invalid"),
    ({"received": NOW.replace(year=2036)}, "received", "invalid"),
    ({"received": NOW - timedelta(days=400)}, "received", "invalid"),
    ({"country_type": "notary-request"}, "country_type", "invalid"),
    ({"external_id": "@SUM(1+1)"}, "external_id", "invalid"),
    ({"external_id": "1"}, "external_id", "forbidden"),
    ({"applicant": {"social_group": "Иванов Иван"}}, "applicant.social_group", "invalid"),
    ({"applicant": {"address": {"district": "ivan-petrov-996555123456"}}}, "applicant.address.district", "invalid"),
]


def opening(realm: Realm, number: str, change: dict[str, Any], source: str) -> Event:
    id = uuid4()
    data, wrapped = sealed_json(source, number, id, Registered.type, LEAST | change, realm.public_key)
    return Event(id, source, Registered.type, number, NOW, data, wrappedkey=wrapped)


async def refusal(publisher: Publisher, event: Event) -> tuple[str, str] | None:
    """Reason and field of the refusal; None when the event is registered."""
    outcome = await publisher.propose(event, wait=30)
    return outcome.rejection and (outcome.rejection.reason, outcome.rejection.field)


async def test_holes_are_closed_on_the_inbox(registry: Realm) -> None:
    """Each is refused with its field, and nothing of it is on the log."""
    async with r.publisher(registry) as channel:
        events = [opening(registry, r.number(registry), change, channel.source) for change, _, _ in HOLES]
        found = await asyncio.gather(*(refusal(channel, event) for event in events))
    assert found == [(reason, field) for _, field, reason in HOLES]
    registered = {event.subject for event in await r.log_of(registry)}
    assert not registered & {event.subject for event in events}


@pytest.mark.parametrize("source", [r.CHANNEL, r.HISTORY])
async def test_number_of_another_realm_is_invalid(registry: Realm, source: str) -> None:
    async with r.publisher(registry, source) as publisher:
        for realm in ("kz", "zz"):
            event = opening(registry, new_appeal_number(realm), {}, source)
            assert await refusal(publisher, event) == ("invalid", "subject")


async def test_history_keeps_its_own_names(registry: Realm) -> None:
    """A register brings words of its own and old dates, but neither marks nor formulas."""
    own = {
        "register_name": "test",
        "channel": "Портал",
        "region": "Back Bay",
        "topic": "Ямы (дороги)",
        "jurisdiction": "US-MA-Boston",
    }
    async with r.publisher(registry, r.HISTORY) as history:
        old = {"received": NOW.replace(year=1926), "external_id": "№ 5"}
        good = opening(registry, r.number(registry), own | old, r.HISTORY)
        assert await refusal(history, good) is None
        for change in ({"channel": "=1"}, {"region": "\u202ea"}, {"received": NOW + timedelta(days=1)}):
            event = opening(registry, r.number(registry), own | change, r.HISTORY)
            assert await refusal(history, event) == ("invalid", *change)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel": "post"}, "channel"),
        ({"region": "moon"}, "region"),
        ({"district": "ivan-petrov-996555123456"}, "district"),
        ({"referral_from": "ivan-petrov"}, "referral_from"),
        ({"country_type": "notary-request"}, "country_type"),
        ({"applicant": {"social_group": "Иванов Иван"}}, "applicant.social_group"),
        ({"applicant": {"social_group": "ivan-petrov-pass-an1234567"}}, "applicant.social_group"),
        ({"applicant": {"address": {"region": "ivan-petrov"}}}, "applicant.address.region"),
        ({"applicant": {"address": {"district": "ivan-petrov"}}}, "applicant.address.district"),
    ],
)
async def test_http_holds_the_same_fields(api: httpx.AsyncClient, change: dict[str, Any], field: str) -> None:
    answer = await api.post("/appeals", json=APPEAL | change)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert "petrov" not in answer.text
