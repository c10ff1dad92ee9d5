"""A TCP proxy between this process's Kafka clients and the broker, which a test cuts, freezes and restores."""

import asyncio
import contextlib
import socket
import struct
from typing import Any

import pytest
from aiokafka.conn import AIOKafkaConnection

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: closing the socket resets the connection."""


class TcpProxy:
    """A TCP relay to *host*:*port*. Clients connect to it whatever address the broker gives them."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._server: asyncio.Server | None = None
        self._accepting = asyncio.Event()
        self._flowing = asyncio.Event()
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.restore()

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection, and each new one at once, until `restore`."""
        self._accepting.clear()
        for end in self._ends:
            end.transport.abort()

    def reset(self) -> None:
        """Reset every connection, as a killed broker does. New connections work."""
        for end in self._ends:
            if (plug := end.get_extra_info("socket")) is not None:
                plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            end.transport.abort()

    def freeze(self) -> None:
        """Keep the connections, but pass no data, until `restore`."""
        self._flowing.clear()

    def restore(self) -> None:
        self._accepting.set()
        self._flowing.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._accepting.is_set():
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(*self._to)
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            self._ends.add(sink)
            task = asyncio.create_task(self._relay(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _relay(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                await self._flowing.wait()
                sink.write(data)
                await sink.drain()
        self._ends.discard(sink)
        sink.transport.abort()


@contextlib.asynccontextmanager
async def proxy_to(kafka: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A proxy to the broker at *kafka* that all clients made meanwhile are proxied into."""
    host, _, port = kafka.rpartition(":")
    proxy = TcpProxy(host, int(port))
    await proxy.open()
    plain: Any = AIOKafkaConnection.__init__

    def connect_to_proxy(self: AIOKafkaConnection, _host: str, _port: int, **settings: Any) -> None:
        plain(self, "127.0.0.1", proxy.port, **settings)

    monkeypatch.setattr(AIOKafkaConnection, "__init__", connect_to_proxy)
    try:
        yield proxy
    finally:
        monkeypatch.undo()
        await proxy.close()
