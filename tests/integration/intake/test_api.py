"""The intake API on real servers: an appeal is sent once, however often, and followed with its number and code."""

import asyncio
import json
import re
import shutil
import uuid
from collections.abc import Callable
from typing import Any

import httpx
from deploy.local.ports import free_port
from tests.eventually import eventually
from tests.integration.intake.appeal import APPEAL, PERSONAL
from tests.integration.intake.stored_keys import open_event
from tests.stack import Realm

from natija_events.ids import is_appeal_number
from natija_events.kafka import read, read_batches
from natija_events.topics import INBOX, LOG, PARTITIONS
from natija_events.wire.record import RecordedEvent
from natija_intake.receipts.wrong_codes import FREE


async def status(api: httpx.AsyncClient, receipt: dict[str, Any]) -> dict[str, Any]:
    answer = await api.get(f"/appeals/{receipt['number']}", headers={"Access-Code": receipt["access_code"]})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def status_until(
    api: httpx.AsyncClient, receipt: dict[str, Any], wanted: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    async def found() -> dict[str, Any]:
        shown = await status(api, receipt)
        assert wanted(shown), shown
        return shown

    return await eventually(found)


async def stored(realm: Realm, topic: str, number: str) -> list[bytes]:
    """Every committed record of *topic* that is of the appeal *number*, as it lies there."""
    start = dict.fromkeys(range(PARTITIONS), 0)
    return [
        b"".join((record.key, record.value, *(content for _, content in record.headers)))
        async for batch in read_batches(realm.servers.kafka, topic, start)
        for record in batch
        if record.key == number.encode()
    ]


async def test_receipt_describes_the_registered_appeal(registry: Realm, api: httpx.AsyncClient) -> None:
    """Number, date, time, zone and access code."""
    answer = await api.post("/appeals", json=APPEAL)
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert is_appeal_number(receipt["number"])
    assert receipt["number"].startswith(registry.name.upper())
    assert receipt["zone"] == "Asia/Bishkek"
    assert receipt["registered"].startswith(f"{receipt['date']}T{receipt['time']}")
    assert receipt["registered"].endswith("+06:00")
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", receipt["access_code"])
    assert answer.headers["location"] == f"/appeals/{receipt['number']}"

    found = await status_until(api, receipt, lambda one: one["status"] == "received")
    assert found["registered"] == receipt["registered"]


async def test_personal_fields_are_sealed_everywhere(registry: Realm, api: httpx.AsyncClient) -> None:
    """On the inbox and on the log. They open with the realm's key."""
    number = (await api.post("/appeals", json=APPEAL)).json()["number"]
    for topic in (INBOX, LOG):
        raw = await stored(registry, topic.name(registry.name), number)
        assert len(raw) == 1
        assert not [word for word in PERSONAL if word.encode() in raw[0]]
    (event,) = await events_of(registry, number)
    opened = await open_event(registry, event)
    assert opened["content"].model_dump(exclude_none=True) == {"text": "Our road has washed away."}
    assert opened["person"].settlement == "Kant"


async def events_of(realm: Realm, number: str) -> list[RecordedEvent]:
    return [event async for event in read(realm.servers.kafka, realm.name, subject=number)]


def new_key() -> dict[str, str]:
    """A header with an idempotency key that no other appeal has."""
    return {"Idempotency-Key": str(uuid.uuid4())}


async def test_repeated_post_is_one_appeal(registry: Realm, api: httpx.AsyncClient) -> None:
    """The same body with the same key gets the same receipt, also when sent five times at once."""
    headers = new_key()
    together = await asyncio.gather(*(api.post("/appeals", json=APPEAL, headers=headers) for _ in range(5)))
    again = await api.post("/appeals", json=APPEAL, headers=headers)
    assert [answer.status_code for answer in (*together, again)] == [201] * 6
    assert len({json.dumps(answer.json(), sort_keys=True) for answer in (*together, again)}) == 1
    assert again.headers["idempotency-key"] == headers["Idempotency-Key"]
    assert len(await events_of(registry, again.json()["number"])) == 1


async def test_other_body_under_used_key_is_refused(registry: Realm, api: httpx.AsyncClient) -> None:
    """Also when both are sent at once: one is registered, the other gets 422 and no number."""
    headers = new_key()
    bodies = (APPEAL, APPEAL | {"text": "Another matter."})
    together = await asyncio.gather(*(api.post("/appeals", json=body, headers=headers) for body in bodies * 2))
    assert sorted(answer.status_code for answer in together) == [201, 201, 422, 422]
    refused = [answer.json() for answer in together if answer.status_code == 422]
    assert {error["rule"] for problem in refused for error in problem["errors"]} == {"key_used"}
    assert not [problem for problem in refused if "KG-" in str(problem) or "number" in problem]
    [number] = {answer.json()["number"] for answer in together if answer.status_code == 201}
    assert len(await events_of(registry, number)) == 1


async def test_rotated_secret_keeps_the_receipt(realm: Realm) -> None:
    """One intake process has rotated its secret, the other has not: the same request is one appeal at both. After a
    second rotation the key is used."""
    await realm.serve("registrar")
    await realm.serve("intake")
    ahead = realm.folder / "ahead"
    shutil.copy(realm.environment["NATIJA_REGISTRATION_SECRETS"], ahead)
    port = str(free_port())
    await realm.run("intake", "rotate-secret", NATIJA_REGISTRATION_SECRETS=str(ahead))
    await realm.serve("intake", NATIJA_REGISTRATION_SECRETS=str(ahead), NATIJA_INTAKE_PORT=port)
    async with (
        httpx.AsyncClient(base_url=realm.url("intake"), timeout=30, trust_env=False) as old,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as new,
    ):
        headers = new_key()
        first, again = [await api.post("/appeals", json=APPEAL, headers=headers) for api in (old, new)]
        assert (first.status_code, again.status_code) == (201, 201), again.text
        assert first.json() == again.json()
        assert len(await events_of(realm, first.json()["number"])) == 1

        headers = new_key()
        await new.post("/appeals", json=APPEAL, headers=headers)
        shutil.copy(ahead, realm.environment["NATIJA_REGISTRATION_SECRETS"])
        assert (await old.post("/appeals", json=APPEAL, headers=headers)).status_code == 201

        for _ in range(2):
            await realm.run("intake", "rotate-secret")
        assert (await old.post("/appeals", json=APPEAL, headers=headers)).status_code == 422


async def test_number_is_valid_before_registration(realm: Realm) -> None:
    """Without a registrar the status is being_registered. Later the same number is registered."""
    await realm.serve("intake", NATIJA_OUTCOME_WAIT="0.3")
    async with httpx.AsyncClient(base_url=realm.url("intake"), timeout=30, trust_env=False) as api:
        answer = await api.post("/appeals", json=APPEAL)
        assert answer.status_code == 202, answer.text
        receipt = answer.json()
        assert (await status(api, receipt))["status"] == "being_registered"
        page = (await api.get(realm.management_url("intake") + "/")).text
        assert "proposals that the registrar has not decided" in page
        assert '<td class="figure">1</td>' in page

        await realm.serve("registrar")
        found = await status_until(api, receipt, lambda one: one["status"] == "received")
        headers = {"Idempotency-Key": answer.headers["idempotency-key"]}
        again = await api.post("/appeals", json=APPEAL, headers=headers)
        assert again.status_code == 201
        assert (again.json()["number"], again.json()["registered"]) == (receipt["number"], found["registered"])
        assert '<td class="figure">0</td>' in (await api.get(realm.management_url("intake") + "/")).text


async def test_api_recovers_when_kafka_returns(registry: Realm) -> None:
    """Without Kafka it answers 503 and registers nothing."""
    kafka_port, port = free_port(), free_port()
    intake = await registry.serve(
        "intake", ready=False, NATIJA_KAFKA=f"127.0.0.1:{kafka_port}", NATIJA_INTAKE_PORT=str(port)
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as api:
        answer = await until_it_listens(api)
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) > 0
        headers = {"Idempotency-Key": answer.json()["idempotency_key"]}
        assert answer.headers["idempotency-key"] == headers["Idempotency-Key"]
        assert "number" not in answer.json()
        assert (await api.get(f"{intake.management_url}/ready")).status_code == 503

        async with await asyncio.start_server(forward_to(registry.servers.kafka), "127.0.0.1", kafka_port) as bridge:
            await intake.until_ready(30)
            again = await api.post("/appeals", json=APPEAL, headers=headers)
            assert again.status_code == 201, again.text
            bridge.close()
    assert len(await events_of(registry, again.json()["number"])) == 1
    await intake.stop()


async def until_it_listens(api: httpx.AsyncClient) -> httpx.Response:
    return await eventually(lambda: api.post("/appeals", json=APPEAL), pause=0.1)


def forward_to(address: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
    """A server that passes every connection on: Kafka "comes up" where the service looks for it."""

    host, _, port = address.partition(":")

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            writer.write(chunk)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, int(port))
        await asyncio.gather(pump(reader, back), pump(there, writer), return_exceptions=True)

    return serve


async def test_wrong_number_and_code_look_alike(api: httpx.AsyncClient) -> None:
    """So that nobody can find out which numbers exist."""
    receipt = (await api.post("/appeals", json=APPEAL)).json()
    number, code = receipt["number"], receipt["access_code"]
    other = (await api.post("/appeals", json=APPEAL)).json()
    wrong = [
        await api.get(f"/appeals/{number}"),
        await api.get(f"/appeals/{number}", headers={"Access-Code": other["access_code"]}),
        await api.get(f"/appeals/{other['number']}", headers={"Access-Code": code}),
        await api.get(f"/appeals/{number[:-1]}U", headers={"Access-Code": code}),
        await api.get("/appeals/garbled", headers={"Access-Code": code}),
    ]
    assert {answer.status_code for answer in wrong} == {404}
    assert len({answer.text for answer in wrong}) == 1

    for typed_number, typed_code in (
        (number.lower().replace("-", " ").replace(" ", "-", 1), code.lower()),
        (number, code.replace("-", " ").replace("0", "O").replace("1", "l")),
    ):
        answer = await api.post("/appeals/status", data={"number": typed_number, "access_code": typed_code})
        assert answer.status_code == 200, answer.text
        assert answer.json()["number"] == number


async def test_too_many_attempts_look_alike(api: httpx.AsyncClient) -> None:
    """Many wrong codes at once: the answers are equal, and so is the next one to the right code."""
    receipt = (await api.post("/appeals", json=APPEAL)).json()
    path, right = f"/appeals/{receipt['number']}", {"Access-Code": receipt["access_code"]}
    assert (await api.get(path, headers=right)).status_code == 200
    wrong = await asyncio.gather(*(api.get(path, headers={"Access-Code": "wrong"}) for _ in range(FREE)))
    throttled = await api.get(path, headers=right)
    assert {answer.status_code for answer in (*wrong, throttled)} == {404}
    assert len({answer.text for answer in (*wrong, throttled)}) == 1


async def test_replaced_code_opens_no_longer(registry: Realm, api: httpx.AsyncClient) -> None:
    """The new one does. The first receipt keeps its dead code when the request is sent again."""
    headers = new_key()
    receipt = (await api.post("/appeals", json=APPEAL, headers=headers)).json()
    path, codes = f"/appeals/{receipt['number']}", [receipt["access_code"]]

    async def opens() -> bool:
        return (await api.get(path, headers={"Access-Code": codes[-1]})).status_code == 200

    for _ in range(2):
        codes.append((await registry.run("intake", "replace-code", receipt["number"])).stdout.strip())
        await eventually(opens)
    assert len(set(codes)) == 3
    for code in codes[:2]:
        assert (await api.get(path, headers={"Access-Code": code})).status_code == 404
    assert (await api.post("/appeals", json=APPEAL, headers=headers)).json() == receipt
    types = [event.type for event in await events_of(registry, receipt["number"])]
    assert types.count("appeal.access-code-replaced.v1") == 2


async def test_code_needs_the_database(realm: Realm) -> None:
    """Without the head nobody knows whether a code was replaced: 503, also for the right one."""
    await realm.serve("registrar")
    await realm.serve("intake", NATIJA_DATABASE="postgresql+asyncpg://nobody@127.0.0.1:1/{realm}_{service}")
    async with httpx.AsyncClient(base_url=realm.url("intake"), timeout=30, trust_env=False) as api:
        answer = await api.post("/appeals", json=APPEAL)
        assert answer.status_code == 201, answer.text
        receipt = answer.json()
        for code in (receipt["access_code"], "wrong"):
            found = await api.get(f"/appeals/{receipt['number']}", headers={"Access-Code": code})
            assert (found.status_code, found.headers["content-type"]) == (503, "application/problem+json")


async def test_trace_reaches_the_log(registry: Realm, api: httpx.AsyncClient) -> None:
    """The event has the trace of the request."""
    trace = uuid.uuid4().hex
    answer = await api.post("/appeals", json=APPEAL, headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    [opening] = await events_of(registry, answer.json()["number"])
    assert (opening.event.traceparent or "").split("-")[1] == trace
