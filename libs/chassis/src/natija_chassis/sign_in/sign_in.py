"""Signing in to one service: what `run_service` adds to its app."""

import logging
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import HTTPConnection

from natija_chassis import private_file
from natija_chassis.clock import Clock, SystemClock
from natija_chassis.errors import OperatorError
from natija_chassis.http.access import SIGN_IN, Principal
from natija_chassis.http.problems import Problem, invalid_field
from natija_chassis.observability import metrics
from natija_chassis.realm.reference_reader import ReferenceDataMissing
from natija_chassis.sign_in.cookies import Cookies
from natija_chassis.sign_in.dependencies import OFFICIAL
from natija_chassis.sign_in.flow import Flow
from natija_chassis.sign_in.official import Official, find_official
from natija_chassis.sign_in.provider import Client, Provider
from natija_chassis.sign_in.sessions import Session, Sessions, SessionsUnavailable
from natija_chassis.sign_in.settings import SignInSettings
from natija_chassis.sign_in.tokens import TokenRefused
from natija_events.reference.data import GetReferenceData

log = logging.getLogger(__name__)


class SignIn:
    """Signing in to the process of *settings*, whose database *engine* reaches.

    *reference* gives the posts of officials. *clock* is wall time: tokens and sessions do not follow a moved clock, but
    posts do. *transport* is another way to the provider than the network: for tests. Raises `OperatorError` for a
    secret that cannot be read.
    """

    def __init__(
        self, settings: SignInSettings, engine: AsyncEngine, reference: GetReferenceData, *,
        clock: Clock | None = None, transport: Any = None,
    ) -> None:  # fmt: skip
        self._wall = wall = clock or SystemClock()
        self._settings = settings
        self._reference = reference
        self._sessions = Sessions(engine, wall, settings.session_idle, settings.session_lifetime)
        client = _client(settings)
        self._flow = None if client is None else Flow(Provider(client, wall, transport), self._sessions, wall)
        self.cookies = Cookies(settings.process)

    @property
    def flow(self) -> Flow:
        """The steps of signing in. Raises `Problem` where no provider is set."""
        if self._flow is None:
            raise Problem(404, "Nobody can sign in here", "The setting NATIJA_OIDC_ISSUER names the provider.")
        return self._flow

    async def authenticate(self, request: HTTPConnection) -> Principal | None:
        """The official with the session that *request* carries; None without one. An authenticator of the table.

        Their rights are looked up for each request. So what reference data take from them, they lose at once.
        """
        if (session := await self.session(request)) is None:
            return None
        try:
            data = self._reference()
        except ReferenceDataMissing:
            raise Problem(503, "Reference data is not available right now", headers={"Retry-After": "5"}) from None
        now = self._settings.injected_clock.now()
        official = find_official(session, data, self._settings.user_id_key, now, self._wall.now())
        request.scope[OFFICIAL] = official
        return official.principal

    async def session(self, request: HTTPConnection) -> Session | None:
        """The session that *request* carries. Raises `Problem` while the database does not answer."""
        id = self.cookies.session_id(request)
        if id is None or self._flow is None:
            return None
        try:
            return await self._sessions.find(id)
        except SessionsUnavailable as error:
            raise self.unavailable(error) from None

    async def choose_body(self, official: Official, body: str) -> None:
        """Let the session of *official* act for *body*. Raises `Problem` when they have no post there."""
        if all(one.body != body for one in official.posts):
            raise invalid_field("body", "post", "must be a body in which you have a post")
        try:
            await self._sessions.choose_body(official.session, body)
        except SessionsUnavailable as error:
            raise self.unavailable(error) from None

    async def end(self, session: Session) -> str | None:
        """End *session*. Gives the address that ends that of the provider, too; None where it has none."""
        try:
            return await self.flow.end(session, f"{self._settings.address}/sign-out")
        except SessionsUnavailable as error:
            raise self.unavailable(error) from None

    def unavailable(self, error: Exception) -> Problem:
        """The answer while the provider or the database does not answer."""
        metrics.SIGN_INS.labels("unavailable").inc()
        log.warning("sessions are not available: %s", error.__cause__ or error)
        return Problem(503, "Signing in is not possible right now", headers={"Retry-After": "5"})

    def note_refused(self, refused: TokenRefused) -> None:
        """Note that a logout token was refused."""
        log.warning("a logout token was refused: %s", refused.rule)


def _client(settings: SignInSettings) -> Client | None:
    """The process as a client of the provider; None where no provider is set."""
    if settings.oidc_issuer is None:
        return None
    if settings.client_secret_file is None:
        raise OperatorError("NATIJA_OIDC_CLIENT_SECRET: is necessary with NATIJA_OIDC_ISSUER")
    secret = private_file.read(Path(settings.client_secret_file), "NATIJA_OIDC_CLIENT_SECRET")
    return Client(settings.oidc_issuer, settings.client_id, secret, f"{settings.address}{SIGN_IN}/callback")
