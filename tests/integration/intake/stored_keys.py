"""The data keys that a realm has stored, and what they open."""

from collections.abc import Mapping
from typing import Any

from tests.stack import Realm

from natija_events.kafka import partition_of, read_batches
from natija_events.sealing.data_key import DataKey, Place
from natija_events.topics import KEYS
from natija_events.types.sealed import open_data
from natija_events.wire.record import RecordedEvent
from natija_events.wire.stored_key import StoredKey, read_stored_key


async def stored_keys(realm: Realm, subject: str) -> dict[str, StoredKey]:
    """The keys on the partition of the appeal *subject*, by key id."""
    start = {partition_of(subject.encode()): 0}
    found: dict[str, StoredKey] = {}
    async for batch in read_batches(realm.servers.kafka, KEYS.name(realm.name), start):
        for record in batch:
            stored = read_stored_key(record.key, record.value)
            found[stored.kid] = stored
    return found


def unwrapped(realm: Realm, stored: StoredKey) -> DataKey:
    """The data key, opened with the realm's KEK."""
    assert stored.wrapped is not None
    return realm.kek.unwrap(stored.kid, stored.wrapped)


async def open_event(realm: Realm, event: RecordedEvent) -> Mapping[str, Any]:
    """The plain values of an event of the log, by field, opened with the stored key alone."""
    assert event.data is not None
    keys = await stored_keys(realm, event.subject)
    (kid,) = {value.kid for value in event.data.__dict__.values() if hasattr(value, "kid")}
    place = Place(realm.name, event.subject, event.event.source, event.id, event.type, "")
    return open_data(event.data, unwrapped(realm, keys[kid]), place)
