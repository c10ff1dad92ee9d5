"""Reference data for a command: read once, from the topic or, offline, from the realm's files."""

import asyncio
import sys
from pathlib import Path

from aiokafka.errors import KafkaError

from natija_chassis.errors import OperatorError
from natija_chassis.realm.realm_files import load_reference_data
from natija_chassis.settings import Settings
from natija_events.kafka import KafkaConfig, read_batches
from natija_events.reference.data import ReferenceData
from natija_events.reference.history import ReferenceHistory, StoredRecord
from natija_events.topics import REFERENCE

PATIENCE = 5.0
"""Seconds after which a command no longer waits for Kafka."""


async def load_history(kafka: KafkaConfig, realm: str) -> ReferenceHistory:
    """All reference data that the topic holds now. Raises KafkaError."""
    history = ReferenceHistory()
    async for batch in read_batches(kafka, REFERENCE.name(realm), {0: 0}):
        history, _ = history.apply(StoredRecord(one.offset, one.key, one.value) for one in batch)
    return history


async def load_current(settings: Settings, realm_files: Path | None = None) -> ReferenceData:
    """The reference data in force now; that of the folder *realm_files* when it is given.

    While Kafka does not answer, the files of NATIJA_REALM_FILES serve, and a line on stderr says so. Raises
    `OperatorError` when there is no reference data.
    """
    if realm_files is not None:
        return load_reference_data(realm_files, settings.user_id_key)
    try:
        async with asyncio.timeout(PATIENCE):
            history = await load_history(settings.kafka_config, settings.realm)
    except (KafkaError, OSError, TimeoutError):
        return _of_files(settings)
    if history.version < 0:
        raise OperatorError(
            f"topic {REFERENCE.name(settings.realm)} is empty: run `natija provision` with NATIJA_REALM_FILES, or name"
            " the folder of the realm's files with --realm-files"
        )
    return history.at(settings.injected_clock.now())


def _of_files(settings: Settings) -> ReferenceData:
    if settings.realm_files is None:
        raise OperatorError(
            f"Kafka at {settings.kafka} does not answer, and it holds the reference data. Name the folder of the"
            " realm's files with --realm-files"
        )
    print("natija: Kafka does not answer, so names are those of NATIJA_REALM_FILES", file=sys.stderr)
    return load_reference_data(settings.realm_files, settings.user_id_key)
