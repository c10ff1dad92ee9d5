"""Two fixes of aiokafka 0.14: of broken connections on uvloop, and of batches that no memory holds.

- A broken connection raises an error that aiokafka handles. aiokafka expects an OSError when it writes to a connection
  that the broker has reset. Until the reader notices the reset, uvloop raises RuntimeError
  (https://github.com/aio-libs/aiokafka/issues/1038). The error ends background tasks of the client that nothing
  restarts: those that fetch and those that update metadata. The client then waits without end. Delete this part once
  aiokafka handles the error.
- A consumer reads batches within limits. aiokafka decompresses a batch whatever its size: 540 KB took 2.7 GB. See
  `bounded_batches`.
"""

import sys
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

import aiokafka.consumer.fetcher
import aiokafka.record.default_records
import aiokafka.record.legacy_records
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

from natija_events.kafka import bounded_codecs
from natija_events.kafka.bounded_batches import BoundedRecords

_WRITING_METHODS = ("send", "_send_sasl_token")
_CODECS = ("gzip_decode", "snappy_decode", "lz4_decode", "zstd_decode")
_applied = False


def apply() -> None:
    """Have every connection and consumer of this process use the fixes. To call it again changes nothing.

    `Publisher` and `read` call it when they start. A program with clients of its own on uvloop calls it first.
    """
    global _applied
    if not _applied:
        _applied = True
        for name in _WRITING_METHODS:
            setattr(AIOKafkaConnection, name, _raising_kafka_error(getattr(AIOKafkaConnection, name)))
        for module in _modules_with_codecs():
            for name in _CODECS:
                if hasattr(module, name):
                    setattr(module, name, getattr(bounded_codecs, name))
        setattr(aiokafka.consumer.fetcher, "MemoryRecords", BoundedRecords)  # noqa: B010  mypy takes it for a type


def _modules_with_codecs() -> list[ModuleType]:
    """The modules that decompress: in C where there is an extension, and in Python."""
    classes = (aiokafka.record.default_records.DefaultRecordBatch, aiokafka.record.legacy_records.LegacyRecordBatch)
    return [
        aiokafka.record.default_records,
        aiokafka.record.legacy_records,
        *(sys.modules[one.__module__] for one in classes),
    ]


def _raising_kafka_error(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def write(self: AIOKafkaConnection, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except RuntimeError as error:
            self.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken") from error

    return write
