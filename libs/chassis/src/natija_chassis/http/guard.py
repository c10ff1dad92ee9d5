"""The checks of every request before its route: its host, its row in the access table, the size of its body.

It also adds the headers that every answer has.
"""

from collections.abc import Mapping

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from natija_chassis.http import problems
from natija_chassis.http.access import AccessTable, RouteAccess
from natija_chassis.http.hosts import is_trusted
from natija_chassis.http.problems import ErrorPage, Problem

NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
"""The Content-Security-Policy of an API: a browser must not take an answer for a page."""


class Guard:
    """Lets a request pass to *app* if the table has a row for it, and answers it otherwise.

    *hosts* are the names under which the app is reached; *policy* is its Content-Security-Policy. *error_page* makes
    pages for browsers, which bring headers of their own.
    """

    def __init__(
        self,
        app: ASGIApp,
        table: AccessTable,
        hosts: frozenset[str],
        policy: str = NO_PAGE,
        error_page: ErrorPage | None = None,
    ) -> None:
        self._app = app
        self._table = table
        self._hosts = hosts
        self._error_page = error_page
        self._headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"content-security-policy", policy.encode()),
            (b"cache-control", b"no-store"),  # since most answers are personal
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._with_headers(message["headers"])
            await send(message)

        try:
            await self._check(scope)
        except Problem as problem:
            response = problems.answer(HTTPConnection(scope), problem, self._error_page)
            await response(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    async def _check(self, scope: Scope) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        host = headers.get(b"host")
        if host is not None and not is_trusted(host.decode("latin-1"), self._hosts):
            raise Problem(421, "This host is not served here", "The setting NATIJA_HOSTS lists the names.")
        found = self._table.find(scope["method"], scope["path"])
        scope["route"] = found  # metrics are labeled by its template, also when the router is not reached
        _check_body(found, headers)
        await self._table.admit(found, scope)

    def _with_headers(self, given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """*given*, and those of ours that it lacks: a route may say otherwise."""
        names = {name for name, _ in given}
        return [*given, *(one for one in self._headers if one[0] not in names)]


def _check_body(found: RouteAccess, headers: Mapping[bytes, bytes]) -> None:
    """Refuse a body that is too large, or of unknown length, before it is read."""
    length = headers.get(b"content-length", b"" if found.max_body else b"0")
    if not length.isdigit() or b"transfer-encoding" in headers:  # a chunked body may be longer than its header says
        raise Problem(411, "Content-Length is missing")
    if int(length) > found.max_body:
        raise Problem(413, f"The body is larger than {found.max_body} bytes")
