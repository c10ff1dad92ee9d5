"""`natija appeal show` opens what is sealed with the KEK, the log and the topic of data keys alone."""

from dataclasses import replace
from datetime import UTC, datetime

import httpx
from aiokafka import AIOKafkaProducer
from tests.eventually import eventually
from tests.integration.intake import registering as r
from tests.integration.intake.appeal import APPEAL
from tests.integration.intake.stored_keys import stored_keys
from tests.stack import Completed, Realm
from tests.topics import recreate

from natija_events.kafka import partition_of
from natija_events.topics import KEYS
from natija_events.wire.stored_key import HEADERS, write_erased_key

OTHER_KEYS = ("NATIJA_REALM_KEY", "NATIJA_REALM_PUBLIC_KEY", "NATIJA_NUMBER_SECRET", "NATIJA_ACCESS_CODE_SECRET")
NOTHING_ELSE = dict.fromkeys(OTHER_KEYS, "") | {"NATIJA_DATABASE": "postgresql+asyncpg://nobody@127.0.0.1:1/none"}
"""Neither a key that seals or opens proposals, nor a database."""


async def shown(realm: Realm, number: str, *arguments: str, expect: int = 0) -> Completed:
    return await alone(realm).run("appeal", "show", number, *arguments, expect=expect)


def alone(realm: Realm, **variables: str) -> Realm:
    """The realm in which whatever is run has NOTHING_ELSE, and *variables*."""
    return replace(realm, environment=realm.environment | NOTHING_ELSE | variables)


async def post(realm: Realm) -> str:
    """The number of an appeal that was sent by HTTP and is registered."""
    await realm.serve("registrar")
    await realm.serve("intake")
    async with httpx.AsyncClient(base_url=realm.url("intake"), timeout=30, trust_env=False) as api:
        answer = await api.post("/appeals", json=APPEAL)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


async def erase(realm: Realm, number: str) -> None:
    """Write that the one data key of the appeal is erased."""
    [kid] = await stored_keys(realm, number)
    key, value = write_erased_key(kid, datetime.now(UTC))
    partition = partition_of(number.encode())
    async with AIOKafkaProducer(bootstrap_servers=realm.servers.kafka, acks="all") as producer:
        await producer.send_and_wait(KEYS.name(realm.name), value, key, partition=partition, headers=HEADERS)


async def test_appeal_is_shown_with_texts(realm: Realm) -> None:
    """Without the key that opened the proposal; then with its data key erased, and at last with the topic lost."""
    number = await post(realm)

    table = (await shown(realm, number)).stdout
    assert "Asanova Aigul" in table
    assert "Our road has washed away." in table
    [event] = (await shown(realm, number, "--format", "json")).json()["events"]
    assert event["type"] == "appeal.registered.v1"
    assert event["data"]["person"]["representative"] == {"name": "Bakirov Bakyt", "proof": "warrant 7"}
    assert event["data"]["content"] == {"text": "Our road has washed away."}

    await erase(realm, number)
    [event] = (await shown(realm, number, "--format", "json")).json()["events"]
    assert {event["data"][name]["problem"] for name in ("person", "content")} == {"erased"}
    assert event["data"]["topic"] == "roads"

    await recreate(realm, KEYS)

    async def is_missing() -> bool:  # a broker may serve the old records for a moment
        done = await alone(realm).run("appeal", "show", number, "--format", "json", expect=None)
        [event] = done.json()["events"]
        assert {event["data"][name]["problem"] for name in ("person", "content")} == {"missing"}
        return done.code == 1

    await eventually(is_missing)


async def test_refusals_say_what_is_missing(registry: Realm) -> None:
    number = r.number(registry)
    without = await shown(alone(registry, NATIJA_KEY_ENCRYPTION_KEY=""), number, expect=1)
    assert "NATIJA_KEY_ENCRYPTION_KEY is not set" in without.stderr
    assert f"{number} is not in the register" in (await shown(registry, number, expect=1)).stderr
