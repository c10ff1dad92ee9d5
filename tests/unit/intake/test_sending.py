"""`POST /appeals` without servers: how it is read, answered and documented."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from natija_chassis.http.app import create_app
from natija_chassis.process.health import Health
from natija_chassis.realm.directory import Directory
from natija_chassis.settings import Settings
from natija_intake.api import routes
from natija_intake.appeals.service import Receipt
from natija_intake.appeals.submission import Submission

APPEAL = {"channel": "electronic", "text": "Our road has washed away."}
TAKEN = datetime(2026, 3, 31, 8, 5, 9, tzinfo=UTC)


class Reception:
    """Takes everything, and remembers what it was given."""

    registered: datetime | None = TAKEN

    async def take(self, submission: Submission, key: str, traceparent: str | None) -> Receipt:
        self.given = submission, key, traceparent
        return Receipt("KG-7K3M-9QX4-T2R8-MA", "14K7Q-3MX9T", self.registered)


@pytest.fixture
def reception() -> Reception:
    return Reception()


@pytest.fixture
async def client(reception: Reception) -> AsyncIterator[httpx.AsyncClient]:
    directory = Directory(zone="Asia/Bishkek")
    app = create_app(
        Settings(realm="kg"), title="intake", about="It receives appeals.", health=lambda: Health(True, "open")
    )
    routes.install(app, reception, directory)  # type: ignore[arg-type]  # stands in for the real one
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        yield client


async def test_a_receipt_says_when_in_the_zone_of_the_realm(client: httpx.AsyncClient) -> None:
    answer = await client.post("/appeals", json=APPEAL, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201
    assert answer.json() == {
        "number": "KG-7K3M-9QX4-T2R8-MA", "access_code": "14K7Q-3MX9T", "registered": "2026-03-31T14:05:09+06:00",
        "date": "2026-03-31", "time": "14:05:09", "zone": "Asia/Bishkek",
    }  # fmt: skip
    told = {name: answer.headers[name] for name in ("content-type", "idempotency-key", "location", "cache-control")}
    assert told == {
        "content-type": "application/json", "idempotency-key": "k", "location": "/appeals/KG-7K3M-9QX4-T2R8-MA",
        "cache-control": "no-store",
    }  # fmt: skip


async def test_one_that_is_not_registered_yet_gets_202_and_a_key(
    client: httpx.AsyncClient, reception: Reception
) -> None:
    reception.registered = None
    answer = await client.post("/appeals", json=APPEAL)
    assert (answer.status_code, answer.json()["status"]) == (202, "being_registered")
    assert answer.headers["idempotency-key"] == reception.given[1]


async def test_a_body_in_pieces_is_read_whole(client: httpx.AsyncClient, reception: Reception) -> None:
    raw = json.dumps(APPEAL).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(raw), 7):
            yield raw[at : at + 7]

    headers = {"content-type": "application/json; charset=utf-8", "content-length": str(len(raw))}
    answer = await client.post("/appeals", content=pieces(), headers=headers)
    assert answer.status_code == 201, answer.text
    assert reception.given[0].text == APPEAL["text"]


async def test_a_body_without_a_length_or_too_large_is_not_even_read(client: httpx.AsyncClient) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    chunked = {"content-length": "10", "transfer-encoding": "chunked"}
    for headers, status in (
        ({}, 411), ({"content-length": "x"}, 411), (chunked, 411), ({"content-length": "262145"}, 413)
    ):  # fmt: skip
        request = client.build_request("POST", "/appeals", content=never())
        request.headers.pop("transfer-encoding", None)
        request.headers.update(headers)
        answer = await client.send(request)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_who_goes_away_in_the_middle_gets_no_answer_and_makes_no_noise(
    client: httpx.AsyncClient, reception: Reception, caplog: pytest.LogCaptureFixture
) -> None:
    pieces = iter([{"type": "http.request", "body": b'{"text":', "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(pieces)

    async def send(message: Any) -> None:
        raise AssertionError("it was answered")

    headers = [(b"content-length", b"99"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/appeals", "query_string": b"", "headers": headers}
    await client._transport.app(scope, receive, send)  # type: ignore[attr-defined]

    assert not hasattr(reception, "given")
    assert caplog.records == []


async def test_what_is_not_sent_as_json_is_refused(client: httpx.AsyncClient) -> None:
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "application/jsonish"):
        answer = await client.post("/appeals", content=json.dumps(APPEAL), headers={"content-type": media_type})
        assert [error["rule"] for error in answer.json()["errors"]] == ["media_type"]
    answer = await client.post("/appeals", content=json.dumps(APPEAL), headers={"content-type": "application/ld+json"})
    assert answer.status_code == 201


async def test_no_other_method_is_answered(client: httpx.AsyncClient) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = await client.request(method, "/appeals", json=APPEAL)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_it_is_documented_as_if_the_framework_read_it(client: httpx.AsyncClient) -> None:
    document: dict[str, Any] = (await client.get("/openapi.json")).json()
    documented = document["paths"]["/appeals"]["post"]
    body = documented["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Submission"}
    assert set(document["components"]["schemas"]["Submission"]["properties"]) == set(Submission.model_fields)
    assert [(one["name"], one["in"]) for one in documented["parameters"]] == [("Idempotency-Key", "header")]
    assert set(documented["responses"]) == {"201", "202", "422", "503"}
