"""Signatures from publisher to log: what is forged is refused, and the log alone proves who said what."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest_asyncio
from aiokafka import AIOKafkaProducer
from tests.integration.guarantees.test_isolation import on_log
from tests.integration.intake import registering as r
from tests.signing import key_of
from tests.stack import REPOSITORY, Realm

from natija_events.kafka import Publisher, partition_of, read
from natija_events.signatures import SigningKey
from natija_events.topics import LOG
from natija_events.types.intake import Supplemented
from natija_events.wire.envelope import Stamp, write_headers
from natija_events.wire.hash_chain import GENESIS
from natija_events.wire.rejection import Rejection

INTAKE = "/services/intake"
SCRIPT = REPOSITORY / "examples" / "verify_signatures.py"


def publishing(realm: Realm, key: SigningKey | None) -> Publisher:
    return Publisher(realm.servers.kafka, realm.name, INTAKE, realm_key=realm.public_key, key=key)


async def proposed(realm: Realm, key: SigningKey | None) -> tuple[str, Rejection | None]:
    """A proposal of two events as intake, signed with *key*: its appeal, and its rejection."""
    async with publishing(realm, key) as publisher:
        number, now = r.number(realm), datetime.now(UTC)
        shared, both = publisher.new_proposal_key(number), (r.registered(topic="roads"), Supplemented())
        events = [publisher.event(number, now, data, proposal_key=shared) for data in both]
        return number, (await publisher.propose(*events, wait=20)).rejection


async def script(realm: Realm) -> tuple[int, str]:
    """The exit code and the output of the example."""
    command = [sys.executable, str(SCRIPT), realm.servers.kafka, realm.name]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    return int(process.returncode or 0), (output + errors).decode()


@pytest_asyncio.fixture(loop_scope="session")
async def said(realm: Realm) -> AsyncIterator[str]:
    """A realm with a registrar and intake's two events on one appeal: its number."""
    await realm.serve("registrar")
    number, rejection = await proposed(realm, key_of(INTAKE))
    assert rejection is None
    yield number


async def test_forged_proposals_are_refused(realm: Realm, said: str) -> None:
    """Unsigned, by an unknown key, by another publisher's key: each is refused, and nothing of it is on the log."""
    for key in (None, SigningKey(b"x" * 32), key_of("/services/routing")):
        number, rejection = await proposed(realm, key)
        assert rejection is not None
        assert (rejection.reason, rejection.field) == ("forbidden", "signature")
        assert [event async for event in read(realm.servers.kafka, realm.name, subject=number)] == []


async def test_services_sign_their_proposals(realm: Realm, said: str) -> None:
    """Routing and deadlines sign what they decide with keys of their own."""
    await asyncio.gather(realm.serve("routing"), realm.serve("deadlines"))
    await on_log(realm, said, "appeal.routed.v1", "appeal.term-set.v1")
    events = [event.event async for event in read(realm.servers.kafka, realm.name, subject=said)]
    for event in events:
        assert event.publisherkey == key_of(event.source).id, event.type


async def test_log_proves_who_said_what(realm: Realm, said: str) -> None:
    """The command and a script of thirty lines find the same; a forged record on the log is found by both."""
    done = (await realm.run("registrar", "verify", "--signatures", "--format", "json")).json()
    assert done["signers"] == [{"source": INTAKE, "signer": INTAKE, "events": 2}]
    assert (done["proposals"], done["events"], done["problems"]) == (1, 2, [])
    shown = (await realm.run("registrar", "verify", said, "--signatures")).stdout
    assert f"{said} 1-2 (registered.v1, supplemented.v1)  {INTAKE}  signed by itself" in shown
    assert await script(realm) == (0, f"{INTAKE} 2\n")

    await forge(realm, said)

    forged = await realm.run("registrar", "verify", "--signatures", "--format", "json", expect=1)
    (problem,) = forged.json()["problems"]
    assert (problem["appeal"], problem["sequences"]) == (said, [3])
    code, output = await script(realm)
    assert code == 1
    assert "InvalidSignature" in output


async def forge(realm: Realm, number: str) -> None:
    """Write an event of *number* to the log, past the registrar, with the signature of another event."""
    events = [event async for event in read(realm.servers.kafka, realm.name, subject=number)]
    last = events[-1]
    changed = last.event._replace(data=b'{"attachments":[]}')
    stamp = Stamp(last.sequence + 1, last.stamp.logsequence + 1, last.recordedtime, 99, 0, GENESIS)
    async with AIOKafkaProducer(bootstrap_servers=realm.servers.kafka) as producer:
        await producer.send_and_wait(
            LOG.name(realm.name), changed.data, key=number.encode(), partition=partition_of(number.encode()),
            headers=write_headers(changed, stamp),
        )  # fmt: skip


def test_script_has_some_thirty_lines() -> None:
    code = SCRIPT.read_text().partition("\nSIGNED = ")[2]
    assert len(re.findall(r"^.*\S.*$", code, re.MULTILINE)) <= 32
    assert "natija_" not in SCRIPT.read_text()
