"""A connection that the broker resets, on uvloop: whoever writes to it is told, and the client goes on."""

import asyncio
import socket
import struct
from collections.abc import Callable

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.admin import ApiVersionRequest

from natija_events.kafka import aiokafka_patch

_RESET_AT_ONCE = struct.pack("ii", 1, 0)


def _ask(connection: AIOKafkaConnection) -> object:
    return connection.send(ApiVersionRequest())


def _prove(connection: AIOKafkaConnection) -> object:
    return connection._send_sasl_token(b"password")


@pytest.mark.parametrize("write", [_ask, _prove])
def test_write_to_reset_connection_raises(
    write: Callable[[AIOKafkaConnection], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write to a connection that the broker has reset raises KafkaConnectionError."""
    monkeypatch.setattr(AIOKafkaConnection, "_do_version_lookup", _nothing)
    aiokafka_patch.apply()
    errors = uvloop.run(_written_until_it_is_closed(write))
    assert errors
    assert {type(error) for error in errors} == {KafkaConnectionError}


async def _nothing(_: AIOKafkaConnection) -> None: ...


async def _written_until_it_is_closed(write: Callable[[AIOKafkaConnection], object]) -> list[Exception]:
    """The errors of writing, between the broker's reset of the connection and its detection by the client."""
    with socket.create_server(("127.0.0.1", 0)) as broker:
        connection = AIOKafkaConnection(*broker.getsockname())
        await connection.connect()
        accepted, _ = broker.accept()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
        accepted.close()
        errors: list[Exception] = []
        async with asyncio.timeout(10):
            while not errors:
                try:
                    answer = write(connection)
                    asyncio.ensure_future(answer).add_done_callback(_heard)  # type: ignore[call-overload]
                except Exception as error:
                    errors.append(error)
                await asyncio.sleep(0)
        await connection.close()
        return errors


def _heard(answer: "asyncio.Future[object]") -> None:
    """Its error is none of this test's: it was written before the reset was known."""
    answer.exception()
