"""`natija provision` on the real servers."""

from typing import Any

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from tests.stack import Realm

from natija_chassis.realm.provision import READER
from natija_events import limits
from natija_events.topics import INBOX, LOG, PARTITIONS, REJECTED

DAY = 24 * 3600 * 1000


async def test_topics_have_designed_retention(realm: Realm) -> None:
    """On 16 partitions each."""
    admin = AIOKafkaAdminClient(bootstrap_servers=realm.servers.kafka)
    await admin.start()
    try:
        topics = [topic.name(realm.name) for topic in (INBOX, LOG, REJECTED)]
        described = await admin.describe_topics(topics)
        assert [len(one["partitions"]) for one in described] == [PARTITIONS] * 3
        found = []
        for topic in topics:
            response: Any
            [response] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
            entries = {entry[0]: entry[1] for entry in response.resources[0][4]}
            found.append((entries["retention.ms"], entries["max.message.bytes"], entries["cleanup.policy"]))
    finally:
        await admin.close()
    assert found == [
        (str(30 * DAY), str(limits.INBOX_BYTES), "delete"),
        ("-1", str(limits.LOG_BYTES), "delete"),
        (str(90 * DAY), str(limits.REJECTED_BYTES), "delete"),
    ]


async def test_a_second_time_nothing_is_made(realm: Realm) -> None:
    assert (await realm.run("provision")).stdout == ""


async def test_service_enters_only_own_database(realm: Realm) -> None:
    await (await asyncpg.connect(_url(realm, "routing", "natija_routing"))).close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(_url(realm, "deadlines", "natija_routing"))


async def test_analysts_read_only_analytics(realm: Realm) -> None:
    """Tables that analytics creates now and later, and nothing else."""
    service = await asyncpg.connect(_url(realm, "analytics", "natija_analytics"))
    for schema in ("live", "rebuild"):
        await service.execute(f"create schema {schema}; create table {schema}.facts as select 7 as due")
    await service.execute("alter schema live rename to retired; alter schema rebuild rename to live")
    await service.close()
    analyst = await asyncpg.connect(_url(realm, "analytics", READER))
    assert await analyst.fetchval("select due from live.facts") == 7
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await analyst.execute("delete from live.facts")
    await analyst.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(_url(realm, "intake", READER))


def _url(realm: Realm, service: str, role: str) -> str:
    return (
        realm.environment["NATIJA_DATABASE"]
        .format(service=service, realm=realm.name)
        .replace(f"natija_{service}@", f"{role}@")
        .replace("+asyncpg", "")
    )
