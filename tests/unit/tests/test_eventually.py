"""The wait that all tests share."""

import pytest
from tests.eventually import eventually


async def test_first_true_result_returns() -> None:
    results = iter([None, 0, "", "here", "later"])
    assert await eventually(lambda: next(results), pause=0) == "here"


async def test_async_condition_is_awaited() -> None:
    results = iter([False, True])

    async def condition() -> bool:
        return next(results)

    assert await eventually(condition, pause=0)


async def test_exception_means_not_yet() -> None:
    results = iter([0, 2])
    assert await eventually(lambda: 1 / next(results), pause=0) == 0.5


async def test_deadline_tells_last_result() -> None:
    with pytest.raises(AssertionError, match=r"not within 0.05 s: two rows; last seen: \[\]"):
        await eventually(list[int], seconds=0.05, message="two rows")


async def test_deadline_tells_last_error() -> None:
    with pytest.raises(AssertionError, match=r"last seen: ZeroDivisionError") as raised:
        await eventually(lambda: 1 / 0, seconds=0.05)
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
