"""Whose log a database was made from: offsets mean something on one topic of one cluster only."""

from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Column, Integer, Table, Text, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis import checkpoints
from natija_chassis.projection import Projection
from natija_chassis.refusal import Refused

if TYPE_CHECKING:
    from natija_events.kafka import Kafka

table = Table(
    "identity",
    checkpoints.metadata,
    Column("cluster", Text, nullable=False),
    Column("topic_id", Text, nullable=False),
    Column("realm", Text, nullable=False),
    Column("version", Integer, nullable=False, primary_key=True, autoincrement=False),
)


class Log(NamedTuple):
    """Which log it is: Kafka's cluster id, the id the topic got when it was made (KIP-516), and the realm."""

    cluster: str
    topic_id: str
    realm: str


class Identity(NamedTuple):
    """What a schema was filled from, and by which version of the projection."""

    cluster: str
    topic_id: str
    realm: str
    version: int

    @property
    def log(self) -> Log:
        return Log(self.cluster, self.topic_id, self.realm)


async def of_schema(connection: AsyncConnection) -> Identity | None:
    """The identity kept in the schema that *connection* sees; None before the first start."""
    row = (await connection.execute(select(table))).one_or_none()
    return None if row is None else Identity(*row)


async def claim(connection: AsyncConnection, log: Log, projection: Projection) -> None:
    """Check that the schema belongs to *log* and to this version, or mark a fresh one so. Raises `Refused`."""
    kept = await of_schema(connection)
    if kept is None:
        await connection.execute(insert(table), {**log._asdict(), "version": projection.version})
        return
    if kept.log != log:
        raise Refused(
            f"the database of {projection.service} belongs to another log: it was made from topic {kept.topic_id} of "
            f"cluster {kept.cluster}, realm {kept.realm}; this is topic {log.topic_id} of cluster {log.cluster}, realm "
            f"{log.realm}. Point NATIJA_KAFKA at its own cluster, or drop the database and let it fill anew"
        )
    check_version(kept.version, projection)


class Older(Refused):
    """The tables in use are of an older version than this program: a rebuild will put its own in their place."""


def check_version(version: int | None, projection: Projection) -> None:
    """Raise `Refused` unless the tables in use are of this projection's version; `Older` where a rebuild helps."""
    if version != projection.version:
        refuses = Older if version is not None and version < projection.version else Refused
        raise refuses(
            f"the tables of {projection.service} are of projection version {version}, this program is of version "
            f"{projection.version}: run `natija rebuild {projection.service}` with the newer program"
        )


async def of_log(kafka: "Kafka", realm: str) -> Log:
    """Ask the cluster which log this is. Raises KafkaError, or `Refused` when the topic does not exist."""
    from aiokafka.client import AIOKafkaClient
    from aiokafka.errors import UnknownTopicOrPartitionError, for_code

    from natija_events.topics import LOG

    topic = LOG.name(realm)
    client: Any = AIOKafkaClient(**kafka.client(), client_id="natija-identity")
    await client.bootstrap()
    try:
        response = await client.send(client.get_random_node(), _metadata_request(topic))
    finally:
        await client.close()
    (error, _, topic_id, *_), *_ = response.topics
    if error == UnknownTopicOrPartitionError.errno:
        raise Refused(f"topic {topic} does not exist: run `natija provision`")
    if error:
        raise for_code(error)(f"Kafka does not tell of topic {topic}")
    return Log(response.cluster_id, topic_id, realm.lower())


class _Uuid:
    """Kafka's wire form of a UUID, which aiokafka 0.14 does not know; written as Kafka's own tools do."""

    @classmethod
    def encode(cls, value: str | None) -> bytes:
        return b"\0" * 16

    @classmethod
    def decode(cls, data: Any) -> str:
        return urlsafe_b64encode(data.read(16)).rstrip(b"=").decode()

    @classmethod
    def repr(cls, value: str) -> str:
        return value


def _metadata_request(topic: str) -> Any:
    """A Metadata request of version 12, the first whose answer names topic ids; aiokafka stops at version 5."""
    from aiokafka.protocol import api, types

    nullable, int16, int32 = types.CompactString("utf-8"), types.Int16, types.Int32
    uuid: Any = _Uuid
    tags = ("tags", types.TaggedFields)
    broker = (("node_id", int32), ("host", nullable), ("port", int32), ("rack", nullable), tags)
    partition = (
        ("error_code", int16), ("partition", int32), ("leader", int32), ("leader_epoch", int32),
        ("replicas", types.CompactArray(int32)), ("isr", types.CompactArray(int32)),
        ("offline_replicas", types.CompactArray(int32)), tags,
    )  # fmt: skip
    described = (
        ("error_code", int16), ("name", nullable), ("topic_id", uuid), ("is_internal", types.Boolean),
        ("partitions", types.CompactArray(*partition)), ("authorized_operations", int32), tags,
    )  # fmt: skip

    class MetadataResponse12(api.Response):
        API_KEY, API_VERSION, FLEXIBLE_VERSION = 3, 12, True
        SCHEMA = types.Schema(
            ("throttle_time_ms", int32), ("brokers", types.CompactArray(*broker)), ("cluster_id", nullable),
            ("controller_id", int32), ("topics", types.CompactArray(*described)), tags,
        )  # fmt: skip

    class MetadataRequest12(api.RequestStruct):
        API_KEY, API_VERSION, FLEXIBLE_VERSION, RESPONSE_TYPE = 3, 12, True, MetadataResponse12
        SCHEMA = types.Schema(
            ("topics", types.CompactArray(("topic_id", uuid), ("name", nullable), tags)),
            ("allow_auto_topic_creation", types.Boolean), ("include_authorized_operations", types.Boolean), tags,
        )  # fmt: skip

    class MetadataRequest(api.Request[MetadataRequest12]):
        API_KEY = 3

        def build(self, request_struct_class: Any) -> Any:
            return request_struct_class([(None, topic, {})], False, False, {})

    return MetadataRequest()
