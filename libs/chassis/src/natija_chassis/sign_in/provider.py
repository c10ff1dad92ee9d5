"""The identity provider, as a client sees it: OpenID Connect, authorization code flow with PKCE."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx2
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

from natija_chassis.clock import Clock
from natija_chassis.sign_in.settings import is_encrypted, is_local
from natija_chassis.sign_in.tokens import (
    Expected,
    Identity,
    LogoutRequest,
    TokenRefused,
    UnknownKey,
    read_id_token,
    read_logout_token,
)

SCOPE = "openid"
"""Only who it is. Names, addresses and groups stay at the provider."""
TIMEOUT = httpx2.Timeout(5.0, connect=3.0)
METADATA_LASTS = timedelta(hours=1)
"""After this the provider's metadata and keys are read again."""
KEY_PAUSE = timedelta(minutes=1)
"""Between two readings because of an unknown key: a flood of forged tokens must not reach the provider."""
_TOKEN_ERRORS = ("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client")
"""Of RFC 6749, section 5.2. `invalid_client`: the secret is wrong."""
DISCOVERY = "/.well-known/openid-configuration"


class ProviderUnavailable(Exception):
    """The provider does not answer, or not as the standard says."""


class Metadata(BaseModel):
    """The provider's words about itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Client(NamedTuple):
    """A service as a client of *issuer*."""

    issuer: str
    id: str
    secret: str
    redirect_uri: str


class AuthorizationRequest(NamedTuple):
    """Where a browser goes to sign in, and what the answer is checked by."""

    url: str
    state: str
    nonce: str
    code_verifier: str


class Redeemed(NamedTuple):
    """An identity that the provider confirmed. By the *id_token* the provider knows whose session to end."""

    identity: Identity
    id_token: str


class Provider:
    """The provider of *client*. *transport* is another way to it than the network: for tests."""

    def __init__(self, client: Client, clock: Clock, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self.client = client
        self._clock = clock
        # On this machine itself there is no proxy in between.
        trust_env = not is_local(httpx2.URL(client.issuer).host)
        self._options: dict[str, Any] = {"timeout": TIMEOUT, "transport": transport, "trust_env": trust_env}
        self._metadata: Metadata | None = None
        self._keys: KeySet | None = None
        self._metadata_read = self._keys_read = datetime.min.replace(tzinfo=UTC)

    async def authorization_request(self, max_age: int | None) -> AuthorizationRequest:
        """The request with which a browser goes there; with *max_age* they prove again who they are, unless they have
        done so within so many seconds. Raises `ProviderUnavailable`."""
        metadata = await self.metadata()
        nonce, verifier = generate_token(32), generate_token(48)
        more = {} if max_age is None else {"max_age": str(max_age)}
        async with self._oauth(metadata) as oauth:
            url, state = oauth.create_authorization_url(
                metadata.authorization_endpoint, state=generate_token(32), nonce=nonce, code_verifier=verifier, **more
            )
        return AuthorizationRequest(url, state, nonce, verifier)

    async def redeem(self, code: str, sent: AuthorizationRequest) -> Redeemed:
        """The user who signed in, by the *code* of an answer to *sent*.

        Raises `TokenRefused` and `ProviderUnavailable`.
        """
        metadata = await self.metadata()
        try:
            async with self._oauth(metadata) as oauth:
                found: Mapping[str, Any] = await oauth.fetch_token(
                    metadata.token_endpoint, grant_type="authorization_code", code=code,
                    code_verifier=sent.code_verifier, redirect_uri=self.client.redirect_uri,
                )  # fmt: skip
        except OAuthError as error:
            code = error.error if error.error in _TOKEN_ERRORS else "another error"
            raise TokenRefused(f"the provider does not take the code: {code}") from None
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderUnavailable(type(error).__name__) from None
        id_token, access_token = found.get("id_token"), found.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise TokenRefused("there is no id token")
        return Redeemed(await self._identity(id_token, sent.nonce, access_token), id_token)

    async def logout_request(self, token: str) -> LogoutRequest:
        """The content of a logout token. Raises `TokenRefused` and `ProviderUnavailable`."""
        try:
            return read_logout_token(token, await self._expected(), self._clock.now())
        except UnknownKey:
            return read_logout_token(token, await self._expected(new_keys=True), self._clock.now())

    async def end_session_url(self, id_token: str, return_to: str) -> str | None:
        """Where a browser ends the session of the provider, too (RP-Initiated Logout 1.0); None where it cannot."""
        try:
            endpoint = (await self.metadata()).end_session_endpoint
        except ProviderUnavailable:
            return None
        if endpoint is None:
            return None
        query = {
            "id_token_hint": id_token, "client_id": self.client.id, "post_logout_redirect_uri": return_to,
        }  # fmt: skip
        return str(httpx2.URL(endpoint).copy_merge_params(query))

    async def metadata(self) -> Metadata:
        """The provider's words about itself. Raises `ProviderUnavailable`, while it never answered."""
        if self._metadata is None or self._clock.now() - self._metadata_read > METADATA_LASTS:
            try:
                self._metadata = await self._discover()
                self._metadata_read = self._clock.now()
            except ProviderUnavailable:
                if self._metadata is None:
                    raise
        return self._metadata

    async def _discover(self) -> Metadata:
        raw = await self._get(self.client.issuer.rstrip("/") + DISCOVERY)
        try:
            found = Metadata.model_validate(raw)
        except ValidationError:
            raise ProviderUnavailable("its metadata lack what the standard demands") from None
        if found.issuer != self.client.issuer:
            raise ProviderUnavailable("its metadata name another issuer than NATIJA_OIDC_ISSUER")
        endpoints = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri, found.end_session_endpoint)
        if not all(is_encrypted(one) for one in endpoints if one is not None):
            raise ProviderUnavailable("an endpoint in its metadata is not encrypted")
        return found

    async def _identity(self, id_token: str, nonce: str, access_token: str) -> Identity:
        try:
            return read_id_token(id_token, await self._expected(), nonce, access_token, self._clock.now())
        except UnknownKey:
            expected = await self._expected(new_keys=True)
            return read_id_token(id_token, expected, nonce, access_token, self._clock.now())

    async def _expected(self, *, new_keys: bool = False) -> Expected:
        metadata, passed = await self.metadata(), self._clock.now() - self._keys_read
        if self._keys is None or passed > (KEY_PAUSE if new_keys else METADATA_LASTS):
            raw = await self._get(metadata.jwks_uri)
            try:
                self._keys = KeySet.import_key_set(raw)
            except (JoseError, ValueError, TypeError, KeyError):
                raise ProviderUnavailable("its keys are not readable") from None
            self._keys_read = self._clock.now()
        return Expected(self.client.issuer, self.client.id, self._keys, metadata.id_token_signing_alg_values_supported)

    async def _get(self, url: str) -> Any:
        try:
            async with httpx2.AsyncClient(**self._options) as http:
                answer = await http.get(url)
                answer.raise_for_status()
                return answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderUnavailable(type(error).__name__) from None

    def _oauth(self, metadata: Metadata) -> AsyncOAuth2Client:
        known = metadata.token_endpoint_auth_methods_supported
        method = "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"
        return AsyncOAuth2Client(
            self.client.id, self.client.secret, token_endpoint_auth_method=method, scope=SCOPE,
            redirect_uri=self.client.redirect_uri, code_challenge_method="S256", **self._options,
        )  # fmt: skip
