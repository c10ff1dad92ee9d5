"""A broken connection of aiokafka's, on uvloop, said to be broken.

aiokafka expects an OSError where it writes to a connection that the broker has reset. uvloop raises RuntimeError
there, for as long as the reader has not heard of it (https://github.com/aio-libs/aiokafka/issues/1038). That ends tasks
of the client's own, which fetch and which keep metadata, and nothing starts them again: the client then waits for ever.
To be deleted once aiokafka handles it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError


def apply() -> None:
    """Have every connection raise KafkaConnectionError, as it does on asyncio's own loop."""
    for name in ("send", "_send_sasl_token"):
        setattr(AIOKafkaConnection, name, _raising_kafka_error(getattr(AIOKafkaConnection, name)))


def _raising_kafka_error(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def write(self: AIOKafkaConnection, *given: Any, **named: Any) -> Any:
        try:
            return method(self, *given, **named)
        except RuntimeError as error:
            self.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken") from error

    return write
