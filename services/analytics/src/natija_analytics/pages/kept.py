"""Results of slow work by their key, kept for a while and taken again in the background."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

from sqlalchemy.exc import DBAPIError

from natija_chassis.http.problems import Problem

_MOST = 500
_AT_ONCE = 2
"""Pieces of work that run at once: they must leave the database to the projection."""
_MOST_WAITING = 30
"""Pieces of work that run or wait for their turn. More are refused: anybody may ask."""
Result = TypeVar("Result")


class _Entry(NamedTuple, Generic[Result]):
    begun: float
    task: asyncio.Task[Result]

    @property
    def age(self) -> float:
        return time.monotonic() - self.begun

    @property
    def failed(self) -> bool:
        return self.task.done() and (self.task.cancelled() or self.task.exception() is not None)

    @property
    def succeeded(self) -> bool:
        return self.task.done() and not self.failed


class Kept(Generic[Result]):
    """Results that are *fresh* for some seconds, and *kept* for some more: then a reader gets the old one at once.

    Readers who ask for the same during the work wait for it together. A failed piece of work is done again.
    """

    def __init__(self, fresh: float, kept: float) -> None:
        self._fresh, self._keep = fresh, kept
        self._ready: OrderedDict[object, _Entry[Result]] = OrderedDict()
        self._running: dict[object, _Entry[Result]] = {}
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def get(self, key: object, work: Callable[[], Awaitable[Result]], patience: float | None = None) -> Result:
        """The result of *work*, which *key* names.

        Raises `Problem` (503) when the database does not answer, or too much work waits already. Raises TimeoutError
        after *patience* seconds; the work goes on then.
        """
        ready = self._ready.get(key)
        if ready is not None and ready.age <= self._fresh:
            return ready.task.result()
        if ready is not None and ready.age <= self._keep:
            if key not in self._running and len(self._running) < _MOST_WAITING:
                self._begin(key, work)
            return ready.task.result()
        running = self._running.get(key) or self._begin(key, work)
        # A reader who leaves does not take it from the others.
        return await asyncio.wait_for(asyncio.shield(running.task), patience)

    def _begin(self, key: object, work: Callable[[], Awaitable[Result]]) -> _Entry[Result]:
        if len(self._running) >= _MOST_WAITING:
            raise Problem(503, "Too many figures are being computed", headers={"Retry-After": "60"})
        entry = _Entry(time.monotonic(), asyncio.create_task(self._do(work)))
        self._running[key] = entry
        entry.task.add_done_callback(lambda _: self._end(key, entry))
        return entry

    def _end(self, key: object, entry: _Entry[Result]) -> None:
        del self._running[key]
        if entry.succeeded:
            self._ready[key] = entry
            self._ready.move_to_end(key)
            if len(self._ready) > _MOST:
                self._ready.popitem(last=False)

    async def _do(self, work: Callable[[], Awaitable[Result]]) -> Result:
        async with self._turns:
            try:
                return await work()
            except (DBAPIError, OSError, TimeoutError):
                raise Problem(503, "The database does not answer", headers={"Retry-After": "10"}) from None
