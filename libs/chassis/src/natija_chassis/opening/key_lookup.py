"""Finds the records of data keys: by the index, and what the index does not have yet on the topic itself.

So a look never misses an erasure that is on the topic, however far the index has come.
"""

import asyncio
from collections.abc import Collection

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.kafka.record_lookup import KafkaRecord, RecordLookup
from natija_chassis.opening import key_index
from natija_chassis.opening.data_keys import StoredKeys
from natija_chassis.opening.key_index import MOST_BEHIND, KeyPlaces
from natija_events.topics import KEYS
from natija_events.wire.stored_key import StoredKey, read_stored_key
from natija_events.wire.values import Unreadable

_TAIL_BYTES = 262_144
_VISIBLE_SECONDS = 0.2


class KeysUnavailable(Exception):
    """Data keys cannot be found now: a server does not answer, or the index is not filled yet."""


class KeyLookup:
    """Finds data keys of a *realm* by the index in the database of *engine*, for many callers at once."""

    def __init__(self, records: RecordLookup, realm: str, engine: AsyncEngine) -> None:
        self._records = records
        self._topic = KEYS.name(realm)
        self._engine = engine

    async def stored_keys(self, partition: int, kids: Collection[str]) -> StoredKeys:
        """The last record of each of *kids* on *partition*; None for one that cannot be read. A key without a record is
        missing. Raises `KeysUnavailable`."""
        try:
            found = await self._find(partition, kids)
            if len(found) < len(kids):  # a transaction may become visible on the log a moment before it does here
                await asyncio.sleep(_VISIBLE_SECONDS)
                found = await self._find(partition, kids)
            return found
        except (KafkaError, SQLAlchemyError, OSError, TimeoutError) as error:
            raise KeysUnavailable(f"data keys cannot be read ({type(error).__name__})") from None

    async def _find(self, partition: int, kids: Collection[str]) -> StoredKeys:
        places = await key_index.find(self._engine, partition, kids)
        if places is None:
            raise KeysUnavailable("data keys are not indexed yet")
        place = TopicPartition(self._topic, partition)
        tail = await self._tail(place, places)
        indexed = await self._records.records(place, places.kids.values())
        wanted = {kid.encode() for kid in kids}
        found = [one for one in (*indexed.values(), *tail) if one.key in wanted]
        return {(one.key or b"").decode(): _read(one) for one in sorted(found, key=lambda one: one.offset)}

    async def _tail(self, place: TopicPartition, places: KeyPlaces) -> list[KafkaRecord]:
        """The records that are not indexed yet."""
        found: list[KafkaRecord] = []
        offset = places.position
        while True:
            fetched = await self._records.fetch(place, offset, _TAIL_BYTES)
            if fetched.end - offset > MOST_BEHIND:
                raise KeysUnavailable(f"{fetched.end - offset} data keys are not indexed yet")
            found += fetched.records
            if fetched.next >= fetched.end or fetched.next == offset:
                return found
            offset = fetched.next


def _read(record: KafkaRecord) -> StoredKey | None:
    try:
        return read_stored_key(record.key, record.value)
    except Unreadable:
        return None
