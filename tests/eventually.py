"""One way for tests to wait for what other processes do."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(
    condition: Callable[[], Coroutine[Any, Any, T]], *, seconds: float = 30, pause: float = 0.02, message: str = ""
) -> T: ...
@overload
async def eventually(
    condition: Callable[[], T], *, seconds: float = 30, pause: float = 0.02, message: str = ""
) -> T: ...
async def eventually(
    condition: Callable[[], Any], *, seconds: float = 30, pause: float = 0.02, message: str = ""
) -> Any:
    """Call *condition*, plain or async, every *pause* seconds until its result is true; return that result.

    An exception means "not yet", so *condition* may assert, or ask a server that is away. After *seconds* an
    AssertionError tells *message* and what *condition* last gave or raised.
    """
    seen: object = "nothing: the first call did not return"
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    result = condition()
                    if isinstance(result, Awaitable):
                        result = await result
                except Exception as error:
                    seen = error
                else:
                    if result:
                        return result
                    seen = result
                await asyncio.sleep(pause)
    except TimeoutError:
        name = message or getattr(condition, "__qualname__", repr(condition))
        raise AssertionError(f"not within {seconds} s: {name}; last seen: {seen!r}") from (
            seen if isinstance(seen, Exception) else None
        )
