"""A service with signing in, in this process, on a real database; its provider is `tests.openid_provider`."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar

import httpx
from fastapi import APIRouter, Depends, Form
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.openid_provider import ISSUER, SECRET, OpenIdProvider

from natija_chassis.clock import FixedClock
from natija_chassis.http.access import access
from natija_chassis.http.app import create_apps
from natija_chassis.pages.site import Site
from natija_chassis.process.health import Health
from natija_chassis.sign_in import routes
from natija_chassis.sign_in.dependencies import signed_in, signed_in_within
from natija_chassis.sign_in.official import Official
from natija_chassis.sign_in.settings import SignInSettings
from natija_chassis.sign_in.sign_in import SignIn
from natija_chassis.user_ids import user_id
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import BodyEntry, HeldPost, OfficialEntry, OfficialRole, PostEntry

ADDRESS = "https://routing.example"
COOKIE = "__Host-natija-routing"
FIVE_MINUTES = timedelta(minutes=5)


class RoutingLike(SignInSettings):
    """The settings of a process with signing in."""

    process: ClassVar[str] = "routing"


ROWS = (
    access("GET", "/queue", "registrar", bodies="own", page=True),
    access("POST", "/assign", "registrar", bodies="own", max_body=1000),
    access("GET", "/sign", "registrar", bodies="own", page=True),
    access("POST", "/sign", "registrar", bodies="own", max_body=1000),
)
pages = APIRouter()
Me = Annotated[Official, Depends(signed_in)]


@pages.get("/queue")
def queue(me: Me) -> list[str]:
    """The posts of who looks."""
    return [one.post for one in me.posts]


@pages.post("/assign")
def assign(me: Me, executor: Annotated[str, Form()] = "") -> str:
    """A form."""
    return executor


@pages.get("/sign")
@pages.post("/sign")
def sign(me: Annotated[Official, Depends(signed_in_within(FIVE_MINUTES))]) -> str:
    """An act that needs a fresh proof."""
    return me.id


@dataclass
class Service:
    """The app, with what its world says: the *provider*, reference *data*, and the time. Without a *site* it has plain
    pages."""

    settings: RoutingLike
    engine: AsyncEngine
    provider: OpenIdProvider
    clock: FixedClock
    data: ReferenceData = field(default_factory=ReferenceData)
    site: Site | None = None
    app: Any = None

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Start the service, which has forgotten what it knew of the provider."""
        sign_in = SignIn(
            self.settings, self.engine, lambda: self.data, clock=self.clock, transport=self.provider.transport
        )
        self.app = create_apps(
            self.settings, title="x", about="X.", health=lambda: Health(True, "ready"),
            routers=[pages, routes.router(sign_in, self.site)],
            rows=[*ROWS, *(routes.ACCESS if self.site is None else routes.ACCESS_WITH_SITE)],
            more_authenticators=[sign_in.authenticate],
            error_page=None if self.site is None else self.site.error_page,
        ).api  # fmt: skip

    def browser(self) -> "Browser":
        """A browser without cookies."""

        async def app(*given: Any) -> None:
            await self.app(*given)  # after a restart it is another one

        return Browser(self, httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS))

    def id_of(self, subject: str) -> str:
        """The id of *subject* in reference data."""
        return user_id(self.settings.user_id_key, ISSUER, subject)

    def appoint(self, subject: str, *roles: OfficialRole, body: str = "health") -> None:
        """Give *subject* a post of its own with *roles*; without roles, take all posts."""
        post = f"{body}/of-{subject}"
        held = (HeldPost(post=post),) if roles else ()
        posts = {**self.data.posts, **({post: PostEntry(roles=frozenset(roles))} if roles else {})}
        officials = {**self.data.officials, self.id_of(subject): OfficialEntry(posts=held)}
        bodies = {**self.data.bodies, body: BodyEntry()}
        self.data = replace(self.data, bodies=bodies, posts=posts, officials=officials)

    async def rows(self, table: str) -> list[Any]:
        """All rows of a *table*."""
        async with self.engine.connect() as connection:
            return list(await connection.execute(text(f"select * from {table}")))


@dataclass
class Browser:
    """A browser: it keeps cookies, and follows no redirect by itself."""

    service: Service
    http: httpx.AsyncClient

    async def begin(self, return_to: str = "/queue", **more: str) -> str:
        """Open the sign-in: the address at the provider."""
        answer = await self.http.get("/sign-in", params={"return_to": return_to, **more})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def sign_in(self, subject: str, return_to: str = "/queue", **more: str) -> httpx.Response:
        """Sign in as *subject*: the answer to the way back."""
        return await self.http.get(self.service.provider.authorize(await self.begin(return_to), subject, **more))

    @property
    def session(self) -> str | None:
        """The cookie of the session."""
        return self.http.cookies.get(COOKIE)

    async def csrf_token(self) -> str:
        """The token of its forms."""
        page = (await self.http.get("/sign-out")).text
        return page.partition('name="csrf_token" value="')[2].partition('"')[0]


@asynccontextmanager
async def service(engine: AsyncEngine, folder: Path, **settings: Any) -> AsyncIterator[Service]:
    """A service on empty tables, in which `aida` is a registrar."""
    secret = folder / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    given = {
        "realm": "kg", "public_url": ADDRESS, "hosts": "routing.example", "oidc_issuer": ISSUER,
        "oidc_client_secret": str(secret),
    }  # fmt: skip
    async with engine.begin() as connection:
        await connection.execute(text("drop schema if exists service cascade"))
    made = Service(RoutingLike(**(given | settings)), engine, OpenIdProvider(), FixedClock(datetime.now(UTC)))
    made.appoint("aida", "registrar")
    yield made


def cookies_of(answer: httpx.Response) -> Iterator[tuple[str, str]]:
    """Name and attributes of each cookie that *answer* sets."""
    for header in answer.headers.get_list("set-cookie"):
        name, _, rest = header.partition("=")
        yield name, rest.partition("; ")[2]
