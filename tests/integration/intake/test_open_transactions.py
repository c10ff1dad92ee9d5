"""A transaction without an end stands on the log: nobody decides on what cannot be read."""

import asyncio
import re
from contextlib import nullcontext

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidTransactionTimeout
from tests.eventually import eventually
from tests.integration.intake import registering as r
from tests.stack import Realms

from natija_events.topics import INBOX, LOG


async def test_hanging_transaction_stops_takeover(realms: Realms) -> None:
    """A registrar decides nothing while a transaction on the log was never ended."""
    realm = await realms()
    async with AIOKafkaProducer(
        bootstrap_servers=realm.servers.kafka, transactional_id=f"{realm.name}.nobody"
    ) as nobody:
        await nobody.begin_transaction()
        await nobody.send_and_wait(LOG.name(realm.name), b"{}", partition=7)
        registrar = await realm.serve("registrar", ready=False)
        async with asyncio.timeout(30):
            while "was never ended" not in (said := await says(registrar.management_url)):
                assert "deciding on" not in said
                await asyncio.sleep(0.1)
        assert f"the transaction at offset 0 of {LOG.name(realm.name)}, partition 7, was never ended" in said
        await nobody.abort_transaction()
        await registrar.until_ready()


async def test_holder_of_partition_is_named(realms: Realms) -> None:
    """A foreign transaction on the inbox stops its partition. The registrar tells whose it is and since when."""
    realm = await realms()
    registrar = await realm.serve("registrar")
    async with AIOKafkaProducer(
        bootstrap_servers=realm.servers.kafka, transactional_id=f"{realm.name}.foreign"
    ) as foreign:
        await foreign.begin_transaction()
        await foreign.send_and_wait(INBOX.name(realm.name), b"{}", partition=7)
        [behind] = await r.put_all(realm, None, [(b"{}", [])], partition=7)
        line = "inbox partition 7 is held from offset 0 on by an open transaction: transactional id"
        await eventually(lambda: f"{line} '{realm.name}.foreign', producer id " in registrar.output(), seconds=30)
        assert await held(registrar.management_url) > 0
        await foreign.abort_transaction()
        assert (await r.rejected_at(realm, behind)).rejection.reason == "unreadable"
        await eventually(lambda: "inbox partition 7 is free again" in registrar.output(), seconds=30)
        assert await held(registrar.management_url) == 0


async def test_long_transaction_is_refused(realms: Realms) -> None:
    """Kafka lets nobody hold a partition for more than a minute."""
    realm = await realms()
    for seconds, refused in ((60, False), (61, True)):
        producer = AIOKafkaProducer(
            bootstrap_servers=realm.servers.kafka,
            transactional_id=f"{realm.name}.foreign",
            transaction_timeout_ms=seconds * 1000,
        )
        with pytest.raises(InvalidTransactionTimeout) if refused else nullcontext():
            await producer.start()
        await producer.stop()


async def held(url: str | None) -> float:
    """The registrar's metric of partition 7."""
    async with httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(f"{url}/metrics")).text
    found = re.search(r'^natija_registrar_inbox_held_seconds{partition="7"} (\S+)', text, re.MULTILINE)
    return float(found[1]) if found else 0.0


async def says(url: str | None) -> str:
    """The message of `/ready`; empty before the process listens."""
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(f"{url}/ready")).text
        except httpx.TransportError:
            return ""
