"""Nothing personal in clear: what a citizen writes is followed through everything that leaves a process."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
from deploy.local.ports import free_port
from tests.eventually import eventually
from tests.integration.guarantees.test_isolation import on_log
from tests.integration.intake import registering as r
from tests.integration.intake.appeal import APPEAL, PERSONAL
from tests.stack import Realm

from natija_events.kafka import read_batches
from natija_events.topics import INBOX, KEYS, LOG, PARTITIONS, REJECTED, KafkaTopic
from natija_events.wire.proposal import write_proposal

PROCESSES = ("registrar", "intake", "routing", "deadlines", "analytics")
SPOILT = {
    "kind": "Asanova Aigul", "applicant": {"birth_date": "Asanova", "Bakirov": 1, "phone": ["+996 555 000 111"]},
    "region": "Kant", "text": {"Lenin": "washed"}, "warrant": "7",
}  # fmt: skip
"""Wrong in as many ways as there are places where a person may have written something."""


@asynccontextmanager
async def collector(port: int) -> AsyncIterator[bytearray]:
    """An OTLP endpoint; gives what was exported to it so far, as it came."""
    told = bytearray()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
            told.extend(head + await reader.readexactly(length))
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await take(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", port):
        yield told


async def lying_on(realm: Realm, topic: KafkaTopic) -> str:
    """Everything that lies on *topic*: keys, values and headers."""
    start = dict.fromkeys(range(PARTITIONS), 0)
    parts = [
        b"\n".join([record.key or b"", record.value or b"", *(content or b"" for _, content in record.headers)])
        async for batch in read_batches(realm.servers.kafka, topic.name(realm.name), start)
        for record in batch
    ]
    return b"\n".join(parts).decode(errors="replace")


def named(text: str) -> list[str]:
    """The citizen's personal words in *text*."""
    return [word for word in PERSONAL if word in text]


async def errors(api: httpx.AsyncClient) -> list[str]:
    """The API's answers to wrong requests, headers included."""
    answers = [
        await api.post("/appeals", json=SPOILT),
        *[await api.post("/appeals", json=APPEAL | {name: content}) for name, content in SPOILT.items()],
        await api.post("/appeals", json=APPEAL, headers={"Idempotency-Key": "Asanova Aigul"}),
        await api.post("/appeals", content=json.dumps(APPEAL)[:-2], headers={"content-type": "application/json"}),
        await api.get("/appeals/Asanova", headers={"Access-Code": "Bakirov"}),
        await api.get("/Lenin/Kant?phone=555 000 111"),
    ]
    assert {answer.status_code for answer in answers} <= {404, 422}
    return [f"{answer.headers} {answer.text}" for answer in answers]


async def malformed_records(realm: Realm) -> None:
    """Records on the inbox that say everything in clear, none of them a proposal that may stand."""
    said = json.dumps(APPEAL, ensure_ascii=False).encode()
    async with r.publisher(realm) as publisher:
        event = publisher.event(r.number(realm), datetime.now(UTC), r.registered())
    key, _, headers = write_proposal([event])
    places = [
        await r.put(realm, b"Asanova Aigul", said, [("Bakirov", b"warrant")]),
        await r.put(realm, key, said, [*headers, ("ce_kant", b"Lenin")]),
        await r.put(realm, key, said, headers),
        await r.put(realm, key, said[:-3], headers),
        await r.put(realm, key, said, [("ce_subject", b"Asanova Aigul"), *headers[1:]]),
        await r.put(realm, key, b"{" + b'"washed":"Kant"' + b"}", headers),
    ]
    for place in places:
        await r.rejected_at(realm, place)


async def test_personal_data_is_nowhere_in_clear(realm: Realm) -> None:
    """No topic, log line, trace, metric or error holds personal data in clear."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    async with collector(port) as traced, httpx.AsyncClient(timeout=30, trust_env=False) as api:
        children = [
            await realm.serve(process, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_BSP_SCHEDULE_DELAY="100")
            for process in PROCESSES
        ]
        api.base_url = httpx.URL(realm.url("intake"))
        receipt = (await api.post("/appeals", json=APPEAL)).json()
        await on_log(realm, receipt["number"], "appeal.routed.v1", "appeal.term-set.v1")
        code = receipt["access_code"]
        form = {"number": receipt["number"], "access_code": code}
        assert (await api.post("/appeals/status", data=form)).status_code == 200
        assert (await api.get(f"/appeals/{receipt['number']}", params={"code": code})).status_code == 422
        said = await errors(api)
        assert named(await lying_on(realm, INBOX)) == []

        await malformed_records(realm)
        assert named(await lying_on(realm, INBOX)) == list(PERSONAL), "the search finds what is there"
        shown = [
            (await api.get(f"{child.management_url}{path}")).text for child in children for path in ("/metrics", "/")
        ]
        await eventually(lambda: b"natija-routing" in traced and b"natija-deadlines" in traced)
        for child in children:
            await child.stop()

    assert named(await lying_on(realm, LOG)) == []
    assert named(await lying_on(realm, REJECTED)) == []
    assert named(await lying_on(realm, KEYS)) == []
    assert [named(text) for text in said] == [[]] * len(said)
    assert [named(text) for text in shown] == [[]] * len(shown)
    assert named(traced.decode(errors="replace")) == []
    written = [child.output() for child in children]
    assert all("listening" in text for text in written)
    assert [named(text) for text in written] == [[]] * len(written)
    assert not [text for text in (*written, *shown, traced.decode(errors="replace")) if code in text]
