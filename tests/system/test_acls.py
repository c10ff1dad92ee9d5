"""Kafka's access rights: the test runs the commands of docs/operations.md, and each process as its own user."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

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
from tests.integration.guarantees.test_isolation import on_log, posted
from tests.realm_pool import REALM_FILES, new_name
from tests.record_batches import batch_bytes, record_bytes
from tests.stack import SERVICES, Realm, Servers, environment
from tests.system.guarded import PRINCIPALS, Guarded, Right, guarded
from tests.system.guarded_work import (
    GuardedRealm,
    act_on,
    bring_in,
    goes_its_way,
    lag,
    look_at,
    propose_twice,
    read_answer,
    read_own_outcomes,
)
from tests.unit.events import authority

from natija_events.kafka import KafkaConfig
from natija_events.kafka.consumers import open_consumer
from natija_events.topics import AUDIT, INBOX, KEYS, LOG, PARTITIONS, REJECTED, KafkaTopic, outcome_topic
from natija_intake.publishers import access_rights

PUBLISHERS = ("/portals/labour", "/portals/health")

pytestmark = [pytest.mark.timeout(480), pytest.mark.thorough]


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
