"""Creates the topics, databases and roles of a realm, and writes its reference data. Run again, it changes nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from natija_chassis.errors import OperatorError
from natija_chassis.postgres.locks import Lock, LockClass, name_key
from natija_chassis.projections.installed import services
from natija_chassis.realm.realm_files import load_reference_data
from natija_chassis.realm.reference_provision import provision_reference_data
from natija_chassis.services import service_info
from natija_chassis.settings import Settings
from natija_events.topics import OUTCOMES, TOPICS, KafkaTopic, outcome_topic

COMPACTED_AFTER = timedelta(days=1)
"""A record of a compacted topic stays at least so long, also when a later one has its key: a backup can be made."""
READER = "natija_reader"
"""The role of analysts: reads the databases of services that allow it, and connects nowhere else."""


async def provision_realm(settings: Settings, postgres: str) -> list[str]:
    """Create the missing topics, databases and roles of the realm, and write what differs in its reference data.

    *postgres* is a superuser's URL. Gives a line for each change. Raises `OperatorError` when a topic has another
    number of partitions, and what `provision_reference_data` raises.
    """
    topics = await provision_topics(settings, outcome_topics(settings))
    done = [*topics, *await provision_databases(settings, postgres, services())]
    async with _locked(settings.realm, postgres):
        return [*done, *await provision_reference_data(settings)]


@asynccontextmanager
async def _locked(realm: str, postgres: str) -> AsyncIterator[None]:
    """Nobody else provisions *realm* during the block: of two revisions written at once, readers take one only."""
    import asyncpg

    connection = await asyncpg.connect(postgres)
    try:
        await connection.execute("select pg_advisory_lock($1, $2)", LockClass.PROVISION_REALM, name_key(realm.lower()))
        yield
    finally:
        await connection.close()


def outcome_topics(settings: Settings) -> dict[str, KafkaTopic]:
    """The outcome topics of the publishers in the realm's files, by name. Raises `FileError` for a wrong file.

    Kafka does not let two names differ in points and underscores only: it would refuse the second one.
    """
    if settings.realm_files is None:
        return {}
    readers = load_reference_data(settings.realm_files).outcome_readers
    return {outcome_topic(settings.realm, source): OUTCOMES for source in readers}


async def provision_topics(settings: Settings, more: Mapping[str, KafkaTopic]) -> list[str]:
    """Create the realm's missing topics and *more*, by name, and set the retention or compaction of all."""
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(**settings.kafka_config.client_options(), client_id="natija-provision")
    await admin.start()
    try:
        brokers = len((await admin.describe_cluster())["brokers"])
        present = {one["topic"]: one["partitions"] for one in await admin.describe_topics()}
        names = {topic.name(settings.realm): topic for topic in TOPICS} | dict(more)
        for name, topic in names.items():
            if name in present:
                await _configure_topic(admin, name, topic, present[name])
        missing = [name for name in names if name not in present]
        for name in missing:
            await _create_topic(admin, name, names[name], brokers)
        if missing:
            await _wait_for_topics(admin, names)
    finally:
        await admin.close()
    return [f"created topic {name}, {_counted(names[name])}" for name in missing]


async def _configure_topic(admin: Any, name: str, topic: KafkaTopic, partitions: Sequence[Any]) -> None:
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

    if len(partitions) != topic.partitions:
        raise OperatorError(f"topic {name} has {len(partitions)} partitions, not {topic.partitions}: see docs/adr/0001")
    replicas = min(len(one["replicas"]) for one in partitions)
    resource = ConfigResource(ConfigResourceType.TOPIC, name, configs=topic_configs(topic, replicas))
    altered: Any = (await admin.alter_configs([resource]))[0]
    _raise_refusal(altered.resources, f"cannot set the retention of topic {name}")


async def _create_topic(admin: Any, name: str, topic: KafkaTopic, brokers: int) -> None:
    from aiokafka.admin import NewTopic

    replicas = min(3, brokers)
    new = NewTopic(name, topic.partitions, replicas, topic_configs=topic_configs(topic, replicas))
    created: Any = await admin.create_topics([new])
    _raise_refusal([answer[1:] for answer in created.topic_errors], f"cannot create topic {name}")


def _counted(topic: KafkaTopic) -> str:
    return "1 partition" if topic.partitions == 1 else f"{topic.partitions} partitions"


async def _wait_for_topics(admin: Any, names: Mapping[str, KafkaTopic]) -> None:
    """Wait until the broker knows all topics: a consumer that does not find one asks again only minutes later."""
    async with asyncio.timeout(30):
        while True:
            present = {one["topic"]: len(one["partitions"]) for one in await admin.describe_topics(list(names))}
            if all(present.get(name) == topic.partitions for name, topic in names.items()):
                return
            await asyncio.sleep(0.05)  # of another process one can only ask again


def topic_configs(topic: KafkaTopic, replicas: int) -> dict[str, str]:
    """Kafka's settings of *topic*: with three replicas a broker may die and nothing acknowledged is lost.

    Retention goes by wall time, so records carry the broker's clock. Batches stay compressed as they came: with another
    `compression.type` the broker would decompress each one whole, in its own memory.
    """
    kept = "-1" if topic.retention is None else _milliseconds(topic.retention)
    policy = {"cleanup.policy": "delete"}
    if topic.compacted:
        policy = {"cleanup.policy": "compact", "min.compaction.lag.ms": _milliseconds(COMPACTED_AFTER)}
    if topic.segment is not None:
        policy["segment.ms"] = _milliseconds(topic.segment)
    return policy | {
        "retention.ms": kept,
        "retention.bytes": "-1",
        "max.message.bytes": str(topic.max_bytes),
        "min.insync.replicas": "2" if replicas >= 3 else "1",
        "message.timestamp.type": "LogAppendTime",
    }


def _milliseconds(time: timedelta) -> str:
    return str(int(time.total_seconds() * 1000))


def _raise_refusal(answers: Iterable[Sequence[Any]], message: str) -> None:
    """Raise the KafkaError of the first of *answers* whose first element is an error code."""
    from aiokafka.errors import for_code

    for code, *_ in answers:
        if code:
            raise for_code(code)(message)


async def provision_databases(settings: Settings, postgres: str, names: Sequence[str]) -> list[str]:
    """Create a role and a database for each of *names*, and let analysts read where a service allows it."""
    import asyncpg

    connection = await asyncpg.connect(postgres)
    created = []
    try:
        await connection.execute("select pg_advisory_lock($1)", Lock.PROVISION)
        created += await _role(connection, READER, None)
        for service in names:
            created += await _role(connection, f"natija_{service}", _password(settings, service))
            created += await _database(connection, f"{settings.realm.lower()}_{service}", service, postgres)
    finally:
        await connection.close()
    return created


def _password(settings: Settings, service: str) -> str | None:
    from sqlalchemy import make_url

    password = make_url(settings.database_url(service)).password
    return str(password) if password else None


async def _role(connection: Any, role: str, password: str | None) -> list[str]:
    created = []
    if not await connection.fetchval("select true from pg_roles where rolname = $1", role):
        await connection.execute(f'create role "{role}" login')
        created.append(f"created role {role}")
    if password is not None:
        quoted = await connection.fetchval("select quote_literal($1)", password)
        await connection.execute(f'alter role "{role}" password {quoted}')
    return created


async def _database(connection: Any, name: str, service: str, postgres: str) -> list[str]:
    import asyncpg

    if await connection.fetchval("select true from pg_database where datname = $1", name):
        return []
    await connection.execute(f'create database "{name}" owner "natija_{service}"')
    await connection.execute(f'revoke all on database "{name}" from public')
    if service_info(service).read_by_analysts:
        await connection.execute(f'grant connect on database "{name}" to {READER}')
        inside = await asyncpg.connect(postgres, database=name)
        try:
            # A rebuild fills a new schema each time, so analysts get default privileges.
            grant = f'alter default privileges for role "natija_{service}" grant'
            await inside.execute(f"{grant} usage on schemas to {READER}")
            await inside.execute(f"{grant} select on tables to {READER}")
        finally:
            await inside.close()
    return [f"created database {name}"]
