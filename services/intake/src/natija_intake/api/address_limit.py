"""The limit on appeals by client address, over HTTP: 429 says when to send again."""

from starlette.requests import HTTPConnection
from starlette.types import Scope

from natija_chassis.http.problems import Problem
from natija_intake.api.client_address import Networks, client_address
from natija_intake.appeals.metrics import APPEALS_LIMITED
from natija_intake.receipts.send_limit import SendLimit


class AddressLimit:
    """The *limit* of each client, seen through *trusted* proxies."""

    def __init__(self, limit: SendLimit, trusted: Networks = ()) -> None:
        self._limit = limit
        self._trusted = trusted

    def check(self, scope: Scope) -> None:
        """Count a request. Raises `Problem` when its client has sent too many."""
        if not self._limit.is_on:
            return
        if seconds := self._limit.take(client_address(HTTPConnection(scope), self._trusted)):
            APPEALS_LIMITED.inc()
            raise Problem(429, "Too many appeals from this address", headers={"Retry-After": str(seconds)})
