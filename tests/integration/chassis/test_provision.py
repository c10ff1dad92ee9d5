"""`natija provision` on the real servers."""

from typing import Any

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from tests.eventually import eventually
from tests.stack import Realm

from natija_chassis.realm.provision import READER
from natija_events import limits
from natija_events.topics import INBOX, KEYS, LOG, PARTITIONS, REJECTED, KafkaTopic

DAY = 24 * 3600 * 1000


POLICY = ("cleanup.policy", "retention.ms", "min.compaction.lag.ms", "segment.ms", "max.message.bytes")
DESIGNED = {
    INBOX: ("delete", 30 * DAY, 0, DAY // 4, limits.INBOX_BYTES),
    LOG: ("delete", -1, 0, 7 * DAY, limits.LOG_BYTES),
    REJECTED: ("delete", 90 * DAY, 0, 7 * DAY, limits.REJECTED_BYTES),
    KEYS: ("compact", -1, DAY, 7 * DAY, limits.KEYS_BYTES),
}


async def test_topics_have_designed_retention(realm: Realm) -> None:
    """On 16 partitions each; a topic with other settings gets them from the next `natija provision`."""
    admin = AIOKafkaAdminClient(bootstrap_servers=realm.servers.kafka)
    await admin.start()
    try:
        described = await admin.describe_topics([topic.name(realm.name) for topic in DESIGNED])
        assert [len(one["partitions"]) for one in described] == [PARTITIONS] * len(DESIGNED)
        assert await policies(admin, realm) == DESIGNED

        async def is_now(*policy: Any) -> bool:
            return (await policies(admin, realm))[KEYS][:2] == policy

        other = {"cleanup.policy": "delete", "retention.ms": "1000"}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, KEYS.name(realm.name), configs=other)])
        await eventually(lambda: is_now("delete", 1000))
        await realm.run("provision")
        await eventually(lambda: is_now("compact", -1))
    finally:
        await admin.close()


async def policies(admin: AIOKafkaAdminClient, realm: Realm) -> dict[KafkaTopic, tuple[Any, ...]]:
    """The settings `POLICY` of each topic: a name, then numbers."""
    found: dict[KafkaTopic, tuple[Any, ...]] = {}
    for topic in DESIGNED:
        response: Any
        [response] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name(realm.name))])
        entries = {entry[0]: entry[1] for entry in response.resources[0][4]}
        found[topic] = (entries[POLICY[0]], *(int(entries[name]) for name in POLICY[1:]))
    return found


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
