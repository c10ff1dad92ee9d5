"""The work of each user of the guarded broker, for the test of their rights."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import confluent_kafka
import httpx
from tests.eventually import eventually
from tests.integration.chassis.opening import register as opening
from tests.integration.guarantees.test_isolation import on_log, posted
from tests.signing import key_if_signed, key_of
from tests.stack import REPOSITORY, Realm
from tests.system.guarded import Guarded

from natija_chassis.opening.appeal_reader import AppealReader
from natija_chassis.realm.reference_loader import load_history
from natija_chassis.settings import Settings
from natija_events.ids import new_appeal_number
from natija_events.kafka import KafkaConfig, Publisher, read
from natija_events.topics import outcome_topic
from natija_events.types.base import EventData
from natija_events.types.intake import Registered
from natija_events.types.personal import Text
from natija_events.types.routing import Answered, NoteAdded, Routed
from natija_intake.publishers import access_rights
from natija_routing.desk.acts.service import ActService, DeskEvent


@dataclass(frozen=True, slots=True)
class GuardedRealm:
    """A realm whose processes are each a user of a guarded broker."""

    broker: Guarded
    realm: Realm

    def being(self, principal: str) -> Realm:
        """The realm in which whatever is run is *principal*."""
        told = self.broker.settings(f"{self.realm.name}.{principal}")
        return replace(self.realm, environment=self.realm.environment | told)

    def as_user(self, principal: str) -> KafkaConfig:
        """How *principal* reaches the broker."""
        return self.broker.as_user(f"{self.realm.name}.{principal}")


async def goes_its_way(guarded_realm: GuardedRealm) -> str:
    """The number of one more appeal, which is registered, routed and has its term."""
    number = str((await posted(guarded_realm.realm, 201))["number"])
    await on_log(
        guarded_realm.realm, number, "appeal.routed.v1", "appeal.term-set.v1", kafka=guarded_realm.as_user("operator")
    )
    return number


async def look_at(guarded_realm: GuardedRealm, number: str) -> None:
    """As the desk: open an appeal, and record the look. The auditor lists it."""
    realm, kafka = guarded_realm.realm, guarded_realm.as_user("desk")
    settings = Settings(
        realm=realm.name, kafka=kafka.addresses, kafka_user=kafka.user, kafka_password=kafka.password,
        kafka_ca=kafka.ca, database=realm.environment["NATIJA_DATABASE"],
    )  # fmt: skip
    operator = guarded_realm.as_user("operator")
    [first, *_] = [event async for event in read(operator, realm.name, subject=number)]
    async with opening.database(realm) as engine, opening.indexing(settings, engine) as indexer:
        await eventually(lambda: indexer.problem is None)
        async with AppealReader(kafka, realm.name, engine, [realm.kek]) as reader:
            [opened] = await reader.read(number, [first.offset], opening.LOOK)
    assert "washed away" in opened.data["content"]["text"]
    listed = await guarded_realm.being("auditor").run("audit", "list", number)
    assert "1 look at" in listed.stdout


async def act_on(guarded_realm: GuardedRealm, number: str) -> None:
    """As the desk: propose an event of the body that holds the appeal, and learn its outcome."""
    await propose_as_desk(guarded_realm, number, NoteAdded(by="x/registrar", content=Text(text="Seen on the spot")))


async def propose_as_desk(guarded_realm: GuardedRealm, number: str, data: EventData) -> None:
    """As the desk of the body that holds the appeal: propose an event with *data*."""
    realm, operator = guarded_realm.realm, guarded_realm.as_user("operator")
    events = [event async for event in read(operator, realm.name, subject=number)]
    body = next(event.data.body for event in events if isinstance(event.data, Routed))
    event = DeskEvent(number, body, uuid4(), events[-1].sequence, datetime.now(UTC), data)
    async with ActService(guarded_realm.as_user("desk"), realm.name, realm.public_key, key_if_signed) as acts:
        assert (await acts.propose(event)).result == "done"


async def read_answer(guarded_realm: GuardedRealm) -> None:
    """As an applicant: read on the page of answers what a body has answered. The auditor lists the look."""
    realm, operator = guarded_realm.realm, guarded_realm.as_user("operator")
    receipt = await posted(realm, 201)
    number = str(receipt["number"])
    await on_log(realm, number, "appeal.routed.v1", "appeal.term-set.v1", kafka=operator)
    answer = Answered(outcome="explained", signer="x/head", content=Text(text="A doctor was employed"))
    await propose_as_desk(guarded_realm, number, answer)
    form = {"number": number, "access_code": receipt["access_code"]}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:

        async def is_read() -> bool:
            page = await client.post(f"{realm.url('answers')}/en/answer", data=form)
            return "A doctor was employed" in page.text

        await eventually(is_read, pause=0.2)
    assert "the applicant, by answers" in (await guarded_realm.being("auditor").run("audit", "list", number)).stdout


async def read_own_outcomes(guarded_realm: GuardedRealm, source: str) -> None:
    """As the publisher *source*: propose with the library, then read its outcomes with a foreign client in a consumer
    group, and the codes of the realm."""
    name, now = guarded_realm.realm.name, datetime.now(UTC) - timedelta(minutes=1)
    kafka = guarded_realm.broker.as_user(access_rights.principal(name, source))
    appeal = Registered(kind="request", form="written", channel="other", received=now, jurisdiction="KG")
    async with Publisher(kafka, name, source, realm_key=guarded_realm.realm.public_key, own_outcomes=True) as publisher:
        event = publisher.event(new_appeal_number(name), now, appeal)
        assert (await publisher.propose(event, wait=20)).registered
    assert (await load_history(kafka, name)).version >= 0
    read = await asyncio.to_thread(read_with_librdkafka, kafka, outcome_topic(name, source))
    assert [one["proposal"] for one in read] == [str(event.id)]


def read_with_librdkafka(kafka: KafkaConfig, topic: str) -> list[dict[str, Any]]:
    """The first outcome on *topic*, as a member of a consumer group. It commits its offset, and so proves the right."""
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": kafka.addresses,
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": kafka.user,
            "sasl.password": kafka.password,
            "ssl.ca.location": str(kafka.ca),
            "group.id": f"{kafka.user}.outcomes",
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe([topic])
    try:
        message = consumer.poll(30)
        assert message is not None, "nothing came"
        assert message.error() is None, message.error()
        consumer.commit(message=message, asynchronous=False)
        return [json.loads(message.value() or b"")]
    finally:
        consumer.close()


async def propose_twice(guarded_realm: GuardedRealm) -> None:
    """As an import: one proposal that is registered, and one that is rejected."""
    number, now = new_appeal_number(guarded_realm.realm.name), datetime.now(UTC) - timedelta(minutes=1)
    appeal = Registered(
        kind="request", form="written", channel="other", received=now, jurisdiction="KG", register_name="osh"
    )
    kafka, osh = guarded_realm.as_user("import"), "/registers/osh"
    async with Publisher(
        kafka, guarded_realm.realm.name, osh, key=key_of(osh), realm_key=guarded_realm.realm.public_key
    ) as publisher:
        assert (await publisher.propose(publisher.event(number, now, appeal), wait=10)).registered
        again = (await publisher.propose(publisher.event(number, now, appeal), wait=10)).rejection
    assert again is not None
    assert again.reason == "unlawful"


async def bring_in(guarded_realm: GuardedRealm, rows: int) -> None:
    """As an import: the first *rows* of a register, by `natija import`."""
    realm, register = guarded_realm.realm, guarded_realm.realm.folder / "register.csv"
    examples = REPOSITORY / "examples"
    await realm.run(
        "sample", "--marginals", str(examples / "kg-h1-2019.yaml"), "--seed", "1", "--output", str(register)
    )
    register.write_text("".join(register.read_text().splitlines(keepends=True)[: rows + 1]))
    mapping = str(examples / "kg-h1-2019-mapping.yaml")
    done = await guarded_realm.being("import").run("import", str(register), "--mapping", mapping, "--format", "json")
    assert done.json()["rows"] == rows


async def lag(guarded_realm: GuardedRealm) -> Counter[str]:
    """The lag of each service, as `natija projection lag` prints it."""
    told = (await guarded_realm.being("operator").run("projection", "lag", "--format", "json")).json()
    waiting = Counter[str]()
    for one in told:
        waiting[one["service"]] += one["lag"]
    return waiting
