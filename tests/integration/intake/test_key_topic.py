"""The registrar writes data keys only to the topic that belongs to its log: without its keys nobody can read a text."""

from datetime import UTC, datetime

import asyncpg
import pytest
from tests.eventually import eventually
from tests.integration.intake import registering as r
from tests.stack import Child, Realm
from tests.topics import recreate

from natija_events.topics import KEYS
from natija_events.types.intake import Supplemented

REFUSED = "this is not the topic that belongs to the log"


async def register(realm: Realm) -> Child:
    """A registrar that has registered some appeals."""
    child = await realm.serve("registrar")
    async with r.publisher(realm) as publisher:
        for _ in range(5):
            await r.open_appeal(publisher, realm)
    return child


async def drop_database(realm: Realm) -> None:
    """Drop intake's database, and create an empty one."""
    admin = await asyncpg.connect(realm.servers.postgres)
    try:
        await admin.execute(f'drop database "{realm.name}_intake" with (force)')
    finally:
        await admin.close()
    await realm.run("provision")


async def ended(child: Child) -> str:
    """All that it wrote, once it has ended."""
    await eventually(lambda: child.process.returncode is not None)
    return child.output()


@pytest.mark.parametrize("dropped", [False, True], ids=["database kept", "database dropped"])
async def test_empty_topic_is_refused(realm: Realm, dropped: bool) -> None:
    """It was deleted and created again. The log alone tells that keys are missing, also without a database."""
    await (await register(realm)).stop()
    await recreate(realm, KEYS)
    if dropped:
        await drop_database(realm)
    assert REFUSED in await ended(await realm.serve("registrar", ready=False))


async def test_lost_keys_can_be_accepted(realm: Realm) -> None:
    """As docs/operations.md says, without a backup."""
    await (await register(realm)).stop()
    await recreate(realm, KEYS)
    database = await asyncpg.connect(realm.database("intake").replace("+asyncpg", ""))
    await database.execute("update service.inbox_offsets set keys_next = 0")
    await database.close()
    await (await register(realm)).stop()
    await realm.serve("registrar")


async def test_dropped_database_keeps_right_topic(realm: Realm) -> None:
    """A database that is filled again from the log refuses no topic that has the keys; so does one that is kept."""
    await (await register(realm)).stop()
    await (await register(realm)).stop()
    await drop_database(realm)
    await (await register(realm)).stop()
    await realm.serve("registrar")


async def test_running_registrar_notices_new_topic(realm: Realm) -> None:
    """The topic was created again while it ran. It notices at the first key of a partition that had some."""
    child = await realm.serve("registrar")
    async with r.publisher(realm) as publisher:
        subject, _ = await r.open_appeal(publisher, realm)
        await recreate(realm, KEYS)
        await publisher.send(publisher.event(subject, datetime.now(UTC), Supplemented()))
        assert REFUSED in await ended(child)
