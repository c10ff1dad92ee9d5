"""Reference data on the topic of a test's realm: what it holds, and one more revision."""

from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer
from tests.stack import Realm
from tests.topics import recreate

from natija_chassis.realm.reference_loader import load_history
from natija_events.kafka import KafkaConfig
from natija_events.reference.entries import Entry, Kind
from natija_events.reference.history import ReferenceHistory
from natija_events.reference.records import ReferenceRecord, write_record
from natija_events.topics import REFERENCE


async def history_of(realm: Realm) -> ReferenceHistory:
    """All that the topic holds."""
    return await load_history(KafkaConfig(realm.servers.kafka), realm.name)


async def write_revision(realm: Realm, kind: Kind, id: str, entry: Entry | None) -> int:
    """Write the next revision of an entry, valid from now, as `natija provision` might. Gives its offset."""
    known = (await history_of(realm)).revisions.get((kind, id), ())
    return await write_raw(realm, *write_record(ReferenceRecord(kind, id, len(known) + 1, datetime.now(UTC), entry)))


async def write_raw(realm: Realm, key: bytes | None, value: bytes | None) -> int:
    """Write any record to the topic. Gives its offset."""
    async with AIOKafkaProducer(bootstrap_servers=realm.servers.kafka, enable_idempotence=True) as producer:
        return int((await producer.send_and_wait(REFERENCE.name(realm.name), value, key, partition=0)).offset)


async def empty(realm: Realm) -> None:
    """Delete the topic and create it again, as after a wrong restore."""
    await recreate(realm, REFERENCE)
