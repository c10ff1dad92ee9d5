"""The steps of signing in and out, without HTTP: a browser leaves for the provider, comes back, and gets a session."""

import logging
from typing import NamedTuple

from natija_chassis.clock import Clock
from natija_chassis.observability import metrics
from natija_chassis.sign_in.provider import Provider
from natija_chassis.sign_in.sessions import Pending, Session, Sessions
from natija_chassis.sign_in.tokens import LEEWAY, Identity, TokenRefused

log = logging.getLogger(__name__)


class SignInRefused(Exception):
    """The answer of the provider breaks a *rule*, or a browser brings what another one began."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Answer(NamedTuple):
    """The content of the provider's redirect. *issuer* is by RFC 9207, against mixed-up providers."""

    state: str | None
    code: str | None
    issuer: str | None
    error: str | None


class SignedIn(NamedTuple):
    """The *id* of the new session, for the cookie, and the path to which the browser goes."""

    id: str
    return_to: str


class Flow:
    """Signing in at *provider* to *sessions*."""

    def __init__(self, provider: Provider, sessions: Sessions, clock: Clock) -> None:
        self._provider = provider
        self._sessions = sessions
        self._clock = clock

    async def begin(self, browser: str, return_to: str, max_age: int | None) -> str:
        """The address at the provider to which the browser with the cookie *browser* goes.

        Raises `ProviderUnavailable` and `SessionsUnavailable`.
        """
        sent = await self._provider.authorization_request(max_age)
        await self._sessions.begin(browser, Pending(sent, return_to, max_age))
        return sent.url

    async def complete(self, browser: str | None, answer: Answer, replaced: str | None) -> SignedIn:
        """A new session, in place of the one with the id *replaced*, which the browser may have.

        Raises `SignInRefused`, `ProviderUnavailable` and `SessionsUnavailable`.
        """
        try:
            signed_in = await self._complete(browser, answer, replaced)
        except SignInRefused as refused:
            metrics.SIGN_INS.labels("refused").inc()
            log.warning("a sign-in was refused: %s", refused.rule)
            raise
        metrics.SIGN_INS.labels("accepted").inc()
        return signed_in

    async def _complete(self, browser: str | None, answer: Answer, replaced: str | None) -> SignedIn:
        pending = None
        if browser is not None and answer.state is not None:
            pending = await self._sessions.take(browser, answer.state)
        if pending is None:
            raise SignInRefused("this browser has not begun it, or it is over")
        await self._check_issuer(answer.issuer)
        if answer.error is not None or answer.code is None:
            raise SignInRefused("the provider did not let them in")
        try:
            redeemed = await self._provider.redeem(answer.code, pending.sent)
        except TokenRefused as refused:
            raise SignInRefused(refused.rule) from None
        if pending.max_age is not None:
            self._check_age(redeemed.identity, pending.max_age)
        return SignedIn(await self._sessions.create(redeemed, replaced), pending.return_to)

    async def _check_issuer(self, given: str | None) -> None:
        metadata = await self._provider.metadata()
        if given is None and metadata.authorization_response_iss_parameter_supported:
            raise SignInRefused("the answer does not name its issuer")
        if given is not None and given != metadata.issuer:
            raise SignInRefused("the answer comes from another issuer")

    def _check_age(self, identity: Identity, max_age: int) -> None:
        if identity.authenticated is None:
            raise SignInRefused("the provider does not say when they proved who they are")
        if (self._clock.now() - identity.authenticated).total_seconds() > max_age + LEEWAY:
            raise SignInRefused("they have not proved again who they are")

    async def end(self, session: Session, return_to: str) -> str | None:
        """End *session*. Gives the address at the provider that ends its session, too; None where it has none."""
        await self._sessions.end(session)
        return await self._provider.end_session_url(session.id_token, return_to)

    async def end_by_provider(self, logout_token: str) -> None:
        """End what the provider ended. Raises `TokenRefused`, `ProviderUnavailable` and `SessionsUnavailable`."""
        if not await self._sessions.end_by(await self._provider.logout_request(logout_token)):
            raise TokenRefused("it was used before")
