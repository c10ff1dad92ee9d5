"""What all tests share: the real servers and realms of `tests.stack`."""

import asyncio
from collections.abc import Callable

import pytest
import uvloop

pytest_plugins = ["tests.stack"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of the whole system come first: they take longest, and what is short fills the time of both workers."""
    items.sort(key=lambda item: "system" not in item.path.parts)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that all processes are on: where a connection breaks it is not as asyncio's own."""
    return {"uvloop": uvloop.new_event_loop}
