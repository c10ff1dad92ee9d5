"""Fixtures of all tests: the depth of property tests, the order of tests, and the realms of `tests.stack`."""

import asyncio
import os
from collections.abc import Callable

import pytest
import uvloop
from hypothesis import settings

pytest_plugins = ["tests.stack"]

DEPTH = os.environ.get("NATIJA_TEST_DEPTH", "default")
"""Profile of the property tests: `default` in `make test`, `thorough` in `make faults`."""

# A property test sets no number of examples of its own, so that the profile decides.
settings.register_profile("default", max_examples=20, deadline=None)
settings.register_profile("thorough", max_examples=300, deadline=None)
settings.load_profile(DEPTH)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of the whole system come first: they take longest, and what is short fills the time of both workers."""
    items.sort(key=lambda item: "system" not in item.path.parts)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that all processes are on: where a connection breaks it is not as asyncio's own."""
    return {"uvloop": uvloop.new_event_loop}
