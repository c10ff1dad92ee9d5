"""The relay: reads log and rejected, stores the outcome of each publisher's proposal, and writes it to their topics."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.errors import OperatorError
from natija_chassis.observability.logs import sanitised
from natija_chassis.postgres.locks import LockClass
from natija_chassis.process.backoff import Backoff
from natija_chassis.process.exclusive_lock import exclusive_lock
from natija_chassis.process.health import Health
from natija_chassis.process.stopping import pause
from natija_chassis.realm.reference_reader import ReferenceDataMissing, ReferenceReader
from natija_chassis.settings import Settings
from natija_events.failpoints import failpoint
from natija_events.kafka.consumers import open_consumer
from natija_events.schema.registry import Invalid
from natija_events.topics import LOG, PARTITIONS, REJECTED
from natija_events.wire.outcome import DecidedProposal
from natija_events.wire.record import RecordedEvent, read_recorded_event
from natija_events.wire.values import Unreadable
from natija_intake.outcomes import metrics, shared_store, store
from natija_intake.outcomes.assembly import RegisteredProposals, belongs_to_publisher, rejected_proposal
from natija_intake.outcomes.end_watch import EndWatch
from natija_intake.outcomes.store import ConcurrentRelay, TopicPlace
from natija_intake.outcomes.topics import OutcomeTopics

_POLL_MS = 200
_SAVE_EVERY = 5.0
"""Seconds after which offsets are saved that passed no outcome."""
_DELETE_EVERY = 3600.0
_REFERENCE_RETRY = 0.2
_OUTAGES = (KafkaError, OSError, TimeoutError, SQLAlchemyError)

log = logging.getLogger(__name__)


class Relay:
    """One relay works at a time; another one stands by. Run it with `run`.

    Each outcome and the offset it was read at are stored in one transaction. Then it is written to its publisher's
    topic, and that is noted. A crash between the two repeats records, with the same ids and positions.
    """

    def __init__(self, settings: Settings, engine: AsyncEngine, reference: ReferenceReader) -> None:
        self._health = Health(False, "starting")
        self._ends = EndWatch()
        self._settings = settings
        self._engine = engine
        self._reference = reference

    @property
    def health(self) -> Health:
        """For `/ready` and the state page."""
        if self._health.ready and self._ends.is_silent:
            return Health(False, "waiting: Kafka does not answer for every partition of log and rejected")
        return self._health

    async def run(self, stopping: asyncio.Event) -> None:
        """Relay until *stopping*; retry after an outage of Kafka or the database. Raises `OperatorError` when the
        database belongs to another log."""
        backoff = Backoff(longest=5.0)
        while not stopping.is_set():
            try:
                await store.prepare(self._engine)
                self._health = Health(True, "standing by: another relay works")
                async with exclusive_lock(self._engine, LockClass.RELAY, 0, stopping):
                    await self._until_reference(stopping)
                    await self._work(stopping, backoff)
            except (*_OUTAGES, ConcurrentRelay, ReferenceDataMissing) as error:
                if self._health.ready:  # one line for an outage
                    log.warning("outcomes are not relayed, retrying: %s", sanitised(error))
                self._health = Health(False, f"waiting: outcomes are not relayed ({type(error).__name__})")
                await backoff.wait(stopping)

    async def _until_reference(self, stopping: asyncio.Event) -> None:
        """Wait for reference data: without them every source would be unknown."""
        while not (self._reference.is_known or stopping.is_set()):
            await pause(stopping, _REFERENCE_RETRY)

    async def _work(self, stopping: asyncio.Event, backoff: Backoff) -> None:
        kafka, realm = self._settings.kafka_config, self._settings.realm.lower()
        async with (
            open_consumer(kafka, fetch_max_wait_ms=_POLL_MS) as consumer,
            OutcomeTopics(kafka, realm, self._engine) as topics,
        ):
            reading = _Reading(consumer, realm)
            async with self._engine.connect() as connection:
                before = await store.load_offsets(connection)
            await reading.seek(before)
            async with self._ends.watching(consumer, reading.places):
                await self._relay(stopping, backoff, reading, topics, before)

    async def _relay(
        self,
        stopping: asyncio.Event,
        backoff: Backoff,
        reading: "_Reading",
        topics: OutcomeTopics,
        before: Mapping[TopicPlace, int],
    ) -> None:
        """Store and write what *reading* finds after *before*, until *stopping*."""
        unwritten = set(self._reference.now().outcome_readers)
        saved = deleted = time.monotonic()
        while not stopping.is_set():
            found = await reading.poll(self._settings.batch_records)
            decided = self._of_publishers(found.decided)
            reached = await reading.offsets()
            if decided or found.events or (reached != before and time.monotonic() - saved > _SAVE_EVERY):
                await self._store(decided, found.events, before, reached)
                before, saved = reached, time.monotonic()
            unwritten |= {one.source for one in decided}
            unwritten = await self._write(topics, unwritten)
            if time.monotonic() - deleted > _DELETE_EVERY:
                await store.delete_old(self._engine)
                deleted = time.monotonic()
            self._health = Health(True, "relaying outcomes")
            backoff.reset()

    def _of_publishers(self, decided: Sequence[DecidedProposal]) -> list[DecidedProposal]:
        reference = self._reference.now()
        return [one for one in decided if belongs_to_publisher(one, reference)]

    async def _store(
        self,
        decided: Sequence[DecidedProposal],
        events: Sequence[RecordedEvent],
        before: Mapping[TopicPlace, int],
        reached: Mapping[TopicPlace, int],
    ) -> None:
        with failpoint("relay.store"):
            async with self._engine.begin() as connection:
                last = await store.lock(connection, before)
                last = await store.add_outcomes(connection, decided, last)
                last = await shared_store.add_events(connection, events, last)
                await store.save(connection, last, reached)
        for one in decided:
            metrics.OUTCOMES.labels("registered" if one.registered else "rejected", one.source).inc()

    async def _write(self, topics: OutcomeTopics, sources: set[str]) -> set[str]:
        """Write the topics of *sources* that have one; those that are still to be written."""
        having = sources.intersection(self._reference.now().outcome_readers)
        left = {source for source in having if not await topics.write(source)}
        metrics.TOPICS_WAITING.set(len(left))
        return left


class _Polled(NamedTuple):
    """The proposals that were *decided*, and the *events* that were registered."""

    decided: Sequence[DecidedProposal]
    events: Sequence[RecordedEvent]


class _Reading:
    """Log and rejected of a *realm*, as *consumer* reads them."""

    def __init__(self, consumer: AIOKafkaConsumer, realm: str) -> None:
        self._consumer = consumer
        self._registered = RegisteredProposals()
        self._log = [TopicPartition(LOG.name(realm), partition) for partition in range(PARTITIONS)]
        self._rejected = [TopicPartition(REJECTED.name(realm), partition) for partition in range(PARTITIONS)]

    @property
    def places(self) -> list[TopicPartition]:
        """All partitions that are read."""
        return [*self._log, *self._rejected]

    async def seek(self, offsets: Mapping[TopicPlace, int]) -> None:
        """Read on at *offsets*; without one, from the beginning. Raises `OperatorError` when the topics end before."""
        places = self.places
        self._consumer.assign(places)
        first, end = await self._consumer.beginning_offsets(places), await self._consumer.end_offsets(places)
        for place in places:
            wanted = offsets.get(self._named(place), 0)
            if wanted > end[place]:
                raise OperatorError(
                    f"{place.topic} partition {place.partition} ends at offset {end[place]}, and outcomes are stored up"
                    f" to offset {wanted}: this database belongs to another log, or the log lost its end"
                )
            self._consumer.seek(place, max(wanted, first[place]))

    async def poll(self, most: int) -> "_Polled":
        """The proposals that are decided and the registered events, as far as they were read now."""
        found: list[DecidedProposal | None] = []
        events: list[RecordedEvent] = []
        kept = (time.time() - store.KEPT.total_seconds()) * 1000
        for place, records in (await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=most)).items():
            for record in records:
                try:
                    if place in self._rejected:
                        found.append(rejected_proposal(record))
                    else:
                        events.append(
                            read_recorded_event(record.partition, record.offset, record.value, record.headers)
                        )
                        if record.timestamp >= kept:  # after a loss of the tables, the whole log is read again
                            found.append(self._registered.add(record))
                except (Unreadable, Invalid) as error:
                    log.error("%s offset %d is skipped: %s %s", place, record.offset, error.field, error.rule)
        for place in self._log:
            found.append(self._registered.end(place.partition, await self._consumer.position(place)))
        return _Polled([one for one in found if one is not None], events)

    async def offsets(self) -> dict[TopicPlace, int]:
        """Where to read on after a restart."""
        found, behind = {}, 0
        for place in self.places:
            position = await self._consumer.position(place)
            behind += max(0, (self._consumer.highwater(place) or position) - position)
            if place in self._log:
                position = self._registered.next_offset(place.partition, position)
            found[self._named(place)] = position
        metrics.LAG.set(behind)
        return found

    def _named(self, place: TopicPartition) -> TopicPlace:
        return ("rejected" if place in self._rejected else "log"), place.partition
