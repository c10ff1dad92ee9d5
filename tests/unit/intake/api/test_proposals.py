"""Proposals over HTTP: the modes of CloudEvents, sealing by intake, the statuses, and the dry run."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.requests import HTTPConnection
from tests.sealing import KEYS as REGISTRAR_KEYS
from tests.unit.intake.realm import CONTEXT, NOW, REFERENCE

from natija_chassis.http.access import Principal
from natija_chassis.http.app import create_apps
from natija_chassis.process.health import Health
from natija_chassis.settings import Settings
from natija_events.ids import new_appeal_number
from natija_events.kafka import DeliveryUnconfirmed, OutcomePending, ProposalOutcome
from natija_events.reference.entries import PublisherEntry
from natija_events.schema.registry import REGISTRY
from natija_events.types.sealed import open_data
from natija_events.wire.envelope import Event, place_of
from natija_events.wire.rejection import Rejection
from natija_intake.api import proposals
from natija_intake.appeals.head_lookup import StatusUnavailable
from natija_intake.proposals.service import ProposalService
from natija_intake.receipts.send_limit import SendLimit
from natija_intake.registrar.admission import AdmissionState, IncomingProposal

PORTAL, OWN = "/portals/labour", "/desks/own-keys"
KEYS = {"key-portal": PORTAL, "key-own": OWN}
NUMBER = new_appeal_number("KG")
DATA = {
    "kind": "request", "form": "electronic", "channel": "electronic", "received": "2026-03-31T08:05:00Z",
    "jurisdiction": "KG", "text": "Our road has washed away.", "applicant": {"kind": "natural", "name": "Айгүл"},
}  # fmt: skip


def cloud_event(**changed: Any) -> dict[str, Any]:
    """A CloudEvent in the structured form."""
    return {
        "specversion": "1.0", "id": str(uuid4()), "source": PORTAL, "type": "appeal.registered.v1", "subject": NUMBER,
        "time": "2026-03-31T08:05:00Z", "data": DATA,
    } | changed  # fmt: skip


class Gateway:
    """Registers each proposal, or answers with *answer*."""

    answer: Rejection | Exception | None = None

    def __init__(self) -> None:
        self.proposed: list[tuple[Event, ...]] = []

    async def propose(self, *events: Event, wait: float) -> ProposalOutcome:
        self.proposed.append(events)
        if isinstance(self.answer, Exception):
            raise self.answer
        sequence = 1 if self.answer is None else self.answer.sequence
        return ProposalOutcome(events[0].subject, sequence, NOW, self.answer)


class Heads:
    """Knows no appeal; or this state."""

    state: AdmissionState | Exception = AdmissionState()

    async def admission_state(self, incoming: IncomingProposal) -> AdmissionState:
        if isinstance(self.state, Exception):
            raise self.state
        return self.state


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def heads() -> Heads:
    return Heads()


@pytest.fixture
def limit() -> int:
    """Proposals of a publisher in a minute; 0: any number."""
    return 0


@pytest.fixture
async def client(gateway: Gateway, heads: Heads, limit: int) -> AsyncIterator[httpx.AsyncClient]:
    vouched = PublisherEntry(roles=frozenset({"channel"}), vouched=True)
    own = PublisherEntry(roles=frozenset({"desk"}), unsigned=True)
    reference = replace(REFERENCE, publishers={PORTAL: vouched, OWN: own})
    given: Any = (replace(CONTEXT, reference=lambda: reference), gateway, heads, None)
    apps = create_apps(
        Settings(), title="x", about="X.", health=lambda: Health(True, "ready"),
        routers=[proposals.router(ProposalService(*given), SendLimit(limit))], rows=proposals.ACCESS,
        more_authenticators=[by_key],
    )  # fmt: skip
    transport = httpx.ASGITransport(apps.api, raise_app_exceptions=False)
    headers = {"Authorization": "Bearer key-portal"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        yield client


async def by_key(request: HTTPConnection) -> Principal | None:
    """The principals of the tests: two publishers, and one that has no source."""
    name = request.headers.get("authorization", "").removeprefix("Bearer ")
    if name == "key-reader":
        return Principal(name, frozenset({"publisher"}))
    return Principal(name, frozenset({"publisher"}), None, KEYS[name]) if name in KEYS else None


async def post(client: httpx.AsyncClient, event: dict[str, Any], **options: Any) -> httpx.Response:
    """Send *event* in the structured mode."""
    headers = {"Content-Type": "application/cloudevents+json; charset=UTF-8"} | options.pop("headers", {})
    return await client.post("/proposals", content=json.dumps(event), headers=headers, **options)


async def test_three_modes_are_one_event(client: httpx.AsyncClient, gateway: Gateway) -> None:
    """Binary, structured and batched mode of CloudEvents over HTTP."""
    event = cloud_event()
    binary = {f"ce-{name}": str(value) for name, value in event.items() if name != "data"}
    answers = [
        await client.post("/proposals", json=DATA, headers=binary),
        await post(client, event),
        await client.post(
            "/proposals", content=json.dumps([event]), headers={"Content-Type": "application/cloudevents-batch+json"}
        ),
    ]
    for answer in answers:
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == f"/proposals/{event['id']}"
        assert answer.json() == {
            "proposal": event["id"], "appeal": NUMBER, "decision": "registered",
            "events": [{"id": event["id"], "sequence": 1}],
        }  # fmt: skip
    assert {sent[0]._replace(data=b"", wrappedkey=None) for sent in gateway.proposed} == {
        gateway.proposed[0][0]._replace(data=b"", wrappedkey=None)
    }


async def test_repeated_attribute_is_refused(client: httpx.AsyncClient) -> None:
    """As on the inbox: nobody guesses which of two values is meant."""
    named = [(f"ce-{name}", str(value)) for name, value in cloud_event().items() if name != "data"]
    answer = await client.post("/proposals", json=DATA, headers=[*named, ("ce-id", str(uuid4()))])
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "id")


async def test_misspelt_parameter_is_refused(client: httpx.AsyncClient, gateway: Gateway) -> None:
    """It would be ignored, and the event registered."""
    answer = await post(client, cloud_event(), params={"dryrun": "true"})
    assert (answer.status_code, gateway.proposed) == (422, [])
    assert answer.json()["errors"] == [{"field": "query", "rule": "unknown", "message": "takes only dry_run"}]


async def test_duplicate_is_told(client: httpx.AsyncClient, gateway: Gateway) -> None:
    """It is registered, by an earlier proposal. Its sealed values may be others."""
    gateway.answer = Rejection("duplicate", "sealed", "was not compared", sequence=4)
    answer = await post(client, cloud_event())
    assert answer.status_code == 201
    told = answer.json()
    assert (told["decision"], told["events"][0]["sequence"]) == ("registered", 4)
    assert (told["reason"], told["field"], told["rule"]) == ("duplicate", "sealed", "was not compared")


async def test_structured_mode_has_one_event(client: httpx.AsyncClient) -> None:
    two = f"{json.dumps(cloud_event())},{json.dumps(cloud_event())}"
    answer = await client.post("/proposals", content=two, headers={"Content-Type": "application/cloudevents+json"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "data"


async def test_prefix_of_http_is_told(client: httpx.AsyncClient) -> None:
    """In a record the prefix is ce_, in a request it is ce-."""
    headers = {f"ce_{name}": str(value) for name, value in cloud_event().items() if name != "data"}
    answer = await client.post("/proposals", json=DATA, headers=headers)
    assert answer.status_code == 422
    assert "no header begins with ce-" in answer.text


async def test_personal_fields_are_sealed(client: httpx.AsyncClient, gateway: Gateway) -> None:
    """Text that was sent in clear is sealed for the realm, and stands nowhere else in the event."""
    await post(client, cloud_event())
    [[event]] = gateway.proposed
    assert "washed" not in event.data.decode()
    assert "Айгүл" not in event.data.decode()
    data = REGISTRY.admit(event.type, event.data)
    assert event.wrappedkey is not None
    plain = open_data(data, REGISTRAR_KEYS.realm.open(event.wrappedkey, NUMBER), place_of(event, "kg"))
    assert plain["content"].model_dump(exclude_none=True) == {"text": DATA["text"]}
    assert plain["person"].model_dump(exclude_none=True) == {"name": "Айгүл"}


async def test_batch_shares_one_key(client: httpx.AsyncClient, gateway: Gateway) -> None:
    """Events of a batch are numbered in their order; each has its id."""
    events = [cloud_event(), cloud_event(type="appeal.supplemented.v1", data={"text": "More."})]
    content, headers = json.dumps(events), {"Content-Type": "application/cloudevents-batch+json"}
    answer = await client.post("/proposals", content=content, headers=headers)
    assert answer.json()["events"] == [
        {"id": event["id"], "sequence": number} for number, event in enumerate(events, 1)
    ]
    [sent] = gateway.proposed
    assert len({event.wrappedkey for event in sent}) == 1


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [
        ({"source": "/portals/other"}, 403, "source"),
        ({"type": "appeal.routed.v1", "data": {"body": "ministry-health"}}, 403, "type"),
        ({"data": DATA | {"chanel": "x"}}, 422, "data"),
        ({"data": DATA | {"channel": "moon"}}, 422, "channel"),
        ({"data": DATA | {"applicant": {"kind": "natural", "name": 5}}}, 422, "applicant.name"),
        ({"data": DATA | {"text": "x" * 400_000}}, 422, "text"),
        ({"time": "2031-03-31T08:05:00Z"}, 422, "time"),
        ({"subject": new_appeal_number("KZ")}, 422, "subject"),
        ({"id": "1"}, 422, "id"),
        ({"specversion": "0.3"}, 422, "specversion"),
    ],
)
async def test_wrong_event_names_its_field(
    client: httpx.AsyncClient, gateway: Gateway, changed: dict[str, Any], status: int, field: str
) -> None:
    """It never reaches the inbox, and the error holds no value."""
    answer = await post(client, cloud_event(**changed))
    assert answer.status_code == status, answer.text
    [error] = answer.json()["errors"]
    assert error["field"] == field
    assert "washed" not in answer.text
    assert gateway.proposed == []


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        (Rejection("conflict", "expectedsequence", "is ahead"), 409),
        (Rejection("reused", "id", "is known with other content"), 409),
        (Rejection("unlawful", "type", "is not possible"), 422),
        (Rejection("forbidden", "signature", "is not proven"), 403),
        (Rejection("duplicate", "id", "is known", 1), 201),
        (OutcomePending("slow"), 202),
        (DeliveryUnconfirmed("down"), 503),
    ],
)
async def test_decision_has_its_status(
    client: httpx.AsyncClient, gateway: Gateway, decision: Rejection | Exception, status: int
) -> None:
    """A duplicate is answered as when it was registered, with the reason `duplicate`."""
    event = cloud_event()
    first = await post(client, event)
    gateway.answer = decision
    answer = await post(client, event)
    assert answer.status_code == status, answer.text
    if status == 201:
        assert first.json().items() <= answer.json().items()
    if status == 202:
        assert (answer.json()["decision"], answer.headers["location"]) == ("pending", f"/proposals/{event['id']}")
    if isinstance(decision, Rejection) and status != 201:
        [error] = answer.json()["errors"]
        assert error == {"field": decision.field, "rule": decision.reason, "message": decision.rule}


@pytest.mark.parametrize("limit", [2])
async def test_too_many_proposals_are_429(client: httpx.AsyncClient, gateway: Gateway) -> None:
    """Of one publisher; another one is not concerned. Dry runs count, too."""
    answers = [await post(client, cloud_event(), params={"dry_run": number == 0}) for number in range(3)]
    assert [answer.status_code for answer in answers] == [200, 201, 429]
    assert answers[2].headers["content-type"] == "application/problem+json"
    assert 0 < int(answers[2].headers["retry-after"]) <= 30
    assert len(gateway.proposed) == 1
    other = await post(client, cloud_event(source=OWN), headers={"Authorization": "Bearer key-own"})
    assert other.status_code == 403  # it must sign itself


@pytest.mark.parametrize("limit", [60])
async def test_large_proposal_counts_by_its_size(client: httpx.AsyncClient) -> None:
    """The whole API waits while one is parsed, so a megabyte counts as a hundred small ones."""
    large = await client.post("/proposals", content=b" " * 1_000_000)
    assert large.status_code == 422
    after = await post(client, cloud_event())
    assert after.status_code == 429


async def test_key_is_necessary(client: httpx.AsyncClient) -> None:
    for key, status in (("guessed", 401), ("key-reader", 403)):
        answer = await post(client, cloud_event(), headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == status, answer.text


async def test_publisher_without_vouching_signs_itself(client: httpx.AsyncClient, gateway: Gateway) -> None:
    """Intake signs only for publishers whose entry says so."""
    answer = await post(client, cloud_event(source=OWN), headers={"Authorization": "Bearer key-own"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, "signature")
    assert gateway.proposed == []


async def test_dry_run_writes_nothing(client: httpx.AsyncClient, gateway: Gateway, heads: Heads) -> None:
    """It says what the registrar would decide on the present head."""
    event = cloud_event()
    would = await post(client, event, params={"dry_run": "true"})
    assert (would.status_code, would.json()["events"]) == (200, [{"id": event["id"], "sequence": 1}])
    later = await post(
        client, cloud_event(type="appeal.supplemented.v1", data={"text": "More."}), params={"dry_run": "true"}
    )
    assert (later.status_code, later.json()["errors"][0]["rule"]) == (422, "unlawful")
    heads.state = StatusUnavailable()
    assert (await post(client, event, params={"dry_run": "true"})).status_code == 503
    assert gateway.proposed == []


async def test_body_must_be_cloudevent(client: httpx.AsyncClient) -> None:
    """A wrong media type, a wrong body, an unknown length, and one that is too large."""
    assert (await client.post("/proposals", content=b"{}", headers={"Content-Type": "text/plain"})).status_code == 422
    for body in (b"", b"[]", b"{", b"[[]]", b"\xff", b'{"data": 5}'):
        answer = await client.post("/proposals", content=body, headers={"Content-Type": "application/cloudevents+json"})
        assert answer.status_code == 422, (body, answer.text)

    async def chunks() -> AsyncIterator[bytes]:
        yield b"{}"

    assert (await client.post("/proposals", content=chunks())).status_code == 411
    assert (await client.post("/proposals", content=b" " * 1_000_001)).status_code == 413
