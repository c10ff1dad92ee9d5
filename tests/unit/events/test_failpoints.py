"""Failpoints of the library: harmless unless a program installs a handler."""

from collections.abc import Iterator

import pytest

from natija_events import failpoints
from natija_events.failpoints import Side, failpoint


@pytest.fixture
def passed() -> Iterator[list[tuple[str, Side]]]:
    """The steps that a handler has seen."""
    seen: list[tuple[str, Side]] = []
    failpoints.install(lambda step, side: seen.append((step, side)))
    yield seen
    failpoints.install(None)


def test_handler_sees_both_sides(passed: list[tuple[str, Side]]) -> None:
    with failpoint("send"):
        assert passed == [("send", "before")]
    assert passed == [("send", "before"), ("send", "after")]


def test_step_that_raises_has_no_after(passed: list[tuple[str, Side]]) -> None:
    with pytest.raises(ZeroDivisionError), failpoint("send"):
        raise ZeroDivisionError
    assert passed == [("send", "before")]


def test_without_handler_nothing_happens() -> None:
    with failpoint("send"):
        done = True
    assert done
