"""A request's head has an end, however it comes in."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from uvicorn import Config, Server

from natija_chassis.process.run import MAX_HEAD_BYTES, _Protocol


async def app(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
async def place() -> AsyncIterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(Config(app, http=_Protocol, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield listener.getsockname()[1]
    server.should_exit = True
    await serving


async def said(port: int, *pieces: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        writer.write(b"\r\n")
        return (await reader.readline()).strip()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_endless_head_is_cut_off(place: int) -> None:
    """A head that never ends closes the connection; a large body does not."""
    start, header = b"POST / HTTP/1.1\r\nHost: x\r\n", b"A: " + b"x" * 1000 + b"\r\n"
    assert await said(place, start, *[header] * (MAX_HEAD_BYTES // 1000 + 1)) == b""
    assert await said(place, start, b"A: ", *[b"x" * 1000] * (MAX_HEAD_BYTES // 1000 + 1)) == b""
    size = 4 * MAX_HEAD_BYTES
    body = [b"content-length: %d\r\n\r\n" % size, *[b"x" * 1000] * (size // 1000), b"x" * (size % 1000)]
    assert b"204" in await said(place, start, *[header] * 10, *body)
