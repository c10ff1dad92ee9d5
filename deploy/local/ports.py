"""TCP ports of 127.0.0.1."""

import socket

HOST = "127.0.0.1"


def free_port(preferred: int = 0, *, without: frozenset[int] = frozenset()) -> int:
    """*preferred* when nobody listens on it and it is not in *without*, else a free one."""
    while True:
        with socket.socket() as probe:
            # A closed connection of the run before may linger on the port; a listener may not.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, preferred))
            except OSError:
                preferred = 0
                continue
            port = int(probe.getsockname()[1])
        if port not in without:
            return port
        preferred = 0


def split(address: str) -> tuple[str, int]:
    """Host and port of `host:port`."""
    host, _, port = address.rpartition(":")
    return host, int(port)
