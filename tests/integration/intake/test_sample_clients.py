"""The sample clients on the real stack: each registers a sealed, signed appeal, and prints its outcome."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from tests.contract.samples.clients import LANGUAGES, SAMPLES, sample_client
from tests.integration.intake.registering import log_of
from tests.integration.intake.relayed import add_reader
from tests.integration.intake.stored_keys import open_event
from tests.packages import FETCH_SECONDS
from tests.signing import key_of
from tests.stack import Realm, Servers, provisioned_realms

from natija_chassis.http import api_keys

SIGNED, VOUCHED = "/portals/osh", "/portals/labour"
API_KEYS = "api-keys.yaml"
_CLIENT_SECONDS = 90
pytestmark = pytest.mark.timeout(FETCH_SECONDS + 120)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def sampled(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Realm]:
    """A realm with registrar, relay and intake, a publisher that signs, and one that intake vouches for."""
    folder = tmp_path_factory.mktemp("sampled")
    async with provisioned_realms(servers, folder) as make:
        realm = await make(NATIJA_API_KEYS=str(folder / API_KEYS))
        await add_reader(realm, SIGNED, key=key_of(SIGNED))
        await add_reader(realm, VOUCHED, vouched=True)
        api_keys.add(folder / API_KEYS, "labour", ["publisher"], None, VOUCHED, source=VOUCHED)
        for process in ("registrar", "relay", "intake"):
            await realm.serve(process)
        yield realm


@pytest.mark.parametrize("language", LANGUAGES)
async def test_client_registers_sealed_signed_appeal(sampled: Realm, language: str, tmp_path: Path) -> None:
    key = tmp_path / "osh.pem"
    key.write_bytes(key_of(SIGNED).to_pem())
    command = await asyncio.to_thread(lambda: sample_client(language).publish)
    settings = {"KAFKA": sampled.servers.kafka, "SOURCE": SIGNED, "KEY_FILE": str(key)}
    number, _, outcome = (await printed(sampled, command, settings)).partition(" ")
    told = json.loads(outcome)
    assert (told["decision"], told["appeal"], told["sequence"]) == ("registered", number, 1)
    await assert_sealed_and_signed(sampled, number, key_of(SIGNED).id)


async def test_curl_registers_what_intake_seals(sampled: Realm) -> None:
    settings = {"INTAKE": sampled.url("intake"), "SOURCE": VOUCHED, "API_KEY": VOUCHED}
    told = json.loads(await printed(sampled, ["bash", str(SAMPLES / "curl" / "publish.sh")], settings))
    assert told["decision"] == "registered"
    await assert_sealed_and_signed(sampled, told["appeal"], key_of("/services/intake").id)


async def printed(realm: Realm, command: Sequence[str], settings: dict[str, str]) -> str:
    """The output of the client."""
    known = {
        "REALM": realm.name,
        "REALM_PUBLIC_KEY": realm.environment["NATIJA_REALM_PUBLIC_KEY"].rstrip("="),
        "PATH": os.environ["PATH"],
    }
    process = await asyncio.create_subprocess_exec(
        *command, env={**known, **settings}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(_CLIENT_SECONDS):
            output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, errors.decode() + output.decode()
    return output.decode()


async def assert_sealed_and_signed(realm: Realm, number: str, publisherkey: str) -> None:
    (event,) = await log_of(realm, number)
    assert event.event.publisherkey == publisherkey
    assert "Асанова" not in event.event.data.decode()
    opened = await open_event(realm, event)
    assert (opened["person"].name, opened["content"].text) == ("Асанова Айгүл", "Көпүрө бузулган.")
