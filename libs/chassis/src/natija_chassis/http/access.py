"""Access to routes: one table of roles and bodies. A route that is not in it does not exist.

Each service states the rows of its routes, and an app does not start when a route has none. docs/operations.md shows
all of them.
"""

import base64
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Literal, NamedTuple
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from starlette.requests import HTTPConnection
from starlette.routing import Mount, compile_path
from starlette.types import Scope

from natija_chassis.http.csrf import refuse_other_site, refuse_without_token
from natija_chassis.http.problems import Problem
from natija_events.reference.entries import OfficialRole

ApiRole = Literal["public", "publisher", "official", "operator"]
"""The role of an API key. A person who signed in and acts for a body is an `official`, too."""
AccessRole = ApiRole | OfficialRole
"""The roles of keys and of people: the columns of the table."""
SIGN_IN = "/sign-in"
"""The route to which a page leads whoever has not signed in. It takes a path of the service as `return_to`."""

BodyScope = Literal["any", "own", "all"]
"""The appeals that a route shows. `any`: none, so that each body may use it. `own`: those of the body of the principal,
which the route itself ensures. `all`: those of all bodies, so that it is closed to a principal of one body."""

_KEY_REQUIRED = {"WWW-Authenticate": 'Bearer realm="natija"'}
_PASSWORD_REQUIRED = {"WWW-Authenticate": 'Basic realm="natija", charset="UTF-8"'}
_PRINCIPAL = "natija.principal"


class Principal(NamedTuple):
    """The sender of a request: its *name* for logs, its *roles*, and the *body* it acts for; None for all.

    *source* is the publisher as which it proposes; None when it proposes nothing. *csrf_token* is what an unsafe
    request of a signed-in person must carry: see `csrf`. A key has none, since no browser sends it by itself.
    """

    name: str
    roles: frozenset[AccessRole]
    body: str | None = None
    source: str | None = None
    csrf_token: str | None = None


ANONYMOUS = Principal("anonymous", frozenset(["public"]))

Authenticator = Callable[[HTTPConnection], Awaitable[Principal | None]]
"""Finds the principal of a request by its credentials; None when it does not know them."""


class RouteAccess(NamedTuple):
    """A row: who may send *method* to *path*, a template such as `/appeals/{number}`, and how many bytes with it.

    *basic*: the key may also be the password of HTTP Basic, for clients that know nothing else. A browser sends it by
    itself, so such a route only reads. *page*: people open it in a browser, and who has not signed in is led to do so.
    """

    method: str
    path: str
    roles: frozenset[AccessRole]
    bodies: BodyScope
    max_body: int
    basic: bool = False
    page: bool = False

    @property
    def is_public(self) -> bool:
        """Whether it needs no credentials."""
        return "public" in self.roles


def access(
    method: str,
    path: str,
    *roles: AccessRole,
    bodies: BodyScope = "all",
    max_body: int = 0,
    basic: bool = False,
    page: bool = False,
) -> RouteAccess:
    """A row of the table."""
    return RouteAccess(method, path, frozenset(roles), bodies, max_body, basic, page)


def bearer_token(request: HTTPConnection) -> str | None:
    """The token of the header `Authorization: Bearer TOKEN`; None without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def basic_password(request: HTTPConnection) -> str | None:
    """The password of the header `Authorization: Basic …`, where the row of the route takes it; None without one."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic" or not request.scope["route"].basic:
        return None
    try:
        return base64.b64decode(given.strip(), validate=True).decode().partition(":")[2] or None
    except ValueError:
        return None


def principal(request: HTTPConnection) -> Principal:
    """The sender of *request*: a dependency of a route."""
    found: Principal = request.scope[_PRINCIPAL]
    return found


def is_signed_in(scope: Scope) -> bool:
    """Whether a person who has signed in sends the request of *scope* to a page that is not for everybody."""
    who: Principal = scope.get(_PRINCIPAL, ANONYMOUS)
    return who.csrf_token is not None


async def refuse_forged(request: Request) -> None:
    """A dependency of every route. Raises `Problem` for an unsafe request of a session without its token."""
    who = request.scope.get(_PRINCIPAL, ANONYMOUS)
    if who.csrf_token is not None:
        await refuse_without_token(request, who.csrf_token)


def sign_in_address(scope: Scope) -> str:
    """Where the sender of *scope* signs in, and from where they come back to what they asked for."""
    query = scope["query_string"]
    asked = scope["raw_path"] + (b"?" + query if query else b"")
    return f"{SIGN_IN}?return_to={quote(asked, safe='')}"


class AccessTable:
    """The *rows* of one app, and the *authenticators*, which are asked one after the other."""

    def __init__(self, rows: Sequence[RouteAccess], authenticators: Sequence[Authenticator] = ()) -> None:
        self.rows = tuple(rows)
        self._authenticators = tuple(authenticators)
        self._fixed: dict[str, list[RouteAccess]] = {}
        for one in rows:
            self._fixed.setdefault(one.path, []).append(one)
        self._templates = [(compile_path(one.path)[0], one) for one in rows if "{" in one.path]

    def find(self, method: str, path: str) -> RouteAccess:
        """The row of a request. Raises `Problem`: 404 for an unknown path, 405 for another method."""
        rows = self._fixed.get(path) or [one for pattern, one in self._templates if pattern.match(path)]
        for found in rows:
            if found.method == method:
                return found
        if not rows:
            raise Problem(404, "Not Found")
        raise Problem(405, "Method Not Allowed", headers={"Allow": ", ".join(one.method for one in rows)})

    async def admit(self, found: RouteAccess, scope: Scope) -> None:
        """Note who sends the request of *scope*. Raises `Problem`: 401 without a known key or session, 403 without the
        right, 303 to the sign-in where a page is opened without a session."""
        who = ANONYMOUS if found.is_public else await self._authenticate(HTTPConnection(scope), found)
        if not who.roles & found.roles or (who.body is not None and found.bodies == "all"):
            if who.csrf_token is None:
                raise Problem(403, "This key does not open this route")
            raise Problem(403, "Your posts do not open this", advice="no-post")
        if who.csrf_token is not None:
            refuse_other_site(scope)
        scope[_PRINCIPAL] = who

    def check(self, app: FastAPI) -> None:
        """Raises ValueError when a route of *app* has no row, or a row no route."""
        differing = set(routes(app)) ^ {(one.method, one.path) for one in self.rows}
        if differing:
            raise ValueError(f"a route without access, or access without a route: {sorted(differing)}")

    async def _authenticate(self, request: HTTPConnection, found: RouteAccess) -> Principal:
        for authenticate in self._authenticators:
            if (who := await authenticate(request)) is not None:
                return who
        if found.page and found.method == "GET":
            raise Problem(303, "Sign in first", headers={"Location": sign_in_address(request.scope)})
        title = "The API key is not known" if "authorization" in request.headers else "An API key is necessary"
        if found.basic:
            raise Problem(401, title, "Send it as the password, with any user name.", headers=_PASSWORD_REQUIRED)
        detail = "Send it in the header Authorization: Bearer KEY."
        raise Problem(401, title, detail, headers=_KEY_REQUIRED, advice="signed-out" if found.page else None)


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of each route of *app*. A mounted app serves files."""
    for route in iter_route_contexts(app.router.routes):
        if isinstance(route.route, Mount):
            yield "GET", f"{route.path}/{{file}}"
            continue
        for method in (route.methods or set()) - {"HEAD"}:
            yield method, str(route.path)
