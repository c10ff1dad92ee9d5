"""A fix of aiokafka 0.14 on uvloop: a broken connection raises an error that aiokafka handles.

aiokafka expects an OSError when it writes to a connection that the broker has reset. Until the reader notices the
reset, uvloop raises RuntimeError (https://github.com/aio-libs/aiokafka/issues/1038). The error ends background
tasks of the client that nothing restarts: those that fetch and those that update metadata. The client then waits
without end. Delete this module once aiokafka handles the error.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

_WRITING_METHODS = ("send", "_send_sasl_token")
_applied = False


def apply() -> None:
    """Have every connection of this process raise KafkaConnectionError. To call it again changes nothing.

    `Publisher` and `read` call it when they start. A program with clients of its own on uvloop calls it first.
    """
    global _applied
    if not _applied:
        _applied = True
        for name in _WRITING_METHODS:
            setattr(AIOKafkaConnection, name, _raising_kafka_error(getattr(AIOKafkaConnection, name)))


def _raising_kafka_error(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def write(self: AIOKafkaConnection, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except RuntimeError as error:
            self.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken") from error

    return write
