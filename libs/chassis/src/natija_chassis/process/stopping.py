"""Pauses that end at once when a process stops."""

import asyncio
from typing import Any


async def pause(stopping: asyncio.Event, seconds: float | None, *wakers: "asyncio.Event | asyncio.Task[Any]") -> None:
    """Wait *seconds* (None: without limit), or until *stopping* or one of *wakers* is set or done."""
    events = [asyncio.create_task(one.wait()) for one in (stopping, *wakers) if isinstance(one, asyncio.Event)]
    tasks = [one for one in wakers if isinstance(one, asyncio.Task)]
    try:
        await asyncio.wait([*events, *tasks], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for event in events:
            event.cancel()
