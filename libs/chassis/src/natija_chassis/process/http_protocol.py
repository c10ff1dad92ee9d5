"""uvicorn's HTTP protocol with limits: of a request's head, of connections, and of the time that a client may take."""

from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from natija_chassis.process.connections import Connections, CutReason

MAX_HEAD_BYTES = 65_536
"""Of a request before its body."""

_STATUS: dict[CutReason, int] = {"slow_head": 408, "slow_body": 408, "too_many": 503, "too_many_of_address": 503}


class HttpServer(uvicorn.Server):
    """uvicorn's server, which cuts slow *connections* once a second. The caller handles signals."""

    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self._connections = connections

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:
            self._connections.cut_slow()
        return await super().on_tick(counter)


class LimitedProtocol(HttpToolsProtocol):
    """One connection of *limited*, the connections of its server."""

    def __init__(self, *, limited: Connections, **of_uvicorn: Any) -> None:
        super().__init__(**of_uvicorn)
        self._limited = limited
        self._head: int | None = 0
        """Bytes of a head that has not ended; None after one has, until the next begins."""
        self._begun = False
        """Whether a head began in the bytes that are being read. How many of them belong to it is not known."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._limited.add(self, self.client[0] if self.client else "")

    def connection_lost(self, exc: Exception | None) -> None:
        self._limited.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._begun = False
        super().data_received(data)
        self._limited.receive(self, len(data))
        if self._head is not None and not self._begun:
            self._head += len(data)
            if self._head > MAX_HEAD_BYTES:
                self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head, self._begun = 0, True

    def on_headers_complete(self) -> None:
        """Raises ValueError for a head that came in one piece and is too large: the parser makes it an answer 400."""
        self._head = None
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MAX_HEAD_BYTES:
            raise ValueError
        self._limited.enter(self, "body")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._limited.enter(self, "head" if self.cycle.response_complete else "answer")
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._limited.enter(self, "answer" if self.pipeline else "head")
        super().on_response_complete()

    def cut(self, reason: CutReason) -> None:
        """Close the connection; with a status, unless an answer has begun."""
        status = _STATUS.get(reason)
        answering = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        if status is None or answering:
            self.transport.abort()
            return
        self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()
