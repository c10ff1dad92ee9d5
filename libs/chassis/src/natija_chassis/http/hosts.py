"""The Host header of a request: a page of another site must not reach a process through a name of its own."""

from functools import lru_cache
from ipaddress import ip_address

_LOCAL = "localhost"


@lru_cache(maxsize=256)  # to parse an address takes as long as all other checks of a request
def is_trusted(host: str, names: frozenset[str]) -> bool:
    """Whether *host*, the header with its port, is an IP address, `localhost`, or one of *names* in small letters.

    A name under which nobody serves is the means of DNS rebinding. An address cannot be rebound.
    """
    name = host.lower()
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    if name == _LOCAL or name in names:
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def parse_names(text: str) -> frozenset[str]:
    """The names in NATIJA_HOSTS."""
    return frozenset(name.strip().lower() for name in text.split(",") if name.strip())
