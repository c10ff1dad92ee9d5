"""Creates the topics, databases and roles of a realm. Run again, it changes nothing."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from natija_chassis.postgres.locks import Lock
from natija_chassis.projections.installed import services
from natija_chassis.services import service_info
from natija_chassis.settings import Settings
from natija_events.topics import PARTITIONS, TOPICS, Topic

READER = "natija_reader"
"""The role of analysts: reads the databases of services that allow it, and connects nowhere else."""

log = logging.getLogger(__name__)


async def provision_realm(settings: Settings, postgres: str) -> list[str]:
    """Make the topics and databases of the realm that are missing; *postgres* is a superuser's URL.

    Gives a line for each thing made. Raises RuntimeError when a topic is there with another number of partitions.
    """
    return [*await provision_topics(settings), *await provision_databases(settings, postgres, services())]


async def provision_topics(settings: Settings) -> list[str]:
    """Make the realm's topics that are missing and set what they keep."""
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

    made = []
    admin = AIOKafkaAdminClient(**settings.kafka_config.client_options(), client_id="natija-provision")
    await admin.start()
    try:
        brokers = len((await admin.describe_cluster())["brokers"])
        present = {one["topic"]: one for one in await admin.describe_topics()}
        for topic in TOPICS:
            name = topic.name(settings.realm)
            if name in present:
                partitions = present[name]["partitions"]
                _check_partitions(name, len(partitions))
                replicas = min(len(one["replicas"]) for one in partitions)
                resource = ConfigResource(ConfigResourceType.TOPIC, name, configs=topic_configs(topic, replicas))
                altered: Any = (await admin.alter_configs([resource]))[0]
                _check_done(altered.resources, f"cannot set what topic {name} keeps")
                continue
            replicas = min(3, brokers)
            new = NewTopic(name, PARTITIONS, replicas, topic_configs=topic_configs(topic, replicas))
            created: Any = await admin.create_topics([new])
            _check_done([answer[1:] for answer in created.topic_errors], f"cannot make topic {name}")
            made.append(f"topic {name}, {PARTITIONS} partitions")
        if made:
            await _until_told(admin, settings)
    finally:
        await admin.close()
    return made


async def _until_told(admin: Any, settings: Settings) -> None:
    """Wait until the broker knows all topics: a consumer that does not find one asks again only minutes later."""
    names = [topic.name(settings.realm) for topic in TOPICS]
    async with asyncio.timeout(30):
        while any(len(one["partitions"]) != PARTITIONS for one in await admin.describe_topics(names)):  # noqa: ASYNC110 - of another process one can only ask again
            await asyncio.sleep(0.05)


def topic_configs(topic: Topic, replicas: int) -> dict[str, str]:
    """Kafka's settings of *topic*: with three replicas a broker may die and nothing acknowledged is lost.

    Retention goes by wall time, so records carry the broker's clock.
    """
    kept = -1 if topic.retention is None else int(topic.retention.total_seconds() * 1000)
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(kept),
        "retention.bytes": "-1",
        "max.message.bytes": str(topic.max_bytes),
        "min.insync.replicas": "2" if replicas >= 3 else "1",
        "message.timestamp.type": "LogAppendTime",
    }


def _check_done(answers: Iterable[Sequence[Any]], what: str) -> None:
    """Raise the KafkaError of the first of *answers*, each beginning with an error code, that says it is not done."""
    from aiokafka.errors import for_code

    for code, *_ in answers:
        if code:
            raise for_code(code)(what)


def _check_partitions(name: str, found: int) -> None:
    if found != PARTITIONS:
        raise RuntimeError(f"topic {name} has {found} partitions, not {PARTITIONS}: see docs/adr/0001")


async def provision_databases(settings: Settings, postgres: str, names: Sequence[str]) -> list[str]:
    """Make a role and a database for each of *names*, and let analysts read where they may."""
    import asyncpg

    connection = await asyncpg.connect(postgres)
    made = []
    try:
        await connection.execute("select pg_advisory_lock($1)", Lock.PROVISION)
        made += await _role(connection, READER, None)
        for service in names:
            made += await _role(connection, f"natija_{service}", _password(settings, service))
            made += await _database(connection, f"{settings.realm.lower()}_{service}", service, postgres)
    finally:
        await connection.close()
    return made


def _password(settings: Settings, service: str) -> str | None:
    from sqlalchemy import make_url

    password = make_url(settings.database_url(service)).password
    return str(password) if password else None


async def _role(connection: Any, role: str, password: str | None) -> list[str]:
    made = []
    if not await connection.fetchval("select true from pg_roles where rolname = $1", role):
        await connection.execute(f'create role "{role}" login')
        made.append(f"role {role}")
    if password is not None:
        quoted = await connection.fetchval("select quote_literal($1)", password)
        await connection.execute(f'alter role "{role}" password {quoted}')
    return made


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
            # Also of what a rebuild makes later: the schema it fills is a new one each time.
            grant = f'alter default privileges for role "natija_{service}" grant'
            await inside.execute(f"{grant} usage on schemas to {READER}")
            await inside.execute(f"{grant} select on tables to {READER}")
        finally:
            await inside.close()
    return [f"database {name}"]
