"""Of three brokers one dies, then a second one: one is spared, without two nobody writes; then all are back."""

import asyncio
import json
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from deploy.local.kafka import Node, fetch_jars, java
from tests.eventually import eventually
from tests.faults.running_system import RunningSystem
from tests.faults.servers import Breakable
from tests.integration.intake.appeal import APPEAL
from tests.stack import SERVICES

from natija_events.kafka import DeliveryUnconfirmed, read
from natija_events.topics import INBOX, LOG, TOPICS

pytestmark = [pytest.mark.timeout(300), pytest.mark.thorough]

KAFKAS_OWN = ("__consumer_offsets", "__transaction_state")


async def topics(system: RunningSystem) -> dict[str, dict[int, Any]]:
    """The cluster's metadata of each partition of each topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=system.realm.servers.kafka)
    await admin.start()
    try:
        found = await admin.describe_topics()
    finally:
        await admin.close()
    return {one["topic"]: {at["partition"]: at for at in one["partitions"]} for one in found}


async def test_everything_is_kept_three_times(replicated: RunningSystem) -> None:
    found = await topics(replicated)
    for name in (*KAFKAS_OWN, *(topic.name(replicated.realm.name) for topic in TOPICS)):
        assert {len(at["replicas"]) for at in found[name].values()} == {3}, name
    await replicated.check_accounting()


async def test_leader_and_second_broker_die(replicated: RunningSystem, own_cluster: Breakable, chance: Random) -> None:
    """A leader dies under load then a second broker and they come back."""
    brokers = {number: Node(own_cluster.paths, number).name for number in (1, 2, 3)}
    async with replicated.workload.running():
        await replicated.check_progress()
        topic = chance.choice((INBOX, LOG)).name(replicated.realm.name)
        leader = chance.choice((await topics(replicated))[topic])["leader"]
        await own_cluster.kill(brokers.pop(leader))
        replicated.count("faults", 1)
        await replicated.check_progress()

        await own_cluster.kill(brokers.pop(chance.choice(list(brokers))))
        await replicated.until_not_ready(*SERVICES)
        replicated.count("faults", 1)
        key = {"Idempotency-Key": str(UUID(int=chance.getrandbits(128), version=4))}
        await refuses(replicated, key)
        await own_cluster.start_kafka()
        await replicated.check_progress()
        await registers(replicated, key)
    await replicated.check_accounting()


async def test_intake_api_closed_with_one_broker(
    replicated: RunningSystem, own_cluster: Breakable, chance: Random, tmp_path: Path
) -> None:
    """It answers whoever asks, and confirms no write."""
    left, *others = chance.sample((1, 2, 3), 3)
    async with replicated.workload.running():
        await replicated.check_progress()
        await give_the_lead(replicated, own_cluster, left, tmp_path / "plan.json")
        for number in others:
            await own_cluster.kill(Node(own_cluster.paths, number).name)

        async def closed() -> bool:
            return "Kafka confirms no writes" in (await replicated.readiness("intake"))[1]

        await eventually(closed)
        replicated.count("faults", 2)
        await own_cluster.start_kafka()
        await replicated.check_progress()
    await replicated.check_accounting()


async def give_the_lead(system: RunningSystem, cluster: Breakable, broker: int, plan: Path) -> None:
    """Let *broker* lead every partition; the *plan* is written down for Kafka's own tools."""
    replicas = [broker, *({1, 2, 3} - {broker})]
    found = await topics(system)
    moved = [{"topic": name, "partition": number, "replicas": replicas} for name in found for number in found[name]]
    await asyncio.to_thread(plan.write_text, json.dumps({"version": 1, "partitions": moved}))
    await tool(cluster, "reassign.ReassignPartitionsCommand", "--reassignment-json-file", str(plan), "--execute")
    await tool(cluster, "LeaderElectionCommand", "--election-type", "preferred", "--all-topic-partitions")
    led = {at["leader"] for partitions in (await topics(system)).values() for at in partitions.values()}
    assert led == {broker}


async def tool(cluster: Breakable, name: str, *arguments: str) -> None:
    """Run one of Kafka's tools."""
    command = [*java(fetch_jars(cluster.paths)), f"org.apache.kafka.tools.{name}", "--bootstrap-server", cluster.kafka]
    process = await asyncio.create_subprocess_exec(
        *command, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


async def refuses(system: RunningSystem, key: dict[str, str]) -> None:
    """No client gets a success: the intake API answers 503, and a publisher raises."""
    async with httpx.AsyncClient(base_url=system.realm.url("intake"), timeout=30, trust_env=False) as citizen:
        answer = await citizen.post("/appeals", json=APPEAL, headers=key)
    assert answer.status_code == 503, answer.text
    assert "number" not in answer.json()
    async with system.workload.publisher() as publisher:
        opening = system.workload.open(publisher).opening
        with pytest.raises(DeliveryUnconfirmed):
            await publisher.propose(opening, wait=0)
    status, said = await system.readiness("registrar")
    assert status == 503, said
    assert any(text in said for text in ("waiting", "released", "disconnected")), said


async def registers(system: RunningSystem, key: dict[str, str]) -> None:
    """The same request again gives the one receipt of the one appeal."""
    async with httpx.AsyncClient(base_url=system.realm.url("intake"), timeout=30, trust_env=False) as citizen:
        answer = await citizen.post("/appeals", json=APPEAL, headers=key)
    assert answer.status_code == 201, answer.text
    events = read(system.realm.servers.kafka, system.realm.name, subject=answer.json()["number"])
    assert [event.type async for event in events].count("appeal.registered.v1") == 1
