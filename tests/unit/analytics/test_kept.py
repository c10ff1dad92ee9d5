"""Slow work is done once for many readers, and again in the background."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy.exc import OperationalError

from natija_analytics.pages.kept import Kept
from natija_chassis.http.problems import Problem


class Work:
    """Counts how often it is done; each time waits until it is *allowed*."""

    def __init__(self) -> None:
        self.done = 0
        self.allowed = asyncio.Event()
        self.allowed.set()

    async def __call__(self) -> int:
        await self.allowed.wait()
        self.done += 1
        return self.done


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the seconds that have passed."""
    passed = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: 1000 + passed[0])

    def set_seconds(seconds: float) -> None:
        passed[0] = seconds

    return set_seconds


async def test_readers_wait_together() -> None:
    work, kept = Work(), Kept[int](60, 600)
    work.allowed.clear()
    readers = [asyncio.create_task(kept.get("a", work)) for _ in range(20)]
    await asyncio.sleep(0)
    readers[0].cancel()
    work.allowed.set()
    assert await asyncio.gather(*readers[1:]) == [1] * 19
    assert await kept.get("b", work) == 2


async def test_old_result_is_given_at_once(clock: Callable[[float], None]) -> None:
    """While new figures are taken; when they are too old, a reader waits."""
    work, kept = Work(), Kept[int](60, 600)
    assert await kept.get("a", work) == 1
    clock(61)
    work.allowed.clear()
    assert [await kept.get("a", work) for _ in range(3)] == [1, 1, 1]
    work.allowed.set()
    while work.done < 2:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await kept.get("a", work) == 2
    clock(700)
    assert await kept.get("a", work) == 3


async def test_impatient_reader_comes_back() -> None:
    """The work goes on without the reader."""
    work, kept = Work(), Kept[int](60, 600)
    work.allowed.clear()
    with pytest.raises(TimeoutError):
        await kept.get("a", work, 0)
    work.allowed.set()
    assert await kept.get("a", work) == 1


async def test_flood_of_questions_is_refused() -> None:
    """Anybody may ask, and each choice is another question. Those who ask for the same still get an answer."""
    work, kept = Work(), Kept[int](60, 600)
    work.allowed.clear()
    asked = [asyncio.create_task(kept.get(number, work)) for number in range(30)]
    await asyncio.sleep(0)
    with pytest.raises(Problem, match="Too many figures"):
        await kept.get("one more", work)
    again = asyncio.create_task(kept.get(0, work))
    work.allowed.set()
    assert len(set(await asyncio.gather(*asked))) == 30
    assert await again == await asked[0]


async def test_database_that_fails_is_asked_again() -> None:
    kept, work = Kept[int](60, 600), Work()

    async def fail() -> int:
        raise OperationalError("select", None, ConnectionError())

    with pytest.raises(Problem) as problem:
        await kept.get("a", fail)
    assert problem.value.status == 503
    assert await kept.get("a", work) == 1
