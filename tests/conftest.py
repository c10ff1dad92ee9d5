"""Fixtures of all tests: the depth of property tests, the order of tests, and the realms of `tests.stack`."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop
from hypothesis import settings
from tests import prefork
from tests.folders import TESTS, needs_servers

pytest_plugins = ["tests.stack"]

os.environ["NATIJA_ENV_FILE"] = os.devnull  # a test sees no settings of a local stack, which `make demo` leaves

DEPTH = os.environ.get("NATIJA_TEST_DEPTH", "default")
"""Profile of the property tests: `default` in `make test`, `thorough` in `make faults`."""

# A property test sets no number of examples of its own, so that the profile decides.
settings.register_profile("default", max_examples=20, deadline=None)
settings.register_profile("thorough", max_examples=300, deadline=None)
settings.load_profile(DEPTH)

prefork.enabled = DEPTH == "default"  # `make faults` executes the installed program


LONGEST_FIRST = (
    "system", "faults", "integration/analytics/test_reports.py", "integration/chassis/test_runner.py",
    "integration/intake", "integration/guarantees", "integration/chassis", "integration", "browser", "model",
)  # fmt: skip
"""Folders and files under `tests`: two workers end together if the long files come first. All else follows."""
SERVER_TIMEOUT = 300
"""Seconds for a test with servers, unless its own marker says otherwise; others have the limit of pyproject.toml."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests by `LONGEST_FIRST`, and give those with servers more time."""
    items.sort(key=lambda item: _place(item.path))
    for item in items:
        if needs_servers(item.path) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SERVER_TIMEOUT))


def _place(path: Path) -> int:
    beginnings = [TESTS / one for one in LONGEST_FIRST]
    return next((place for place, one in enumerate(beginnings) if path.is_relative_to(one)), len(beginnings))


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that all processes are on: where a connection breaks it is not as asyncio's own."""
    return {"uvloop": uvloop.new_event_loop}
