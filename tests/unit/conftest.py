"""Fixtures of the tests that need no servers."""

import os

import pytest


@pytest.fixture(autouse=True)
def without_local_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings come from the test alone, also in a clone whose `make up` has written a file with settings."""
    monkeypatch.setenv("NATIJA_ENV_FILE", os.devnull)
