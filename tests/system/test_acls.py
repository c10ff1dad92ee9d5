"""Kafka's access rights: the test runs the commands of docs/operations.md, and each process as its own user."""

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import confluent_kafka
import httpx
import pytest
import pytest_asyncio
import yaml
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
from aiokafka.protocol.produce import ProduceRequest
from tests.eventually import eventually
from tests.integration.chassis.opening import register as opening
from tests.integration.guarantees.test_isolation import on_log, posted
from tests.realm_pool import REALM_FILES, new_name
from tests.record_batches import batch_bytes, record_bytes
from tests.signing import key_if_signed, key_of
from tests.stack import REPOSITORY, SERVICES, Realm, Servers, environment
from tests.system.guarded import PRINCIPALS, Guarded, Right, guarded
from tests.unit.events import authority

from natija_chassis.opening.appeal_reader import AppealReader
from natija_chassis.realm.reference_loader import load_history
from natija_chassis.settings import Settings
from natija_events.ids import new_appeal_number
from natija_events.kafka import KafkaConfig, Publisher, read
from natija_events.kafka.consumers import open_consumer
from natija_events.topics import AUDIT, INBOX, KEYS, LOG, PARTITIONS, REJECTED, KafkaTopic, outcome_topic
from natija_events.types.intake import Registered
from natija_events.types.personal import Text
from natija_events.types.routing import Answered, NoteAdded, Routed
from natija_intake.publishers import access_rights
from natija_routing.desk.acts.service import ActService, DeskEvent

PUBLISHERS = ("/portals/labour", "/portals/health")

pytestmark = [pytest.mark.timeout(480), pytest.mark.thorough]


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


@pytest.fixture(scope="module")
def broker() -> Iterator[Guarded]:
    with guarded() as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def guarded_realm(
    broker: Guarded, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[GuardedRealm]:
    """Users, rights, topics, databases and the eight processes."""
    name, folder = new_name(), tmp_path_factory.mktemp("guarded")
    mine = Servers(broker.address, servers.postgres)
    variables = environment(name, mine, folder)
    built = GuardedRealm(broker, Realm(name, mine, folder, variables))
    broker.let_in(name)
    variables["NATIJA_REALM_FILES"] = str(with_publishers(name, folder))
    for source in PUBLISHERS:
        broker.let_publisher_in(name, source)
    try:
        for _ in "made", "looked after":
            await built.being("provision").run("provision")
        for service in SERVICES:
            await built.being(service).serve(service, ready=False, NATIJA_INBOX_DELETION="1")
        for child in built.realm.children:
            await child.until_ready()
        yield built
    finally:
        for child in built.realm.children:
            await child.kill()


def with_publishers(realm: str, folder: Path) -> Path:
    """The files of the realm, in which the publishers have their Kafka users."""
    files = folder / "realm"
    shutil.copytree(REALM_FILES, files)
    entries = yaml.safe_load((files / "publishers.yaml").read_text())
    for source in PUBLISHERS:
        user = access_rights.principal(realm, source)
        entries["publishers"][source] = {"roles": ["channel"], "unsigned": True, "principal": user}
    (files / "publishers.yaml").write_text(yaml.safe_dump(entries))
    return files


async def test_table_grants_exactly_needed_rights(guarded_realm: GuardedRealm) -> None:
    """Every process does its work with the rights of the table, and needs each of them."""
    realm, operator = guarded_realm.realm, guarded_realm.being("operator")
    number = await goes_its_way(guarded_realm)
    await propose_twice(guarded_realm)
    await bring_in(guarded_realm, 5)
    for source in PUBLISHERS:
        await read_own_outcomes(guarded_realm, source)

    assert len((await operator.run("history", number, "--format", "json")).json()["events"]) >= 3
    await operator.run("history", number, "--from-log")
    assert "washed away" in (await guarded_realm.being("opener").run("appeal", "show", number)).stdout
    await look_at(guarded_realm, number)
    await act_on(guarded_realm, number)
    await read_answer(guarded_realm)
    assert "unlawful 1" in (await operator.run("registrar", "rejections", "--reason", "unlawful")).stdout
    await operator.run("projection", "rebuild", "analytics")

    shards = await guarded_realm.being("registrar").run("registrar", "shards", "2")
    assert shards.stdout.startswith("2 shards, generation 2, 1 registrars connected")
    await goes_its_way(guarded_realm)
    [registrar, *_] = realm.children
    await registrar.stop()
    waits = (await posted(realm, 202))["number"]
    assert (await lag(guarded_realm))["registrar"] == 1
    await guarded_realm.being("registrar").serve("registrar")
    await on_log(realm, waits, "appeal.registered.v1", "appeal.term-set.v1", kafka=guarded_realm.as_user("operator"))
    assert (await lag(guarded_realm))["registrar"] == 0
    assert (await operator.run("registrar", "verify", "--format", "json")).json()["breaks"] == []

    deletes = Right(f"{realm.name}.registrar", "DELETE", "TOPIC", INBOX.name(realm.name))
    await eventually(lambda: deletes in guarded_realm.broker.used())
    assert guarded_realm.broker.denied() == set()
    assert guarded_realm.broker.used() == guarded_realm.broker.granted()


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
    realm, operator = guarded_realm.realm, guarded_realm.as_user("operator")
    events = [event async for event in read(operator, realm.name, subject=number)]
    body = next(event.data.body for event in events if isinstance(event.data, Routed))
    note = NoteAdded(by=f"{body}/registrar", content=Text(text="Seen on the spot"))
    event = DeskEvent(number, body, uuid4(), events[-1].sequence, datetime.now(UTC), note)
    async with ActService(guarded_realm.as_user("desk"), realm.name, realm.public_key, key_if_signed) as acts:
        assert (await acts.propose(event)).result == "done"


async def read_answer(guarded_realm: GuardedRealm) -> None:
    """As an applicant: read on the page of answers what a body has answered. The auditor lists the look."""
    realm, operator = guarded_realm.realm, guarded_realm.as_user("operator")
    receipt = await posted(realm, 201)
    number = str(receipt["number"])
    await on_log(realm, number, "appeal.routed.v1", "appeal.term-set.v1", kafka=operator)
    events = [event async for event in read(operator, realm.name, subject=number)]
    body = next(event.data.body for event in events if isinstance(event.data, Routed))
    answer = Answered(outcome="explained", signer=f"{body}/head", content=Text(text="A doctor was employed"))
    event = DeskEvent(number, body, uuid4(), events[-1].sequence, datetime.now(UTC), answer)
    async with ActService(guarded_realm.as_user("desk"), realm.name, realm.public_key, key_if_signed) as acts:
        assert (await acts.propose(event)).result == "done"
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


@pytest.mark.parametrize("principal", [one for one in PRINCIPALS if one != "registrar"])
async def test_only_registrar_writes_log(guarded_realm: GuardedRealm, principal: str) -> None:
    """No other user writes log, rejected or keys, or takes a transactional id of the registrar."""
    before, name = await ends(guarded_realm), guarded_realm.realm.name
    for topic in (LOG, REJECTED, KEYS):
        async with AIOKafkaProducer(**guarded_realm.as_user(principal).client_options()) as producer:
            with pytest.raises(TopicAuthorizationFailedError):
                await producer.send_and_wait(topic.name(name), b"a fact", partition=0)
    for transactional_id in (f"{name}.registrar.2.0", f"{name}.registrar.3.0", f"{name}.{principal}"):
        producer = AIOKafkaProducer(
            **guarded_realm.as_user(principal).client_options(), transactional_id=transactional_id
        )
        with pytest.raises(TransactionalIdAuthorizationFailed):
            await producer.start()
        await producer.stop()
    assert await ends(guarded_realm) == before


async def test_only_openers_read_keys(guarded_realm: GuardedRealm) -> None:
    """No other user reads data keys, not even the registrar, which writes them."""
    topic, openers = KEYS.name(guarded_realm.realm.name), {"opener", "desk", "answers"}
    for principal in openers:
        assert await first_record(guarded_realm.as_user(principal), topic)
    for principal in set(PRINCIPALS) - openers:
        with pytest.raises(TopicAuthorizationFailedError):
            print(f"{principal} reads:", await first_record(guarded_realm.as_user(principal), topic))


async def test_auditor_reads_what_desk_writes(guarded_realm: GuardedRealm) -> None:
    """Nobody else reads who looked at what, or writes it."""
    topic = AUDIT.name(guarded_realm.realm.name)
    await look_at(guarded_realm, await goes_its_way(guarded_realm))
    assert await first_record(guarded_realm.as_user("auditor"), topic)
    for principal in set(PRINCIPALS) - {"auditor"}:
        with pytest.raises(TopicAuthorizationFailedError):
            print(f"{principal} reads:", await first_record(guarded_realm.as_user(principal), topic))
    for principal in set(PRINCIPALS) - {"desk", "answers"}:
        async with AIOKafkaProducer(**guarded_realm.as_user(principal).client_options()) as producer:
            with pytest.raises(TopicAuthorizationFailedError):
                await producer.send_and_wait(topic, b"a look", partition=0)


@pytest.mark.parametrize("topic", [LOG, REJECTED, KEYS, INBOX, AUDIT])
async def test_publisher_reads_no_others_topic(guarded_realm: GuardedRealm, topic: KafkaTopic) -> None:
    """It reads neither the log, nor rejections, keys and proposals of others."""
    kafka = guarded_realm.broker.as_user(access_rights.principal(guarded_realm.realm.name, PUBLISHERS[0]))
    with pytest.raises(TopicAuthorizationFailedError):
        print(await first_record(kafka, topic.name(guarded_realm.realm.name)))


async def test_publisher_stays_with_its_own(guarded_realm: GuardedRealm) -> None:
    """It reads no other's outcomes, joins no other's group, writes no outcome, and gets no transaction."""
    name = guarded_realm.realm.name
    kafka = guarded_realm.broker.as_user(access_rights.principal(name, PUBLISHERS[0]))
    with pytest.raises(TopicAuthorizationFailedError):
        print(await first_record(kafka, outcome_topic(name, PUBLISHERS[1])))
    async with AIOKafkaProducer(**kafka.client_options()) as producer:
        for topic in (outcome_topic(name, PUBLISHERS[0]), LOG.name(name)):
            with pytest.raises(TopicAuthorizationFailedError):
                await producer.send_and_wait(topic, b"an outcome", partition=0)
    transactional = AIOKafkaProducer(**kafka.client_options(), transactional_id=f"{kafka.user}.1")
    with pytest.raises(TransactionalIdAuthorizationFailed):
        await transactional.start()
    await transactional.stop()
    other = access_rights.principal(name, PUBLISHERS[1])
    options = kafka.client_options() | {"group_id": f"{other}.outcomes", "enable_auto_commit": False}
    async with AIOKafkaConsumer(**options) as consumer:
        consumer.assign([TopicPartition(outcome_topic(name, PUBLISHERS[0]), 0)])
        with pytest.raises(GroupAuthorizationFailedError):
            await consumer.commit({TopicPartition(outcome_topic(name, PUBLISHERS[0]), 0): 0})


async def first_record(kafka: KafkaConfig, topic: str) -> object:
    """A record of *topic*. Raises TopicAuthorizationFailedError."""
    async with AIOKafkaProducer(**kafka.client_options()) as producer:
        partitions = await producer.partitions_for(topic)  # a consumer would wait for the right to see them
    async with open_consumer(kafka, auto_offset_reset="earliest") as consumer, asyncio.timeout(20):
        consumer.assign([TopicPartition(topic, partition) for partition in partitions])
        return await consumer.getone()


async def test_publisher_above_quota_is_delayed(guarded_realm: GuardedRealm) -> None:
    """Kafka delays a publisher that writes more than its quota, and not the intake."""
    content = batch_bytes(record_bytes(0, None, bytes(1_000_000)), 1)
    assert await delay(guarded_realm, "intake", [content] * 20) == 0
    assert await delay(guarded_realm, "publisher.portals.labour", [content] * 20) > 0


async def delay(guarded_realm: GuardedRealm, principal: str, batches: Sequence[bytes]) -> int:
    """For how many milliseconds Kafka delays *principal* as it writes *batches* to the inbox."""
    topic = INBOX.name(guarded_realm.realm.name)
    client = AIOKafkaClient(**guarded_realm.as_user(principal).client_options())
    await client.bootstrap()
    try:
        await client.set_topics([topic])
        leader = client.cluster.leader_for_partition(TopicPartition(topic, 0))
        answers: list[Any] = [
            await client.send(leader, ProduceRequest(None, 1, 10_000, [(topic, [(0, one)])])) for one in batches
        ]
        assert {answer.topics[0][1][0][1] for answer in answers} == {0}
        return sum(answer.throttle_time_ms for answer in answers)
    finally:
        await client.close()


async def ends(guarded_realm: GuardedRealm) -> dict[str, int]:
    """How long the log and the rejected are."""
    consumer = AIOKafkaConsumer(**guarded_realm.as_user("operator").client_options())
    await consumer.start()
    try:
        topics = [LOG.name(guarded_realm.realm.name), REJECTED.name(guarded_realm.realm.name)]
        places = [TopicPartition(topic, partition) for topic in topics for partition in range(PARTITIONS)]
        return {f"{place.topic} {place.partition}": end for place, end in (await consumer.end_offsets(places)).items()}
    finally:
        await consumer.stop()


async def test_wrong_credentials_are_refused(guarded_realm: GuardedRealm, tmp_path: Path) -> None:
    """A client without a password, with a wrong one, or without a certificate is refused."""
    registrar, address = guarded_realm.as_user("registrar"), guarded_realm.broker.address
    other = authority.create_authority(tmp_path).certificate
    refused = {
        "nobody, in clear": KafkaConfig(address),
        "nobody": KafkaConfig(address, ca=registrar.ca),
        "the registrar, in clear": KafkaConfig(address, registrar.user, registrar.password),
        "a wrong password": KafkaConfig(address, registrar.user, "opensesame", registrar.ca),
        "another user's": KafkaConfig(address, registrar.user, guarded_realm.as_user("intake").password, registrar.ca),
        "who trusts others": KafkaConfig(address, registrar.user, registrar.password, other),
        "no broker": KafkaConfig(guarded_realm.broker.brokers, ca=registrar.ca),
        "no controller": KafkaConfig(guarded_realm.broker.controller, ca=registrar.ca),
    }
    for who, kafka in refused.items():
        producer = AIOKafkaProducer(**kafka.client_options(), request_timeout_ms=5000)
        with pytest.raises(KafkaConnectionError):
            print(f"{who}: let in:", await producer.start())  # told when it is, and the test fails
        await producer.stop()


async def test_unauthorized_command_changes_nothing(guarded_realm: GuardedRealm) -> None:
    """A command whose user lacks a right reports this and changes nothing."""
    operator = guarded_realm.being("operator")
    before = await operator.run("registrar", "shards")
    refused = await operator.run("registrar", "shards", "3", expect=1)
    assert "ACLs hide the registrars' transactions" in refused.stderr
    assert await operator.run("registrar", "shards") == before
    for principal in ("operator", "registrar"):
        refused = await guarded_realm.being(principal).run("provision", expect=1)
        assert "TopicAuthorizationFailedError" in refused.stderr
