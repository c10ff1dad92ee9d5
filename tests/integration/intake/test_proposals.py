"""Events of another service without Kafka: from `POST /proposals` to its own outcomes and events, on real servers."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio
from tests.eventually import eventually
from tests.integration.intake.registering import log_of, number, rejected
from tests.integration.intake.relayed import add_reader
from tests.stack import Realm, Servers, provisioned_realms

from natija_chassis.http import api_keys

PORTAL, DESK = "/portals/labour", "/desks/ministry-transport"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def portal(servers: Servers, tmp_path_factory: Any) -> AsyncIterator[Realm]:
    """A realm with registrar, relay and intake, and with two vouched publishers."""
    folder = tmp_path_factory.mktemp("portal")
    async with provisioned_realms(servers, folder) as make:
        realm = await make(NATIJA_API_KEYS=str(folder / "api-keys.yaml"))
        await add_reader(realm, PORTAL, vouched=True)
        await add_reader(realm, DESK, "desk", "ministry-transport", vouched=True)
        for source in (PORTAL, DESK):
            api_keys.add(folder / "api-keys.yaml", name_of(source), ["publisher"], None, source, source=source)
        for process in ("registrar", "relay", "intake"):
            await realm.serve(process)
        yield realm


def name_of(source: str) -> str:
    return source.rpartition("/")[2]


def client(realm: Realm, source: str) -> httpx.AsyncClient:
    """A client with the key of *source*, which is its name in these tests."""
    headers = {"Authorization": f"Bearer {source}", "Content-Type": "application/cloudevents+json"}
    return httpx.AsyncClient(base_url=realm.url("intake"), headers=headers, timeout=20, trust_env=False)


def cloud_event(realm: Realm, source: str = PORTAL, **changed: Any) -> dict[str, Any]:
    now = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    data = {
        "kind": "complaint", "form": "electronic", "channel": "electronic", "received": now, "jurisdiction": "KG",
        "topic": "roads", "addressee": "ministry-transport", "text": "Our road has washed away.",
    } | changed.pop("data", {})  # fmt: skip
    return {
        "specversion": "1.0", "id": str(uuid4()), "source": source, "type": "appeal.registered.v1",
        "subject": number(realm), "time": now, "data": data,
    } | changed  # fmt: skip


async def streamed(realm: Realm, source: str, path: str, wanted: str, after: str = "") -> list[tuple[str, Any]]:
    """The ids and values of a stream, until one that has *wanted* in it."""
    found: list[tuple[str, Any]] = []
    place = ""
    async with client(realm, source) as http, http.stream("GET", path, headers={"Last-Event-ID": after}) as answer:
        assert answer.status_code == 200, await answer.aread()
        async for line in answer.aiter_lines():
            if line.startswith("id: "):
                place = line.removeprefix("id: ")
            if line.startswith("data: "):
                found.append((place, json.loads(line.removeprefix("data: "))))
                if wanted in line:
                    return found
    raise AssertionError("the stream ended")


async def test_clear_event_is_vouched_and_registered(portal: Realm) -> None:
    """Intake seals and signs it. The same request again is told to be a duplicate, and nothing is registered twice."""
    event = cloud_event(portal)
    async with client(portal, PORTAL) as http:
        answers = [await http.post("/proposals", json=event) for _ in range(2)]
        [first, again] = [(answer.status_code, answer.json()) for answer in answers]
        assert (first[0], again[0]) == (201, 201), first
        assert again[1].items() >= {**first[1], "reason": "duplicate"}.items()
        assert first[1]["events"] == [{"id": event["id"], "sequence": 1}]

        async def told() -> bool:
            found = (await http.get(f"/proposals/{event['id']}")).json()
            return bool(found.items() >= first[1].items())

        await eventually(told)
    [registered] = [one for one in await log_of(portal, event["subject"]) if one.sequence == 1]
    assert registered.event.source == PORTAL
    assert registered.event.signature is not None
    assert b"washed" not in registered.event.data


async def test_dry_run_agrees_with_registrar(portal: Realm) -> None:
    """It says what the registrar then decides; by itself it registers and rejects nothing."""
    event = cloud_event(portal)
    async with client(portal, PORTAL) as http:
        would = await http.post("/proposals?dry_run=true", json=event)
        assert (would.status_code, await log_of(portal, event["subject"])) == (200, [])
        assert (await http.post("/proposals", json=event)).json() == would.json()
        second = cloud_event(portal, subject=event["subject"])
        expected = (await http.post("/proposals", json=second)).json()["errors"]
        assert [(one["rule"], one["field"]) for one in expected] == [("unlawful", "type")]

        async def foreseen() -> bool:  # the head reaches the database shortly after the log
            return bool((await http.post("/proposals?dry_run=true", json=second)).json()["errors"] == expected)

        await eventually(foreseen)
    assert [str(one.proposal.id) for one in await rejected(portal)].count(second["id"]) == 1


async def test_publishers_see_their_own_only(portal: Realm) -> None:
    """The outcomes of another are neither in a stream nor found by id; a foreign source is refused."""
    ours, theirs = cloud_event(portal), cloud_event(portal, DESK)
    async with client(portal, PORTAL) as http, client(portal, DESK) as other:
        assert (await http.post("/proposals", json=ours)).status_code == 201
        assert (await other.post("/proposals", json=theirs)).status_code == 201
        assert (await other.post("/proposals", json=cloud_event(portal))).status_code == 403
        found = await streamed(portal, PORTAL, "/outcomes", ours["id"])
        assert theirs["id"] not in str(found)
        assert (await http.get(f"/proposals/{theirs['id']}")).status_code == 404
    before = await streamed(portal, PORTAL, "/outcomes", found[0][1]["proposal"])
    rest = await streamed(portal, PORTAL, "/outcomes", ours["id"], after=before[-1][0])
    assert before + rest == found, "a stream that goes on repeats nothing and leaves nothing out"


async def test_body_reads_events_it_may(portal: Realm) -> None:
    """A body reads the appeals that it holds from their first event on, and no complaint about itself."""
    held, secret = cloud_event(portal), cloud_event(portal, data={"confidential": True})
    about = cloud_event(portal, data={"complained_of": "ministry-transport"})
    last = cloud_event(portal)
    async with client(portal, PORTAL) as http, client(portal, DESK) as desk:
        for event in (held, secret, about, last):
            assert (await http.post("/proposals", json=event)).status_code == 201
            taken = cloud_event(portal, DESK, type="appeal.routed.v1", subject=event["subject"], expectedsequence=1) | {
                "data": {"body": "ministry-transport"}
            }
            answer = await desk.post("/proposals", json=taken)
            assert answer.status_code == 201, answer.text
    body = [one for _, one in await streamed(portal, DESK, "/events", last["subject"])]
    of_held = [(one["sequence"], one["type"]) for one in body if one["subject"] == held["subject"]]
    assert of_held == [(1, "appeal.registered.v1"), (2, "appeal.routed.v1")]
    assert {secret["subject"], about["subject"]}.isdisjoint({one["subject"] for one in body})
    opener = {one["subject"] for _, one in await streamed(portal, PORTAL, "/events", last["subject"])}
    assert {held["subject"], about["subject"]} <= opener
    assert secret["subject"] not in opener
