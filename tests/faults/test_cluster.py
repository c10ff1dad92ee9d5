"""Of three brokers one dies, then a second one: one is spared, without two nobody writes; then all are back."""

import asyncio
import json
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from deploy.local.kafka import Node, fetch_jars, java
from tests.faults.house import House
from tests.faults.servers import Breakable
from tests.integration.intake.appeal import APPEAL
from tests.stack import SERVICES

from natija_events.kafka import DeliveryUnconfirmed, read
from natija_events.topics import INBOX, LOG, TOPICS

pytestmark = [pytest.mark.timeout(300), pytest.mark.thorough]

KAFKAS_OWN = ("__consumer_offsets", "__transaction_state")


async def topics(house: House) -> dict[str, dict[int, Any]]:
    """What the cluster says of each partition of each topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=house.realm.servers.kafka)
    await admin.start()
    try:
        found = await admin.describe_topics()
    finally:
        await admin.close()
    return {one["topic"]: {at["partition"]: at for at in one["partitions"]} for one in found}


async def test_everything_is_kept_three_times(replicated: House) -> None:
    found = await topics(replicated)
    for name in (*KAFKAS_OWN, *(topic.name(replicated.realm.name) for topic in TOPICS)):
        assert {len(at["replicas"]) for at in found[name].values()} == {3}, name
    await replicated.account()


async def test_a_leader_dies_under_load_then_a_second_broker_and_they_come_back(
    replicated: House, own_cluster: Breakable, chance: Random
) -> None:
    brokers = {number: Node(own_cluster.paths, number).name for number in (1, 2, 3)}
    async with replicated.feed.flowing():
        await replicated.moves()
        topic = chance.choice((INBOX, LOG)).name(replicated.realm.name)
        leader = chance.choice((await topics(replicated))[topic])["leader"]
        await own_cluster.kill(brokers.pop(leader))
        replicated.counts("faults", 1)
        await replicated.moves()

        await own_cluster.kill(brokers.pop(chance.choice(list(brokers))))
        await replicated.until_not_ready(*SERVICES)
        replicated.counts("faults", 1)
        key = {"Idempotency-Key": f"{chance.random()}"}
        await refuses(replicated, key)
        await own_cluster.start_kafka()
        await replicated.moves()
        await registers(replicated, key)
    await replicated.account()


async def test_intake_api_closed_with_one_broker(
    replicated: House, own_cluster: Breakable, chance: Random, tmp_path: Path
) -> None:
    """It answers whoever asks, and confirms no write."""
    left, *others = chance.sample((1, 2, 3), 3)
    async with replicated.feed.flowing():
        await replicated.moves()
        await give_the_lead(replicated, own_cluster, left, tmp_path / "plan.json")
        for number in others:
            await own_cluster.kill(Node(own_cluster.paths, number).name)
        async with asyncio.timeout(30):  # for a moment after the kill it may be that nobody answers
            while "Kafka confirms no writes" not in (await replicated.says("intake"))[1]:
                await asyncio.sleep(0.1)
        replicated.counts("faults", 2)
        await own_cluster.start_kafka()
        await replicated.moves()
    await replicated.account()


async def give_the_lead(house: House, cluster: Breakable, broker: int, plan: Path) -> None:
    """Let *broker* lead every partition; the *plan* is written down for Kafka's own tools."""
    replicas = [broker, *({1, 2, 3} - {broker})]
    found = await topics(house)
    moved = [{"topic": name, "partition": number, "replicas": replicas} for name in found for number in found[name]]
    await asyncio.to_thread(plan.write_text, json.dumps({"version": 1, "partitions": moved}))
    await tool(cluster, "reassign.ReassignPartitionsCommand", "--reassignment-json-file", str(plan), "--execute")
    await tool(cluster, "LeaderElectionCommand", "--election-type", "preferred", "--all-topic-partitions")
    led = {at["leader"] for partitions in (await topics(house)).values() for at in partitions.values()}
    assert led == {broker}


async def tool(cluster: Breakable, name: str, *arguments: str) -> None:
    """Run one of Kafka's tools."""
    command = [*java(fetch_jars(cluster.paths)), f"org.apache.kafka.tools.{name}", "--bootstrap-server", cluster.kafka]
    process = await asyncio.create_subprocess_exec(
        *command, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


async def refuses(house: House, key: dict[str, str]) -> None:
    """No client gets a success: the intake API answers 503, and a publisher raises."""
    async with httpx.AsyncClient(base_url=house.realm.url("intake"), timeout=30, trust_env=False) as citizen:
        answer = await citizen.post("/appeals", json=APPEAL, headers=key)
    assert answer.status_code == 503, answer.text
    assert "number" not in answer.json()
    async with house.feed.publisher() as publisher:
        opening = house.feed.open(publisher).opening
        with pytest.raises(DeliveryUnconfirmed):
            await publisher.propose(opening, wait=0)
    status, said = await house.says("registrar")
    assert status == 503, said
    assert any(text in said for text in ("waiting", "released", "disconnected")), said


async def registers(house: House, key: dict[str, str]) -> None:
    """The same request again gives the one receipt of the one appeal."""
    async with httpx.AsyncClient(base_url=house.realm.url("intake"), timeout=30, trust_env=False) as citizen:
        answer = await citizen.post("/appeals", json=APPEAL, headers=key)
    assert answer.status_code == 201, answer.text
    events = read(house.realm.servers.kafka, house.realm.name, subject=answer.json()["number"])
    assert [event.type async for event in events].count("appeal.registered.v1") == 1
