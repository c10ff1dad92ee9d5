"""When the registrar deletes decided proposals; what it deletes is tested on a real Kafka."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka.errors import TopicAuthorizationFailedError

from natija_intake.registrar import inbox_deletion

CONTEXT: Any = object()


class Deletions:
    """Stands in for `delete_decided`: counts its calls, and ends the run after three."""

    def __init__(self, error: Exception | None = None) -> None:
        self.count = 0
        self.stopping = asyncio.Event()
        self._error = error

    async def __call__(self, context: object) -> dict[int, int]:
        assert context is CONTEXT
        self.count += 1
        if self.count == 3:
            self.stopping.set()
        if self._error is not None:
            raise self._error
        return {}


async def run(deletions: Deletions, monkeypatch: pytest.MonkeyPatch, ready: Iterator[bool]) -> None:
    monkeypatch.setattr(inbox_deletion, "delete_decided", deletions)
    async with asyncio.timeout(20):
        await inbox_deletion.run(CONTEXT, 0.001, lambda: next(ready), deletions.stopping)


async def test_only_ready_registrar_deletes(monkeypatch: pytest.MonkeyPatch) -> None:
    deletions, asked = Deletions(), iter([False, False, True, True, True])
    await run(deletions, monkeypatch, asked)
    assert deletions.count == 3
    assert not list(asked), "it asks once before each deletion"


async def test_failed_deletion_is_repeated(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Without the right to delete, the registrar goes on, and says so."""
    deletions = Deletions(TopicAuthorizationFailedError("kg.appeals.inbox"))
    await run(deletions, monkeypatch, iter([True] * 3))
    assert deletions.count == 3
    assert "decided proposals were not deleted from the inbox: TopicAuthorizationFailedError" in caplog.text


async def test_stopping_deletes_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    deletions = Deletions()
    deletions.stopping.set()
    await run(deletions, monkeypatch, iter([]))
    assert deletions.count == 0
