"""Counts and times the HTTP requests of a process."""

import time
from functools import cache

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from natija_chassis.observability import metrics

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLIENT_CLOSED = 499
"""The status of a request without an answer, because the client closed the connection first; nginx uses it, too."""


class MetricsMiddleware:
    """Counts each request by route, method and status, and observes its duration.

    The route is a template, such as `/appeals/{number}`: a path can hold personal data, and each new one would be a new
    time series. Paths without a route count as `unmatched`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, started = _CLIENT_CLOSED, time.perf_counter()

        async def send_and_remember(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_remember)
        except Exception:
            status = 500
            raise
        finally:
            route, method = _route(scope), scope["method"] if scope["method"] in _METHODS else "other"
            _requests(route, method, status).inc()
            _seconds(route, method).observe(time.perf_counter() - started)


@cache
def _requests(route: str, method: str, status: int) -> Counter:
    return metrics.HTTP_REQUESTS.labels(route, method, str(status))


@cache
def _seconds(route: str, method: str) -> Histogram:
    return metrics.HTTP_REQUEST_SECONDS.labels(route, method)


def _route(scope: Scope) -> str:
    route = scope.get("route")
    return "unmatched" if route is None else str(route.path)
