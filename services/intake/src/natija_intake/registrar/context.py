"""The parts that all shards of one registrar process share."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.clock import Clock
from natija_chassis.realm.reference_reader import ReferenceReader
from natija_events.kafka import KafkaConfig
from natija_intake.registrar.sealed_values import RegistrarKeys


@dataclass(frozen=True, slots=True)
class RegistrarContext:
    """Servers, reference data and limits of one registrar process.

    *realm* is in lower case. *keys* open sealed values and wrap their data keys. *batch_records* is the upper bound
    of a batch; *fetch_max_wait* is how long, in seconds, Kafka may wait for a fetch to fill.
    """

    kafka: KafkaConfig
    realm: str
    engine: AsyncEngine
    reference: ReferenceReader
    keys: RegistrarKeys
    clock: Clock
    batch_records: int
    fetch_max_wait: float
