"""Writes the reference data of a realm from its files to `appeals.reference`. Nothing else writes there."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from natija_chassis.realm.realm_files import load_reference_data
from natija_chassis.realm.reference_changes import find_changes
from natija_chassis.realm.reference_loader import load_history
from natija_chassis.settings import Settings
from natija_events.reference.records import HEADERS, ReferenceRecord, write_record
from natija_events.topics import REFERENCE

if TYPE_CHECKING:
    from natija_events.kafka import KafkaConfig


async def provision_reference_data(settings: Settings) -> list[str]:
    """Write the entries of the realm's files that differ from the topic; a line for each.

    Without NATIJA_REALM_FILES it writes nothing. Raises `FileError` for a wrong file, `OperatorError` when one of our
    own services would be locked out, and KafkaError.
    """
    if settings.realm_files is None:
        return []
    wanted = load_reference_data(settings.realm_files, settings.user_id_key)
    history = await load_history(settings.kafka_config, settings.realm)
    changes = find_changes(history, wanted, settings.injected_clock.now())
    await _write(settings.kafka_config, REFERENCE.name(settings.realm), changes)
    return [_line(record) for record in changes]


async def _write(kafka: "KafkaConfig", topic: str, records: Sequence[ReferenceRecord]) -> None:
    """Append *records* in their order. They are one batch, as far as they fit: readers see them together."""
    from aiokafka import AIOKafkaProducer

    producer = AIOKafkaProducer(
        **kafka.client_options(),
        acks="all",
        enable_idempotence=True,
        max_batch_size=REFERENCE.max_bytes - 4096,
        max_request_size=REFERENCE.max_bytes,
    )
    await producer.start()
    try:
        batch = producer.create_batch()
        for key, value in map(write_record, records):
            if batch.append(timestamp=None, key=key, value=value, headers=HEADERS) is None:
                await _send(producer, topic, batch)
                batch = producer.create_batch()
                batch.append(timestamp=None, key=key, value=value, headers=HEADERS)
        if batch.record_count():
            await _send(producer, topic, batch)
    finally:
        await producer.stop()


async def _send(producer: Any, topic: str, batch: Any) -> None:
    batch.close()
    await (await producer.send_batch(batch, topic, partition=0))


def _line(record: ReferenceRecord) -> str:
    done = "ended" if record.entry is None else "wrote"
    return f"{done} {record.kind} {record.id}, revision {record.revision}"
