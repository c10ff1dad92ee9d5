"""Sends `POST /appeals`: a client that costs little beside its server."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

APPEAL = json.dumps(
    {
        "kind": "application", "channel": "electronic", "language": "ky", "region": "chuy", "topic": "roads",
        "applicant": {"name": "Айгүл Асанова", "phone": "+996 555 000 000"},
        "text": "Айылдын жолун оңдоп бериңиздер.",
    }
).encode()  # fmt: skip


def new_request() -> bytes:
    """One more appeal: the same words under another key are another appeal."""
    head = (
        f"POST /appeals HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Idempotency-Key: {uuid4()}\r\nContent-Length: {len(APPEAL)}\r\n\r\n"
    )
    return head.encode() + APPEAL


class Connection(asyncio.Protocol):
    """One kept-alive connection; a request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[bytes] | None = None

    @classmethod
    async def open(cls, url: str) -> "Connection":
        place = urlsplit(url)
        _, connection = await asyncio.get_running_loop().create_connection(cls, place.hostname or "", place.port or 80)
        return connection

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    @property
    def closed(self) -> bool:
        """True once either side closed the connection; the server does so after 5 quiet seconds."""
        return bool(self._transport.is_closing())

    async def post(self) -> bytes:
        """Send an appeal; the body of its answer. Raises RuntimeError for any status but 201."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(new_request())
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or self._answer is None:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        self._buffer, answer, self._answer = b"", self._answer, None
        if answer.done():  # nobody waits for it any more
            return
        if head.startswith(b"HTTP/1.1 201"):
            answer.set_result(body)
        else:
            answer.set_exception(RuntimeError(head.partition(b"\r\n")[0].decode()))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(RuntimeError("the server closed the connection"))

    def close(self) -> None:
        self._transport.close()


async def post_concurrently(url: str, posts: int, connections: int, answered: Callable[[], None]) -> None:
    """Send so many *posts* on so many *connections*, each as soon as the one before is answered."""
    turns: Iterator[int] = iter(range(posts))
    opened = [await Connection.open(url) for _ in range(connections)]

    async def send(connection: Connection) -> None:
        for _ in turns:
            await connection.post()
            answered()

    try:
        await asyncio.gather(*map(send, opened))
    finally:
        for connection in opened:
            connection.close()
