"""The folders of the tests, and which of them need Kafka and PostgreSQL."""

from pathlib import Path

TESTS = Path(__file__).resolve().parent
WITHOUT_SERVERS = ("unit", "contract", "model", "browser/sites")


def needs_servers(path: Path) -> bool:
    """False for tests that run without servers; *path* is a test file or a folder."""
    return not any(path.is_relative_to(TESTS / one) for one in WITHOUT_SERVERS)
