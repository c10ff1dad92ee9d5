"""Requests to an app in this process, as bytes: a client library would refuse to send most of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from starlette.types import ASGIApp, Message


class Request(NamedTuple):
    """A request. *path* and *query* are as on the wire, header names in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b""


class Answer(NamedTuple):
    """Its answer."""

    status: int
    media_type: str
    body: bytes


async def send(app: ASGIApp, request: Request) -> Answer:
    """The answer of *app*."""
    length = (b"content-length", str(len(request.body)).encode())
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "root_path": "",
        "method": request.method, "path": unquote(request.path), "raw_path": request.path.encode("utf-8", "replace"),
        "query_string": request.query.encode("utf-8", "replace"), "client": ("127.0.0.1", 1),
        "server": ("localhost", 80), "headers": [(b"host", b"localhost"), *request.headers, length],
    }  # fmt: skip
    sent: list[Message] = []
    unread = [{"type": "http.request", "body": request.body, "more_body": False}]

    async def receive() -> Message:
        return unread.pop() if unread else {"type": "http.disconnect"}

    async def keep(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, keep)
    start, *parts = sent
    headers = dict(start["headers"])
    media_type = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0]
    return Answer(start["status"], media_type, b"".join(part.get("body", b"") for part in parts))
