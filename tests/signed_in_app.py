"""Signed-in officials for apps in this process: a session that nobody had to sign in for."""

from typing import Any

import httpx
from fastapi import APIRouter, FastAPI
from starlette.requests import HTTPConnection
from tests.stack import API_KEYS

from natija_chassis.http.access import Authenticator, Principal, RouteAccess
from natija_chassis.http.app import create_apps
from natija_chassis.process.health import Health
from natija_chassis.realm.official_rights import ActingPost
from natija_chassis.service_app import ServicePages
from natija_chassis.settings import Settings
from natija_chassis.sign_in.dependencies import OFFICIAL
from natija_chassis.sign_in.official import Official
from natija_events.reference.entries import OfficialRole


class _Session:
    csrf_token = "t"


NOBODYS_SESSION: Any = _Session()


def official(body: str, *roles: OfficialRole) -> Official:
    """An official with one post of *body*."""
    post = ActingPost(f"{body}/x", body, frozenset(roles), None)
    return Official("a" * 64, (post,), body, NOBODYS_SESSION, NOBODYS_SESSION)


def app_for(
    who: Official | None, pages: ServicePages, *routers: APIRouter, rows: tuple[RouteAccess, ...] = ()
) -> FastAPI:
    """An app with *pages*, and *routers* with their *rows*: whoever comes is *who*; None: has not signed in."""
    return create_apps(
        Settings(api_keys=API_KEYS), title="x", about="X.", health=lambda: Health(True, "ready"),
        routers=[*pages.routers, pages.site.router(), *routers], rows=[*pages.rows, *pages.site.rows, *rows],
        more_authenticators=[_as(who)], error_page=pages.site.error_page,
    ).api  # fmt: skip


def browser_of(app: FastAPI) -> httpx.AsyncClient:
    """A client that wants pages of *app*."""
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers={"Accept": "text/html"})


def _as(who: Official | None) -> Authenticator:
    async def authenticate(request: HTTPConnection) -> Principal | None:
        if who is None:
            return None
        request.scope[OFFICIAL] = who
        return who.principal

    return authenticate
