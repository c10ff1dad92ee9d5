"""What all tests share: the real servers and realms of `tests.stack`."""

pytest_plugins = ["tests.stack"]
