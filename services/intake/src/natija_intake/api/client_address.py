"""The address of a client, also behind a proxy."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

from natija_chassis.errors import OperatorError

Networks = Sequence[IPv4Network | IPv6Network]
_UNKNOWN = "unknown"
_IPV6_PREFIX = 64
"""One subscriber has all addresses with such a prefix."""


def parse_networks(text: str) -> Networks:
    """The networks in NATIJA_TRUSTED_PROXIES. Raises `OperatorError`."""
    try:
        return [ip_network(part.strip()) for part in text.split(",") if part.strip()]
    except ValueError:
        raise OperatorError("NATIJA_TRUSTED_PROXIES: must be addresses or networks, separated by commas") from None


def client_address(request: HTTPConnection, trusted: Networks) -> str:
    """The address that sent the request to the first of the *trusted* proxies; of IPv6 its network.

    A client can put anything in front of `X-Forwarded-For`. So only the part that trusted proxies have added counts.
    """
    address = _parsed(request.client.host if request.client else "")
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    while address is not None and forwarded and any(address in network for network in trusted):
        before = _parsed(forwarded.pop())
        if before is None:
            break
        address = before
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _IPV6_PREFIX), strict=False))
    return _UNKNOWN if address is None else str(address)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
