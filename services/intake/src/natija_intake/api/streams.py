"""`GET /outcomes` and `GET /events`: what a publisher may read back, as server-sent events."""

import json
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.types import Receive, Scope, Send

from natija_chassis.http import problems
from natija_chassis.http.access import access
from natija_chassis.http.problems import Problem
from natija_events.reference.data import GetReferenceData
from natija_events.wire.envelope import attributes, rfc3339
from natija_events.wire.outcome import outcome_value
from natija_events.wire.record import RecordedEvent
from natija_intake.api.proposals import source_of
from natija_intake.outcomes import shared_store, store
from natija_intake.outcomes.log_lookup import LogLookup, LogUnavailable
from natija_intake.outcomes.sharing import body_reader, source_reader
from natija_intake.outcomes.store import StoredOutcome
from natija_intake.proposals.streams import Placed, RelayStreams, StreamPlace, TooManyStreams

ACCESS = tuple(access("GET", path, "publisher", bodies="own") for path in ("/outcomes", "/events"))
MEDIA_TYPE = "text/event-stream"
_RETRY = b"retry: 1000\n\n"
_HEARTBEAT = b": nothing new\n\n"
_RESPONSES = {200: {"content": {MEDIA_TYPE: {}}}, **problems.responses(401, 403, 422, 429)}
LastEventId = Annotated[str | None, Header(max_length=64)]


def router(streams: RelayStreams, log: LogLookup, reference: GetReferenceData) -> APIRouter:
    """The routes. Each publisher gets what is its own, and nothing else."""
    api = APIRouter(tags=["proposals"])

    @api.get("/outcomes", response_class=StreamingResponse, responses=_RESPONSES)
    async def outcomes(request: Request, last_event_id: LastEventId = None) -> StreamingResponse:
        """The outcomes of your proposals, oldest first, as server-sent events. It goes on with new ones.

        The stream ends after some minutes. Connect again with the header `Last-Event-ID`, as browsers do: it goes on
        after that event, also after a restart. Without it, it begins with the oldest outcome that is kept (90 days).
        """
        source = source_of(request)

        async def read(connection: AsyncConnection, position: int, most: int) -> Sequence[StoredOutcome]:
            return await store.outcomes_after(connection, source, position, most)

        after = _parsed(last_event_id)
        return _open(streams, source, _outcome_frames(streams.follow(read, after)))

    @api.get("/events", response_class=StreamingResponse, responses=_RESPONSES)
    async def events(request: Request, last_event_id: LastEventId = None) -> StreamingResponse:
        """The registered events of appeals that you opened, or that your body holds or has held, as server-sent events.

        Each is a CloudEvent in the structured form, with the registrar's stamps. Confidential appeals and complaints
        about your body are not among them. When your body gets an appeal, its earlier events come first. A stream ends
        and goes on as that of `/outcomes`.
        """
        source = source_of(request)
        body = reference().body(source)
        readers = [source_reader(source), *([] if body is None else [body_reader(body)])]

        async def read(connection: AsyncConnection, position: int, most: int) -> Sequence[shared_store.LogPlace]:
            return await shared_store.shared_after(connection, readers, body, position, most)

        after = _parsed(last_event_id)
        return _open(streams, source, _event_frames(streams.follow(read, after), log))

    return api


def _open(streams: RelayStreams, source: str, frames: AsyncIterator[bytes]) -> StreamingResponse:
    try:
        streams.acquire(source)
    except TooManyStreams:
        raise Problem(429, "There are too many streams", headers={"Retry-After": "10"}) from None
    return _Stream(streams, source, frames)


class _Stream(StreamingResponse):
    """The answer. Its stream is released however it ends, also when the client is gone before it begins."""

    def __init__(self, streams: RelayStreams, source: str, frames: AsyncIterator[bytes]) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(frames, media_type=MEDIA_TYPE, headers=headers)
        self._release = partial(streams.release, source)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._release()


def _parsed(last_event_id: str | None) -> StreamPlace | None:
    if not last_event_id:
        return None
    try:
        return StreamPlace.parse(last_event_id)
    except ValueError as error:
        raise problems.invalid_field("header.Last-Event-ID", "place", str(error)) from None


async def _outcome_frames(rows: AsyncIterator[Sequence[Placed[StoredOutcome]]]) -> AsyncIterator[bytes]:
    yield _RETRY
    async for found in rows:
        frames = [_frame(one.place, "outcome", outcome_value(one.row.decided)) for one in found]
        yield b"".join(frames) or _HEARTBEAT


async def _event_frames(
    rows: AsyncIterator[Sequence[Placed[shared_store.LogPlace]]], log: LogLookup
) -> AsyncIterator[bytes]:
    yield _RETRY
    async for found in rows:
        try:
            events = await log.events([one.row for one in found])
        except LogUnavailable:
            return
        frames = [_frame(one.place, "event", _event_value(event)) for one, event in zip(found, events, strict=True)]
        yield b"".join(frames) or _HEARTBEAT


def _event_value(recorded: RecordedEvent) -> dict[str, object]:
    stamps = {"sequence": recorded.sequence, "recordedtime": rfc3339(recorded.recordedtime)}
    return {**attributes(recorded.event), **stamps, "data": json.loads(recorded.event.data)}


def _frame(place: StreamPlace, kind: str, value: dict[str, object]) -> bytes:
    return f"id: {place}\nevent: {kind}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode()
