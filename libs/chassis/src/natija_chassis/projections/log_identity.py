"""Whose log a database was made from: offsets mean something on one topic of one cluster only."""

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Column, Integer, Table, Text, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.errors import OperatorError
from natija_chassis.projections import checkpoints
from natija_chassis.projections.projection import Projection

if TYPE_CHECKING:
    from natija_events.kafka import KafkaConfig

table = Table(
    "identity",
    checkpoints.metadata,
    Column("cluster", Text, nullable=False),
    Column("topic_id", Text, nullable=False),
    Column("realm", Text, nullable=False),
    Column("version", Integer, nullable=False, primary_key=True, autoincrement=False),
)


class LogIdentity(NamedTuple):
    """Which log it is: Kafka's cluster id, the id the topic got when it was made (KIP-516), and the realm."""

    cluster: str
    topic_id: str
    realm: str


class SchemaIdentity(NamedTuple):
    """The log that a schema was filled from, and the version of the projection."""

    cluster: str
    topic_id: str
    realm: str
    version: int

    @property
    def log(self) -> LogIdentity:
        return LogIdentity(self.cluster, self.topic_id, self.realm)


async def load(connection: AsyncConnection) -> SchemaIdentity | None:
    """The identity kept in the schema that *connection* sees; None before the first start."""
    row = (await connection.execute(select(table))).one_or_none()
    return None if row is None else SchemaIdentity(*row)


async def claim(connection: AsyncConnection, log: LogIdentity, projection: Projection) -> None:
    """Check that the schema belongs to *log* and to this version, or mark a fresh one so. Raises `OperatorError`."""
    kept = await load(connection)
    if kept is None:
        await connection.execute(insert(table), {**log._asdict(), "version": projection.version})
        return
    if kept.log != log:
        raise OperatorError(
            f"the database of {projection.service} belongs to another log: it was made from topic {kept.topic_id} of "
            f"cluster {kept.cluster}, realm {kept.realm}; this is topic {log.topic_id} of cluster {log.cluster}, realm "
            f"{log.realm}. Point NATIJA_KAFKA at its own cluster, or drop the database and let it fill again"
        )
    check_version(kept.version, projection)


class OutdatedSchema(OperatorError):
    """The tables in use are of an older version than this program: a rebuild will replace them."""


def check_version(version: int | None, projection: Projection) -> None:
    """Raise `OperatorError` unless the live tables are of this version; `OutdatedSchema` if a rebuild helps."""
    if version != projection.version:
        refuses = OutdatedSchema if version is not None and version < projection.version else OperatorError
        raise refuses(
            f"the tables of {projection.service} are of projection version {version}, this program is of version "
            f"{projection.version}: run `natija projection rebuild {projection.service}` with the newer program"
        )


async def fetch(kafka: "KafkaConfig", realm: str) -> LogIdentity:
    """Ask the cluster which log this is. Raises KafkaError, or `OperatorError` when the topic does not exist."""
    from natija_chassis.kafka.topic_identity import fetch_identity
    from natija_events.topics import LOG

    return LogIdentity(*await fetch_identity(kafka, LOG.name(realm)), realm.lower())
