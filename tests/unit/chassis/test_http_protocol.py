"""A client is limited: in a request's head, in its connections, and in the time that it takes."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from prometheus_client import REGISTRY
from tests.eventually import eventually
from uvicorn import Config

from natija_chassis.process.connections import (
    ANSWER_SECONDS,
    BODY_RATE,
    BODY_SECONDS,
    HEAD_SECONDS,
    ConnectionPhase,
    Connections,
    Limits,
    allow_open_files,
)
from natija_chassis.process.http_protocol import MAX_HEAD_BYTES, HttpServer, LimitedProtocol

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers 204, or begins an answer at `/slow` that ends when the client closes."""
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.disconnect":
        return
    await send({"type": "http.response.start", "status": 204 if scope["path"] == "/" else 200, "headers": []})
    if scope["path"] == "/slow":
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        await receive()
    await send({"type": "http.response.body", "body": b""})


class Place:
    """A server with *connections* on a clock of its own."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.connections = Connections("api", Limits(connections=5, per_address=4), lambda: self.now)
        self.port = 0
        self.protocols: list[LimitedProtocol] = []

    async def connect(self, address: str = "127.0.0.1") -> "Client":
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
        return Client(reader, writer)

    async def until(self, phases: dict[ConnectionPhase, int]) -> None:
        """Return once so many connections are in each phase."""
        await eventually(lambda: self.connections.phases() == phases, pause=0.005)

    async def said(self, *pieces: bytes) -> bytes:
        """The first line of the answer to a request in these *pieces*; empty when the connection is closed."""
        client = await self.connect()
        try:
            return await client.said(*pieces, b"\r\n")
        finally:
            client.writer.close()


class Client:
    """A client's end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def said(self, *pieces: bytes) -> bytes:
        """The next line that the server sends after these *pieces*; empty when it closes the connection."""
        try:
            for piece in pieces:
                self.writer.write(piece)
                await self.writer.drain()
            return (await self.reader.readline()).strip()
        except ConnectionError:
            return b""

    async def until_closed(self) -> None:
        """Return once the server has closed the connection."""
        with contextlib.suppress(ConnectionError):
            await self.reader.read()


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    place = Place()
    listener = socket.create_server(("127.0.0.1", 0))
    place.port = listener.getsockname()[1]

    def protocol(**of_uvicorn: Any) -> LimitedProtocol:
        place.protocols.append(LimitedProtocol(limited=place.connections, **of_uvicorn))
        return place.protocols[-1]

    http: Any = protocol
    config = Config(
        app,
        http=http,
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=1,
        date_header=False,
        server_header=False,
    )
    server = HttpServer(config, place.connections)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield place
    server.should_exit = True
    await serving


def cut(reason: str) -> float:
    return REGISTRY.get_sample_value("natija_http_connections_cut_total", {"reason": reason}) or 0.0


class TestHead:
    async def test_endless_head_is_cut_off(self, place: Place) -> None:
        """A head that never ends closes the connection; a large body does not."""
        header = b"A: " + b"x" * 1000 + b"\r\n"
        for pieces in ([header] * 5000, [b"A: ", *[b"x" * 1000] * 5000]):
            assert await place.said(POST, *pieces) == b""
        size = 4 * MAX_HEAD_BYTES
        body = [b"content-length: %d\r\n\r\n" % size, *[b"x" * 1000] * (size // 1000), b"x" * (size % 1000)]
        assert b"204" in await place.said(POST, *[header] * 10, *body)

    async def test_large_head_in_one_piece_is_400(self, place: Place) -> None:
        for head in (b"A: " + b"x" * MAX_HEAD_BYTES + b"\r\n", b"A: b\r\n" * (MAX_HEAD_BYTES // 2)):
            assert await place.said(GET + head) in (b"HTTP/1.1 400 Bad Request", b"")

    async def test_body_does_not_count_as_head(self, place: Place) -> None:
        """A long appeal comes in one piece with its head and with the head of the next request."""
        size = 2 * MAX_HEAD_BYTES
        request = POST + b"content-length: %d\r\n\r\n" % size + b"x" * size
        assert b"204" in await place.said(request)
        client = await place.connect()
        await place.until({"head": 1})
        place.protocols[-1].data_received(request + GET)  # a socket may cut it into pieces
        assert b"204" in await client.said()
        await client.said()
        assert b"204" in await client.said(b"\r\n")
        client.writer.close()


SLOW: list[tuple[bytes, ConnectionPhase, float]] = [
    (b"", "head", HEAD_SECONDS),
    (GET, "head", HEAD_SECONDS),
    (POST + b"content-length: 9\r\n\r\n123", "body", BODY_SECONDS),
    (GET.replace(b"/", b"/slow", 1) + b"\r\n", "answer", ANSWER_SECONDS),
]


@pytest.mark.parametrize(("sent", "phase", "seconds"), SLOW)
async def test_slow_client_is_cut(place: Place, sent: bytes, phase: ConnectionPhase, seconds: float) -> None:
    """It gets 408 unless its answer has begun. The test moves the clock."""
    before, client = cut(f"slow_{phase}"), await place.connect()
    client.writer.write(sent)
    await place.until({phase: 1})
    place.now += seconds - 0.1
    place.connections.cut_slow()
    assert place.connections.phases() == {phase: 1}
    place.now += 0.2
    first = await client.said()
    assert first == (b"HTTP/1.1 200 OK" if phase == "answer" else b"HTTP/1.1 408 Request Timeout")
    await client.until_closed()
    assert cut(f"slow_{phase}") == before + 1
    assert place.connections.phases() == {}


async def test_body_has_a_least_rate(place: Place) -> None:
    """A slow line is not cut while its body goes on, a trickle is: each byte gives its own small time."""
    client, size = await place.connect(), 20 * BODY_RATE
    client.writer.write(POST + b"content-length: %d\r\n\r\n" % size)
    await place.until({"body": 1})
    received = place.protocols[-1].data_received
    for _ in range(19):
        place.now += 2.0
        received(b"x" * BODY_RATE)
        place.connections.cut_slow()
    assert place.connections.phases() == {"body": 1}
    place.now += BODY_SECONDS - 38 + 19
    for _ in range(10):
        received(b"x")
    place.connections.cut_slow()
    assert place.connections.phases() == {"body": 1}
    place.now += 1.0
    place.connections.cut_slow()
    assert await client.said() == b"HTTP/1.1 408 Request Timeout"


async def test_each_request_has_its_own_time(place: Place) -> None:
    """A connection that is kept alive, with a request every nine seconds."""
    client = await place.connect()
    for _ in range(3):
        assert b"204" in await client.said(GET + b"\r\n")
        await client.said()  # the empty line after the head
        await place.until({"head": 1})
        place.now += HEAD_SECONDS - 1
        place.connections.cut_slow()
    client.writer.close()


async def test_new_connection_replaces_the_idlest(place: Place) -> None:
    """At the limit of five, idle connections keep nobody out."""
    idle = []
    for number in range(5):
        idle.append(await place.connect(f"127.0.0.{2 + number % 2}"))
        await place.until({"head": number + 1})
    assert b"204" in await place.said(GET)
    assert await idle[0].said() == b"HTTP/1.1 503 Service Unavailable"
    await place.until({"head": 4})
    for client in idle:
        client.writer.close()


async def test_busy_connections_are_not_replaced(place: Place) -> None:
    """When all five are at work, the sixth gets 503."""
    busy = []
    for number in range(5):
        busy.append(await place.connect(f"127.0.0.{2 + number % 2}"))
        busy[-1].writer.write(SLOW[2][0])
        await place.until({"body": number + 1})
    before = cut("too_many")
    assert b"503" in await (await place.connect()).said()
    assert cut("too_many") == before + 1
    for client in busy:
        assert b"204" in await client.said(b"456789")
        client.writer.close()


async def test_one_address_has_a_limit(place: Place) -> None:
    """The fifth connection of one address gets 503, one of another address does not."""
    idle = []
    for number in range(4):
        idle.append(await place.connect())
        await place.until({"head": number + 1})
    before = cut("too_many_of_address")
    assert b"503" in await (await place.connect()).said()
    other = await place.connect("127.0.0.2")
    assert b"204" in await other.said(GET + b"\r\n")
    assert cut("too_many_of_address") == before + 1
    for client in (*idle, other):
        client.writer.close()
    await place.until({})
    assert b"204" in await place.said(GET)


@pytest.fixture
def open_files() -> Iterator[tuple[int, int]]:
    """The limits of open files, which are the same again after the test."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_limit_of_open_files_is_raised(open_files: tuple[int, int], caplog: pytest.LogCaptureFixture) -> None:
    """A limit that is high enough stays. If it is too low, fewer connections are accepted, and the log says so."""
    _, hard = open_files
    resource.setrlimit(resource.RLIMIT_NOFILE, (600, hard))
    assert allow_open_files(50) == 50
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 600
    assert allow_open_files(200) == 200
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (700, hard)
    assert caplog.records == []
    if hard > 0:
        assert allow_open_files(hard) == hard - 500
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
        assert "HTTP connections fit" in caplog.text
