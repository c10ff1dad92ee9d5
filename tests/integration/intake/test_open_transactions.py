"""A transaction without an end stands on the log: nobody decides on what cannot be read."""

import asyncio

import httpx
from aiokafka import AIOKafkaProducer
from tests.stack import Realms

from natija_events.topics import LOG


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


async def says(url: str | None) -> str:
    """The message of `/ready`; empty before the process listens."""
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(f"{url}/ready")).text
        except httpx.TransportError:
            return ""
