"""Requests of Kafka's protocol that aiokafka 0.14 does not know: topic ids (KIP-516), transactions and producers
(KIP-664)."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

from aiokafka.protocol import api, types


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


def metadata_request(topic: str) -> Any:
    """A Metadata request of version 12, the first whose answer names topic ids; aiokafka stops at version 5."""
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


_TEXT, _TAGS = types.CompactString("utf-8"), ("tags", types.TaggedFields)


class _ListTransactionsResponse0(api.Response):
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 66, 0, True
    SCHEMA = types.Schema(
        ("throttle_time_ms", types.Int32), ("error_code", types.Int16),
        ("unknown_states", types.CompactArray(_TEXT)),
        ("transactions", types.CompactArray(
            ("transactional_id", _TEXT), ("producer_id", types.Int64), ("state", _TEXT), _TAGS,
        )),
        _TAGS,
    )  # fmt: skip


class _ListTransactions0(api.RequestStruct):
    API_KEY, API_VERSION, FLEXIBLE_VERSION, RESPONSE_TYPE = 66, 0, True, _ListTransactionsResponse0
    SCHEMA = types.Schema(
        ("states", types.CompactArray(_TEXT)), ("producer_ids", types.CompactArray(types.Int64)), _TAGS
    )


class ListTransactions(api.Request[_ListTransactions0]):
    """Kafka's ListTransactions (KIP-664), of all states; only those of *producer_ids* if some are given."""

    API_KEY = 66

    def __init__(self, producer_ids: Sequence[int] = ()) -> None:
        self._producer_ids = list(producer_ids)

    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class([], self._producer_ids, {})


class _DescribeProducersResponse0(api.Response):
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 61, 0, True
    SCHEMA = types.Schema(
        ("throttle_time_ms", types.Int32),
        ("topics", types.CompactArray(
            ("name", _TEXT),
            ("partitions", types.CompactArray(
                ("partition", types.Int32), ("error_code", types.Int16), ("error_message", _TEXT),
                ("active_producers", types.CompactArray(
                    ("producer_id", types.Int64), ("producer_epoch", types.Int32), ("last_sequence", types.Int32),
                    ("last_timestamp", types.Int64), ("coordinator_epoch", types.Int32),
                    ("current_txn_start_offset", types.Int64), _TAGS,
                )),
                _TAGS,
            )),
            _TAGS,
        )),
        _TAGS,
    )  # fmt: skip


class _DescribeProducers0(api.RequestStruct):
    API_KEY, API_VERSION, FLEXIBLE_VERSION, RESPONSE_TYPE = 61, 0, True, _DescribeProducersResponse0
    SCHEMA = types.Schema(
        ("topics", types.CompactArray(("name", _TEXT), ("partitions", types.CompactArray(types.Int32)), _TAGS)), _TAGS
    )


class DescribeProducers(api.Request[_DescribeProducers0]):
    """Kafka's DescribeProducers (KIP-664) of one *partition*; for its leader."""

    API_KEY = 61

    def __init__(self, topic: str, partition: int) -> None:
        self._topic, self._partition = topic, partition

    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class([(self._topic, [self._partition], {})], {})
