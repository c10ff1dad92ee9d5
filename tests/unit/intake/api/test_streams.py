"""The stream of outcomes over HTTP: its frames, its places, and its limit."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
from starlette.requests import HTTPConnection
from tests.unit.intake.publishers.test_outcomes import DESK, decided

from natija_chassis.http.access import Principal
from natija_chassis.http.app import create_apps
from natija_chassis.process.health import Health
from natija_chassis.settings import Settings
from natija_events.reference.data import ReferenceData
from natija_intake.api import streams as streams_api
from natija_intake.outcomes.store import StoredOutcome
from natija_intake.proposals.streams import MOST_OF_PUBLISHER, Placed, RelayStreams, StreamPlace, TooManyStreams


class Streams(RelayStreams):
    """Has one outcome, then nothing for a while; it remembers where a client went on."""

    after: StreamPlace | None = None

    def __init__(self) -> None:
        nowhere: Any = None
        super().__init__(nowhere)

    async def follow(self, read: Any, after: StreamPlace | None) -> AsyncIterator[Sequence[Any]]:
        self.after = after
        yield [Placed(StreamPlace("ab12", 7), StoredOutcome(7, decided("unlawful")))]
        yield []


async def as_desk(request: HTTPConnection) -> Principal:
    """Every request is one of the desk."""
    return Principal("desk", frozenset({"publisher"}), None, DESK)


@pytest.fixture
def streams() -> Streams:
    return Streams()


@pytest.fixture
async def client(streams: Streams) -> AsyncIterator[httpx.AsyncClient]:
    nothing: Any = None
    apps = create_apps(
        Settings(), title="x", about="X.", health=lambda: Health(True, "ready"),
        routers=[streams_api.router(streams, nothing, ReferenceData)], rows=streams_api.ACCESS,
        more_authenticators=[as_desk],
    )  # fmt: skip
    async with httpx.AsyncClient(transport=httpx.ASGITransport(apps.api), base_url="http://localhost") as client:
        yield client


async def test_frames_have_place_and_outcome(client: httpx.AsyncClient, streams: Streams) -> None:
    """A heartbeat comes when there is nothing new. The client says where to go on."""
    answer = await client.get("/outcomes", headers={"Last-Event-ID": "ab12-6"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    retry, frame, heartbeat = answer.text.strip().split("\n\n")
    assert retry == "retry: 1000"
    assert frame.startswith('id: ab12-7\nevent: outcome\ndata: {"decision": "rejected", ')
    assert heartbeat == ": nothing new"
    assert streams.after == ("ab12", 6)


@pytest.mark.parametrize("place", ["7", "-7", "ab12-", "ab12-x", "ab12-" + "9" * 19, "a b-7"])
async def test_wrong_place_is_refused(client: httpx.AsyncClient, place: str) -> None:
    answer = await client.get("/outcomes", headers={"Last-Event-ID": place})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "header.Last-Event-ID")


async def test_streams_of_publisher_are_limited(client: httpx.AsyncClient, streams: Streams) -> None:
    """A stream that has ended makes room; one publisher takes no other's."""
    for _ in range(MOST_OF_PUBLISHER + 1):
        assert (await client.get("/outcomes")).status_code == 200
    for _ in range(MOST_OF_PUBLISHER):
        streams.acquire(DESK)
    assert (await client.get("/outcomes")).status_code == 429
    streams.acquire("/desks/other")
    streams.release(DESK)
    assert (await client.get("/outcomes")).status_code == 200
    streams.acquire(DESK)
    with pytest.raises(TooManyStreams):
        streams.acquire(DESK)
