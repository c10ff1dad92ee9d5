"""The address of a client: a client cannot choose it, and a trusted proxy does not hide it."""

import pytest
from starlette.requests import Request

from natija_chassis.errors import OperatorError
from natija_intake.api.client_address import client_address, parse_networks

PROXIES = parse_networks("10.0.0.0/8, fd00::1")


def address(peer: str | None, *forwarded: str, trusted: str | None = None) -> str:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    scope = {"type": "http", "client": (peer, 1) if peer else None, "headers": headers}
    return client_address(Request(scope), PROXIES if trusted is None else parse_networks(trusted))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),
        ("10.1.1.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.1.1", ["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
        ("10.1.1.1", ["203.0.113.9", "198.51.100.1, 10.2.2.2"], "198.51.100.1"),
        ("10.1.1.1", ["198.51.100.1, nonsense"], "10.1.1.1"),
        ("10.1.1.1", [], "10.1.1.1"),
        ("10.1.1.1", ["10.2.2.2"], "10.2.2.2"),
        ("fd00::1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("::ffff:10.1.1.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        (None, ["198.51.100.1"], "unknown"),
        ("a socket", [], "unknown"),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str | None, forwarded: list[str], expected: str) -> None:
    assert address(peer, *forwarded) == expected


def test_without_proxies_the_peer_counts() -> None:
    assert address("10.1.1.1", "198.51.100.1", trusted="") == "10.1.1.1"


def test_wrong_setting_is_not_repeated() -> None:
    with pytest.raises(OperatorError, match="NATIJA_TRUSTED_PROXIES") as refused:
        parse_networks("10.0.0.0/8, hunter2")
    assert "hunter2" not in str(refused.value)
