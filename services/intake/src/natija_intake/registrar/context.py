"""The parts that all shards of one registrar process share."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.clock import Clock
from natija_chassis.realm.reference_reader import ReferenceReader
from natija_events.encryption import Sealer
from natija_events.kafka import KafkaConfig


@dataclass(frozen=True, slots=True)
class RegistrarContext:
    """Servers, reference data and limits of one registrar process.

    *realm* is in lower case. *sealer* encrypts the originals of rejected proposals. *batch_records* is the upper bound
    of a batch; *fetch_max_wait* is how long, in seconds, Kafka may wait for a fetch to fill.
    """

    kafka: KafkaConfig
    realm: str
    engine: AsyncEngine
    reference: ReferenceReader
    sealer: Sealer
    clock: Clock
    batch_records: int
    fetch_max_wait: float
