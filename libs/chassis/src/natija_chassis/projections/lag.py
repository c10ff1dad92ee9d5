"""How many records each service has not applied yet. It counts records, not offsets: commit markers are not records,
so it reaches 0."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from natija_chassis.postgres.engine import open_engine
from natija_chassis.postgres.sqlstate import is_undefined_table
from natija_chassis.projections.installed import services
from natija_chassis.services import resolve, service_infos
from natija_chassis.settings import Settings
from natija_events.kafka import KafkaConfig
from natija_events.kafka.consumers import open_consumer
from natija_events.topics import LOG, PARTITIONS
from natija_events.wire.log_record import logsequence_of

_COUNTED_ONE_BY_ONE = 2000
_CONSUMER: Any = {"auto_offset_reset": "earliest", "fetch_max_wait_ms": 50}
Positions = dict[int, int]


class Lag(NamedTuple):
    """*service* has not applied *lag* records of *partition* yet."""

    service: str
    partition: int
    lag: int
    topic: str = "log"


async def measure_lag(settings: Settings) -> list[Lag]:
    """The lag by partition: of each process that reads another topic than the log, then of each service on the log.

    Raises what Kafka or a database raises when it does not answer. The lag of a service that never ran is the whole
    log.
    """
    found = []
    for info in service_infos():
        if info.lag is not None:
            counted: Positions = await resolve(info.lag)(settings)
            found += [Lag(info.name, partition, count, info.reads) for partition, count in sorted(counted.items())]
    ends = await last_logsequences(settings.kafka_config, settings.realm)
    for service in services():
        at = await read_positions(settings, service, "select partition, logsequence from live.checkpoints")
        found += [
            Lag(service, partition, max(0, end - at.get(partition, 0))) for partition, end in sorted(ends.items())
        ]
    return found


async def count_records_from(kafka: KafkaConfig, topic: str, offsets: Mapping[int, int]) -> Positions:
    """Per partition of *topic*, the number of records from the given offset, or from the topic's start."""
    async with open_consumer(kafka, **_CONSUMER) as consumer:
        places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
        ends = await consumer.end_offsets(places)
        starts = await consumer.beginning_offsets(places)
        counted = {}
        for place in places:
            start = max(offsets.get(place.partition, 0), starts[place])
            counted[place.partition] = await _count(consumer, place, start, ends[place])
    return counted


async def last_logsequences(kafka: KafkaConfig, realm: str) -> Positions:
    """Per partition, the logsequence of the last record on the log; 0 on an empty one."""
    topic = LOG.name(realm)
    async with open_consumer(kafka, **_CONSUMER) as consumer:
        places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
        ends = await consumer.end_offsets(places)
        found = dict.fromkeys(range(PARTITIONS), 0)
        back = 2  # the usual end: a record and the marker of its transaction
        missing = [place for place in places if ends[place] > 0]
        while missing:
            last = await _last_records(consumer, {place: max(0, ends[place] - back) for place in missing}, ends)
            found |= {place.partition: logsequence_of(record.headers) or 0 for place, record in last.items()}
            missing = [place for place in missing if place not in last and back < ends[place]]
            back *= 8  # aborted transactions at the end, or large ones
    return found


async def _last_records(
    consumer: AIOKafkaConsumer, starts: dict[TopicPartition, int], ends: dict[TopicPartition, int]
) -> dict[TopicPartition, Any]:
    """Of each place, the last record between its start and its end, if there is one."""
    last: dict[TopicPartition, Any] = {}
    consumer.assign(list(starts))
    for place, start in starts.items():
        consumer.seek(place, start)
    unread = set(starts)
    while unread:
        for place, records in (await consumer.getmany(timeout_ms=50)).items():
            known = [record for record in records if record.offset < ends[place]]
            if known:
                last[place] = known[-1]
        unread = {place for place in unread if await consumer.position(place) < ends[place]}
    return last


async def _count(consumer: AIOKafkaConsumer, place: TopicPartition, start: int, end: int) -> int:
    """Records between two offsets: one by one near the end, so that markers of other programs do not count."""
    if not 0 < end - start <= _COUNTED_ONE_BY_ONE:
        return max(0, end - start)
    consumer.assign([place])
    consumer.seek(place, start)
    counted = 0
    while await consumer.position(place) < end:
        for records in (await consumer.getmany(timeout_ms=50)).values():
            counted += sum(record.offset < end for record in records)
    return counted


async def read_positions(settings: Settings, service: str, query: str) -> Positions:
    """Two columns of the service's database as a mapping; empty when it never ran."""
    engine = open_engine(settings, service, pool=1)
    try:
        async with engine.connect() as connection:
            return {row[0]: row[1] for row in await connection.execute(text(query))}
    except DBAPIError as error:
        if is_undefined_table(error):
            return {}
        raise
    finally:
        await engine.dispose()


def lag_json(found: Sequence[Lag]) -> str:
    """A list of objects with `service`, `partition` and `measure_lag`."""
    return json.dumps([one._asdict() for one in found])


def lag_table(found: Sequence[Lag]) -> str:
    """A line per service: how much in all, and in which partitions."""
    lines = [f"{'service':<12}{'lag':>12}  partitions that wait"]
    for service in dict.fromkeys(one.service for one in found):
        own = [one for one in found if one.service == service]
        waiting = [f"{one.partition}:{one.lag}" for one in sorted(own, key=lambda one: -one.lag) if one.lag]
        shown = " ".join(waiting[:4]) + (f" and {len(waiting) - 4} more" if len(waiting) > 4 else "")
        name = service if own[0].topic == "log" else f"{service} {own[0].topic}"
        lines.append(f"{name:<16}{sum(one.lag for one in own):>8,}  {shown or '-'}")
    return "\n".join(lines)
