"""TCP ports of 127.0.0.1."""

import secrets
import socket

HOST = "127.0.0.1"
_FIRST, _LAST = 15_000, 32_000
"""Below those that the system gives to outgoing connections: such a one would take the port before its server does."""


def free_port(preferred: int = 0, *, without: frozenset[int] = frozenset()) -> int:
    """*preferred* when nobody listens on it and it is not in *without*, else a free one."""
    while True:
        port = preferred or _FIRST + secrets.randbelow(_LAST - _FIRST)
        preferred = 0
        with socket.socket() as probe:
            # A closed connection of the run before may linger on the port; a listener may not.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        if port not in without:
            return port


def split(address: str) -> tuple[str, int]:
    """Host and port of `host:port`."""
    host, _, port = address.rpartition(":")
    return host, int(port)
