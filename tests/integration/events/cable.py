"""The cable between this process's Kafka clients and the broker: cut, frozen and fixed while the broker runs on."""

import asyncio
import contextlib
import socket
import struct
from typing import Any

import pytest
from aiokafka.conn import AIOKafkaConnection

_AT_ONCE = struct.pack("ii", 1, 0)
"""To close means to reset, without a good-bye."""


class Cable:
    """A TCP relay to *host*:*port*. Clients connect to it wherever the broker says that it listens."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._server: asyncio.Server | None = None
        self._whole = asyncio.Event()
        self._flowing = asyncio.Event()
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._plugged_in, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.fix()

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Every connection breaks, and each new one at once, until fixed."""
        self._whole.clear()
        for end in self._ends:
            end.transport.abort()

    def reset(self) -> None:
        """Every connection is reset, as by a broker that is killed; new ones hold."""
        for end in self._ends:
            if (plug := end.get_extra_info("socket")) is not None:
                plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            end.transport.abort()

    def freeze(self) -> None:
        """Connections stay, and nothing comes through, until fixed."""
        self._flowing.clear()

    def fix(self) -> None:
        self._whole.set()
        self._flowing.set()

    async def _plugged_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole.is_set():
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
async def cable_to(kafka: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A cable to the broker at *kafka* that all clients made meanwhile are plugged into."""
    host, _, port = kafka.rpartition(":")
    cable = Cable(host, int(port))
    await cable.open()
    plain: Any = AIOKafkaConnection.__init__

    def plugged_in(self: AIOKafkaConnection, _host: str, _port: int, **settings: Any) -> None:
        plain(self, "127.0.0.1", cable.port, **settings)

    monkeypatch.setattr(AIOKafkaConnection, "__init__", plugged_in)
    try:
        yield cable
    finally:
        monkeypatch.undo()
        await cable.close()
