"""`POST /appeals` without servers: how it is read, answered, limited and documented."""

import json
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from tests.integration.intake.appeal import APPEAL

from natija_chassis.http.app import create_apps
from natija_chassis.process.health import Health
from natija_chassis.settings import Settings
from natija_events.kafka import DeliveryUnconfirmed
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import ChannelEntry, RealmEntry, RegionEntry, TopicEntry
from natija_events.types.codes import CODE_PATTERN
from natija_events.wire.rejection import Rejection
from natija_intake.api import post_appeals, routes
from natija_intake.api.address_limit import AddressLimit
from natija_intake.appeals.identity import RequestKey
from natija_intake.appeals.service import KeyUsed, Receipt
from natija_intake.appeals.submission import Submission
from natija_intake.receipts.send_limit import SendLimit

KEY = "0b5ec1f4-0c9c-4f0e-9d5b-3f6c0e7a1d22"
SENT = {"channel": "electronic", "text": "Our road has washed away."}
REGISTERED = datetime(2026, 3, 31, 8, 5, 9, tzinfo=UTC)
REFERENCE = ReferenceData(
    realm=RealmEntry(zone="Asia/Bishkek"),
    channels={"electronic": ChannelEntry()},
    regions={"chuy": RegionEntry(), "naryn": RegionEntry()},
    topics={"roads": TopicEntry()},
)


class Service:
    """Registers everything, or raises *error*, and remembers its arguments."""

    registered: datetime | None = REGISTERED
    error: Exception | None = None
    rejection: Rejection | None = None

    async def register(
        self, submission: Submission, request: RequestKey, traceparent: str | None
    ) -> Receipt | Rejection:
        self.given = submission, request, traceparent
        if self.error:
            raise self.error
        return self.rejection or Receipt("KG-7K3M-9QX4-T2R8-MA", "14K7Q-3MX9T", self.registered)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def limit() -> int:
    """Appeals by address in a minute; 0: any number."""
    return 0


@pytest.fixture
def app(service: Service, limit: int) -> FastAPI:
    given: Any = service
    return create_apps(
        Settings(realm="kg"),
        title="intake",
        about="Intake receives appeals.",
        health=lambda: Health(True, "accepting appeals"),
        routers=[routes.router(given, lambda: REFERENCE)],
        plain_routes=[post_appeals.route(given, lambda: REFERENCE, AddressLimit(SendLimit(limit)))],
        rows=[post_appeals.ACCESS, *routes.ACCESS],
    ).api


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


class TestAnswer:
    async def test_receipt_has_local_times(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/appeals", json=SENT, headers={"Idempotency-Key": KEY})
        assert answer.status_code == 201
        assert answer.json() == {
            "number": "KG-7K3M-9QX4-T2R8-MA", "access_code": "14K7Q-3MX9T", "registered": "2026-03-31T14:05:09+06:00",
            "date": "2026-03-31", "time": "14:05:09", "zone": "Asia/Bishkek",
        }  # fmt: skip
        headers = {name: answer.headers[name] for name in ("content-type", "idempotency-key", "location")}
        assert headers == {
            "content-type": "application/json", "idempotency-key": KEY, "location": "/appeals/KG-7K3M-9QX4-T2R8-MA",
        }  # fmt: skip
        assert answer.headers["cache-control"] == "no-store"

    async def test_pending_registration_is_202(self, client: httpx.AsyncClient, service: Service) -> None:
        """Without a key of the client, the answer brings the one that was used."""
        service.registered = None
        answer = await client.post("/appeals", json=SENT)
        assert (answer.status_code, answer.json()["status"]) == (202, "being_registered")
        assert answer.headers["idempotency-key"] == str(service.given[1].key)

    async def test_unconfirmed_delivery_is_503(self, client: httpx.AsyncClient, service: Service) -> None:
        service.error = DeliveryUnconfirmed("down")
        answer = await client.post("/appeals", json=SENT)
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert answer.headers["retry-after"] == "5"
        assert answer.headers["idempotency-key"] == answer.json()["idempotency_key"] == str(service.given[1].key)

    @pytest.mark.parametrize(("reason", "status"), [("invalid", 422), ("unlawful", 422), ("forbidden", 500)])
    async def test_rejection_names_the_field(
        self, client: httpx.AsyncClient, service: Service, reason: Any, status: int
    ) -> None:
        service.rejection = Rejection(reason, "time", "too old")
        answer = await client.post("/appeals", json=SENT)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        if status == 422:
            assert answer.json()["errors"] == [{"field": "time", "rule": reason, "message": "too old"}]

    async def test_trace_reaches_the_service(self, client: httpx.AsyncClient, service: Service) -> None:
        trace = uuid.uuid4().hex
        await client.post("/appeals", json=SENT, headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
        assert (service.given[2] or "").split("-")[1] == trace

    async def test_other_methods_are_405(self, client: httpx.AsyncClient) -> None:
        for method in ("GET", "PUT", "DELETE"):
            answer = await client.request(method, "/appeals", json=SENT)
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


class TestReading:
    async def test_body_in_pieces_is_read(self, client: httpx.AsyncClient, service: Service) -> None:
        raw = json.dumps(SENT).encode()

        async def pieces() -> AsyncIterator[bytes]:
            for at in range(0, len(raw), 7):
                yield raw[at : at + 7]

        headers = {"content-type": "application/json; charset=utf-8", "content-length": str(len(raw))}
        answer = await client.post("/appeals", content=pieces(), headers=headers)
        assert answer.status_code == 201, answer.text
        assert service.given[0].text == SENT["text"]

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 411),
            ({"content-length": "x"}, 411),
            ({"content-length": "10", "transfer-encoding": "chunked"}, 411),
            ({"content-length": "262145"}, 413),
        ],
    )
    async def test_oversize_body_is_not_read(
        self, client: httpx.AsyncClient, headers: dict[str, str], status: int
    ) -> None:
        async def never() -> AsyncIterator[bytes]:
            raise AssertionError("the body was read")
            yield b""

        request = client.build_request("POST", "/appeals", content=never())
        request.headers.pop("transfer-encoding", None)
        request.headers.update(headers)
        answer = await client.send(request)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")

    async def test_closed_connection_gets_no_answer(
        self, app: FastAPI, service: Service, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The client closes it in the middle of the body. Nothing is registered, nothing is logged."""
        pieces = iter([{"type": "http.request", "body": b'{"text":', "more_body": True}, {"type": "http.disconnect"}])

        async def receive() -> Any:
            return next(pieces)

        async def send(message: Any) -> None:
            raise AssertionError("it was answered")

        headers = [(b"content-length", b"99"), (b"content-type", b"application/json")]
        scope = {
            "type": "http", "method": "POST", "path": "/appeals", "root_path": "", "query_string": b"",
            "headers": headers,
        }  # fmt: skip
        await app(scope, receive, send)
        assert not hasattr(service, "given")
        assert caplog.records == []

    async def test_media_type_must_be_json(self, client: httpx.AsyncClient) -> None:
        for media_type in ("text/plain", "application/x-www-form-urlencoded", "application/jsonish"):
            answer = await client.post("/appeals", content=json.dumps(SENT), headers={"content-type": media_type})
            assert [error["rule"] for error in answer.json()["errors"]] == ["media_type"]
        answer = await client.post(
            "/appeals", content=json.dumps(SENT), headers={"content-type": "application/ld+json"}
        )
        assert answer.status_code == 201

    @pytest.mark.parametrize(
        "key",
        [
            "",
            "1",
            KEY.replace("-", ""),
            f"{{{KEY}}}",
            "0b5ec1f4-0c9c-1f0e-9d5b-3f6c0e7a1d22",
            KEY[:-1] + "я",
            KEY + " x",
        ],
    )
    async def test_idempotency_key_is_a_uuid(self, client: httpx.AsyncClient, service: Service, key: str) -> None:
        """Of version 4 or 7: others can be guessed, or are the same by chance."""
        answer = await client.post("/appeals", json=SENT, headers={b"Idempotency-Key": key.encode()})
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert [(error["field"], error["rule"]) for error in answer.json()["errors"]] == [
            ("header.Idempotency-Key", "uuid")
        ]
        assert not hasattr(service, "given")

    async def test_uuid_is_read_in_any_case(self, client: httpx.AsyncClient, service: Service) -> None:
        """The client of the public API is the API itself."""
        for key in (KEY, KEY.upper(), "019abcde-0000-7000-8000-00000000000a"):
            answer = await client.post("/appeals", json=SENT, headers={"Idempotency-Key": key})
            assert answer.status_code == 201
            assert service.given[1] == RequestKey("/services/intake", UUID(key))

    async def test_used_key_is_422(self, client: httpx.AsyncClient, service: Service) -> None:
        service.error = KeyUsed()
        answer = await client.post("/appeals", json=SENT, headers={"Idempotency-Key": KEY})
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        [error] = answer.json()["errors"]
        assert (error["field"], error["rule"]) == ("header.Idempotency-Key", "key_used")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{secret",
            b'{"text": "secret\xff"}',
            b'{"text": "secret \\ud800"}',
            b'\xef\xbb\xbf{"text": "secret"}',
            b'{"text":' * 30_000,
            b'{"applicants_count": ' + b"1" * 5000 + b"}",
        ],
        ids=["empty", "broken", "no UTF-8", "surrogate", "byte order mark", "deep", "long number"],
    )
    async def test_broken_json_is_422(self, client: httpx.AsyncClient, body: bytes) -> None:
        answer = await client.post("/appeals", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert [(one["field"], one["rule"]) for one in answer.json()["errors"]] == [("body", "json_invalid")]
        assert "secret" not in answer.text


async def test_many_errors_have_a_short_answer(client: httpx.AsyncClient) -> None:
    """15,000 unknown fields: they are counted, not listed."""
    for unknown, rules in ((15_000, ["too_many_errors"]), (49, ["extra_forbidden"] * 49)):
        answer = await client.post("/appeals", json=SENT | {f"secret{number}": 1 for number in range(unknown)})
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert [error["rule"] for error in answer.json()["errors"]] == rules
        assert "secret" not in answer.text
        assert len(answer.content) < 10_000


BROKEN: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "secret-kind"}, "kind", "literal_error"),
    ({"channel": None}, "channel", "string_type"),
    ({"text": "   "}, "text", "string_too_short"),
    ({"country_type": "=secret()"}, "country_type", "string_pattern_mismatch"),
    ({"applicant": {"address": {"district": "Secret, 0555"}}}, "applicant.address.district", "string_pattern_mismatch"),
    ({"region": "Secret Name"}, "region", "string_pattern_mismatch"),
    ({"applicant": {"birth_date": "secret"}}, "applicant.birth_date", "day"),
    ({"applicant": {"birth_date": 86_400}}, "applicant.birth_date", "day"),
    ({"applicant": {"birth_date": "86400"}}, "applicant.birth_date", "day"),
    ({"applicant": {"birth_date": "1980-02-30"}}, "applicant.birth_date", "day"),
    ({"complaint_of": "KG-SECR-ET00-0000-00"}, "complaint_of", "string_pattern_mismatch"),
    ({"complaint_of": "KG-0SEC-RET0-0000-00"}, "complaint_of", "value_error"),
    ({"secret_field": 1}, "body", "extra_forbidden"),
    ({"applicant": {"secret_field": 1}}, "applicant", "extra_forbidden"),
]


@pytest.mark.parametrize(("change", "field", "rule"), BROKEN)
async def test_error_names_field_without_value(
    client: httpx.AsyncClient, change: dict[str, Any], field: str, rule: str
) -> None:
    answer = await client.post("/appeals", json=APPEAL | change)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(error["field"], error["rule"]) for error in answer.json()["errors"]] == [(field, rule)]
    assert "secret" not in answer.text.lower()
    assert "SEC" not in answer.text


def test_openapi_describes_the_plain_route(app: FastAPI) -> None:
    """The route is listed by hand: request, headers, answers, and every schema that they refer to."""
    document: dict[str, Any] = app.openapi()
    schemas = document["components"]["schemas"]
    assert set(document["paths"]) >= {"/appeals", "/appeals/{number}", "/health"}
    operation = document["paths"]["/appeals"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Submission"}
    assert set(schemas["Submission"]["properties"]) == set(Submission.model_fields)
    assert [(one["name"], one["in"]) for one in operation["parameters"]] == [("Idempotency-Key", "header")]
    assert set(operation["responses"]) == {"201", "202", "411", "413", "421", "422", "429", "500", "503"}
    for status, model in (("201", "RegisteredResponse"), ("202", "BeingRegisteredResponse")):
        content = operation["responses"][status]["content"]
        assert content == {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}
    refs = {line.split("schemas/")[1].split('"')[0] for line in json.dumps(document).split("#/components/")[1:]}
    assert refs <= set(schemas)


def test_openapi_describes_every_field(app: FastAPI) -> None:
    """The body in clear has the contract's descriptions, and the patterns of its codes."""
    schemas = app.openapi()["components"]["schemas"]
    for name in ("Submission", "SubmittedApplicant", "SubmittedAddress", "SubmittedRepresentative"):
        properties = schemas[name]["properties"]
        assert not [field for field, one in properties.items() if not one.get("description") or "title" in one]
    assert CODE_PATTERN in str(schemas["Submission"]["properties"]["district"])
    assert schemas["SubmittedApplicant"]["properties"]["phone"]["description"].endswith("sealed before it is stored.")
    Submission.model_validate(schemas["Submission"]["examples"][0])


async def test_requests_are_counted_by_template(client: httpx.AsyncClient) -> None:
    def count(route: str, method: str, status: str) -> float:
        labels = {"route": route, "method": method, "status": status}
        return REGISTRY.get_sample_value("natija_http_requests_total", labels) or 0.0

    cases = [("/appeals", "POST", "201"), ("/appeals/{number}", "GET", "422"), ("unmatched", "GET", "404")]
    before = [count(*case) for case in cases]
    await client.post("/appeals", json=SENT)
    await client.get(f"/appeals/{'x' * 99}")
    await client.get("/somebody's-name")
    assert [count(*case) for case in cases] == [one + 1 for one in before]


@pytest.mark.parametrize("limit", [2])
async def test_too_many_appeals_are_429(client: httpx.AsyncClient) -> None:
    """Before the body is read. The answer says when to send again."""
    answers = [await client.post("/appeals", json=SENT) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[2].headers["content-type"] == "application/problem+json"
    assert answers[2].headers["retry-after"] == "30"
