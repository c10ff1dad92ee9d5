"""What all tests share: the real servers and realms of `tests.stack`."""

import pytest

pytest_plugins = ["tests.stack"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of the whole system come first: they take longest, and what is short fills the time of both workers."""
    items.sort(key=lambda item: "system" not in item.path.parts)
