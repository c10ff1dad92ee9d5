"""The command `natija appeal show`: reads one partition of the log and of the data keys, and prints an appeal."""

import sys
from collections.abc import Collection, Sequence

from natija_chassis.errors import OperatorError
from natija_chassis.opening.data_keys import DataKeys
from natija_chassis.opening.opened_event import OpenedEvent, open_event
from natija_chassis.opening.settings import key_encryption_keys
from natija_events.kafka import KafkaConfig, partition_of, read, read_batches
from natija_events.topics import KEYS
from natija_events.types.sealed import sealed_values
from natija_events.wire.record import RecordedEvent
from natija_events.wire.stored_key import StoredKey, read_stored_key
from natija_intake.appeal_view import rendering
from natija_intake.settings import OpenerSettings


async def show(settings: OpenerSettings, number: str, format: str) -> int:
    """Print the appeal *number*. The exit code is 1 when a value does not open, and was not erased.

    Raises `OperatorError` without a KEK, and for an unknown number.
    """
    events = await open_appeal(settings, number)
    if not events:
        raise OperatorError(f"{number} is not in the register")
    show_as = rendering.appeal_json if format == "json" else rendering.appeal_table
    sys.stdout.write(show_as(number, events))
    return 1 if any(one.problems - {"erased"} for one in events) else 0


async def open_appeal(settings: OpenerSettings, number: str) -> Sequence[OpenedEvent]:
    """The events of the appeal *number* with their sealed values opened; none when it is not known."""
    keks = key_encryption_keys(settings)
    events = [event async for event in read(settings.kafka_config, settings.realm, subject=number)]
    keys = DataKeys(await _stored_keys(settings.kafka_config, settings.realm, number, _key_ids(events)), keks)
    return [open_event(event, keys, settings.realm) for event in events]


def _key_ids(events: Sequence[RecordedEvent]) -> frozenset[str]:
    values = (sealed_values(event.data).values() for event in events if event.data is not None)
    return frozenset(value.kid for sealed in values for value in sealed)


async def _stored_keys(kafka: KafkaConfig, realm: str, number: str, wanted: Collection[str]) -> dict[str, StoredKey]:
    """The last record of each of the *wanted* keys, by key id."""
    found: dict[str, StoredKey] = {}
    ids = {kid.encode() for kid in wanted}
    async for batch in read_batches(kafka, KEYS.name(realm), {partition_of(number.encode()): 0}):
        for record in batch:
            if record.key in ids:
                stored = read_stored_key(record.key, record.value)
                found[stored.kid] = stored
    return found
