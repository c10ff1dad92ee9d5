"""A service that is down delays its own work, and nobody else's."""

from typing import Any

import httpx
from tests.eventually import eventually
from tests.integration.intake.appeal import APPEAL
from tests.stack import Realm

from natija_chassis.projections.installed import services
from natija_events.kafka import KafkaConfig, read


async def on_log(
    realm: Realm, number: str, *types: str, seconds: float = 40, kafka: KafkaConfig | str | None = None
) -> list[str]:
    """The types of the events of *number*, in their order, once all of *types* are among them; *kafka* is the realm's
    unless it is told otherwise."""

    async def all_found() -> list[str]:
        found = [event.type async for event in read(kafka or realm.servers.kafka, realm.name, subject=number)]
        assert set(types) <= set(found), found
        return found

    return await eventually(all_found, seconds=seconds)


async def posted(realm: Realm, expect: int) -> dict[str, Any]:
    """The receipt of one more appeal."""
    async with httpx.AsyncClient(base_url=realm.url("intake"), timeout=30, trust_env=False) as api:
        answer = await api.post("/appeals", json=APPEAL)
    assert answer.status_code == expect, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def status(realm: Realm, receipt: dict[str, Any]) -> str:
    """The applicant's view of an appeal."""
    async with httpx.AsyncClient(base_url=realm.url("intake"), timeout=30, trust_env=False) as api:
        answer = await api.get(f"/appeals/{receipt['number']}", headers={"Access-Code": receipt["access_code"]})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["status"])


async def test_stopped_service_delays_only_its_work(realm: Realm) -> None:
    """A service that is down delays its own work and nothing else."""
    for service in ("registrar", "intake", "deadlines"):  # routing and analytics are down
        await realm.serve(service)
    receipt = await posted(realm, 201)
    assert await on_log(realm, receipt["number"], "appeal.term-set.v1") == [
        "appeal.registered.v1", "appeal.term-set.v1",
    ]  # fmt: skip
    assert await status(realm, receipt) == "received"

    await realm.serve("routing")
    assert (await on_log(realm, receipt["number"], "appeal.routed.v1"))[-1] == "appeal.routed.v1"
    await realm.serve("analytics")
    history = (await realm.run("history", receipt["number"], "--format", "json")).json()
    assert [event["type"] for event in history["events"]] == await on_log(realm, receipt["number"])


async def test_numbers_are_given_without_registrar(realm: Realm) -> None:
    """Without a registrar numbers are given and everything else goes on."""
    registrar = await realm.serve("registrar")
    others = [await realm.serve(service) for service in services()]
    first = await posted(realm, 201)
    await on_log(realm, first["number"], "appeal.routed.v1", "appeal.term-set.v1")
    await registrar.kill()

    waits = await posted(realm, 202)
    assert await status(realm, first) != "being_registered"
    assert await status(realm, waits) == "being_registered"
    for child in others:
        await child.until_ready(10)

    await realm.serve("registrar")
    found = await on_log(realm, waits["number"], "appeal.routed.v1", "appeal.term-set.v1")
    assert found.count("appeal.registered.v1") == 1
