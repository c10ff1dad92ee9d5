"""A site with a form for people who have signed in: each opening of `/sign-in` begins a new session."""

import secrets
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.requests import HTTPConnection
from tests.sites import REFERENCE
from tests.stack import API_KEYS

from natija_chassis.http.access import AccessRole, Principal, access
from natija_chassis.http.app import create_apps
from natija_chassis.pages import sections
from natija_chassis.pages.languages import PREFIX, PageLanguage
from natija_chassis.pages.site import PageLink, Site
from natija_chassis.process.health import Health
from natija_chassis.settings import Settings

FOLDER = Path(__file__).parent / "signed_in"


class SignedInSite:
    """The site, and its *session*: the only one there is. None: it has ended."""

    def __init__(self) -> None:
        self.session: str | None = None
        self.roles: frozenset[AccessRole] = frozenset({"registrar"})
        self.kit = Site(FOLDER, [PageLink("/note", "Note")], lambda: REFERENCE)
        self.sent: list[str] = []

    async def authenticate(self, request: HTTPConnection) -> Principal | None:
        """The person with the session."""
        if self.session is None or request.cookies.get("session") != self.session:
            return None
        return Principal("p", self.roles, "health", csrf_token=f"token-{self.session}")

    def app(self, sites: str = "") -> FastAPI:
        """The site as an app; *sites* as the setting."""
        kit, pages = self.kit, APIRouter()

        kit.show_others(sections.parse(sites))

        @pages.get(f"{PREFIX}/note")
        async def get_note(request: Request, language: PageLanguage) -> Response:
            return kit.page(request, language, "note.html", csrf_token=f"token-{self.session}")

        @pages.post(f"{PREFIX}/note")
        async def post_note(request: Request, language: PageLanguage) -> Response:
            self.sent.append(str((await request.form())["text"]))
            return RedirectResponse(f"/{language}/note", 303)

        @pages.get("/sign-in")
        async def sign_in(return_to: str) -> Response:
            self.session = secrets.token_hex()
            response = RedirectResponse(return_to, 303)
            response.set_cookie("session", self.session, httponly=True)
            return response

        rows = [
            access("GET", f"{PREFIX}/note", "registrar", bodies="own", page=True),
            access("POST", f"{PREFIX}/note", "registrar", bodies="own", page=True, max_body=4096),
            access("GET", "/sign-in", "public", bodies="any"),
        ]
        return create_apps(
            Settings(api_keys=API_KEYS), title="x", about="X.", health=lambda: Health(True, "ready"),
            routers=[pages, kit.router()], rows=[*rows, *kit.rows], more_authenticators=[self.authenticate],
            error_page=kit.error_page,
        ).api  # fmt: skip
