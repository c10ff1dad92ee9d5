"""An OpenID Connect provider in this process, strict where ours must be right, and hostile where a test says so.

It checks PKCE, the client's secret and the address to return to, as the standard has a provider do. `claims`,
`header` and `metadata` change what it says.
"""

import base64
import hashlib
import secrets
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ISSUER = "https://id.example"
CLIENT, SECRET = "natija-routing", "s3cret"
NOW = object()


class OpenIdProvider:
    """The provider: *requests* are those of its token endpoint, *reads* how often its keys were read."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "one"})
        self.published = [self.key]
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "ES256", "kid": "one"}
        self.metadata: dict[str, Any] = {}
        self.is_down = False
        self.reads = 0
        self.requests: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}

    def authorize(self, address: str, subject: str, **more: str) -> str:
        """The user *subject* signs in on the page at *address*: where their browser goes then."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{ISSUER}/authorize?")
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["state"]) >= 32
        assert len(asked["nonce"]) >= 32
        code = secrets.token_urlsafe()
        self._codes[code] = {**asked, "subject": subject}
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], **more})}"

    def sign(self, claims: dict[str, Any], header: dict[str, Any] | None = None, key: Any = None) -> str:
        """A token with *claims*."""
        given = {**self.header, **(header or {})}
        return jwt.encode(given, claims, key or self.key, algorithms=[given["alg"]])

    @property
    def transport(self) -> httpx2.ASGITransport:
        """The way to it."""
        paths = {
            "/.well-known/openid-configuration": self._describe, "/keys": self._keys, "/token": self._token,
        }  # fmt: skip
        routes = [Route(path, endpoint, methods=["GET", "POST"]) for path, endpoint in paths.items()]
        return httpx2.ASGITransport(Starlette(routes=routes))

    async def _describe(self, request: Request) -> Response:
        known = {
            "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/authorize", "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys", "end_session_endpoint": f"{ISSUER}/end",
            "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
        }  # fmt: skip
        return Response(status_code=500) if self.is_down else JSONResponse(known | self.metadata)

    async def _keys(self, request: Request) -> Response:
        self.reads += 1
        return JSONResponse(KeySet(self.published).as_dict(private=False))  # type: ignore[arg-type]

    async def _token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        self.requests.append(form)
        asked = self._codes.pop(form["code"], None)
        credentials = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
        if (
            asked is None
            or request.headers.get("authorization") != f"Basic {credentials}"
            or form["redirect_uri"] != asked["redirect_uri"]
            or challenge.rstrip("=") != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": self._id_token(asked)})

    def _id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": CLIENT, "sub": asked["subject"], "nonce": asked["nonce"], "iat": now,
            "exp": now + 300, "auth_time": now, "sid": f"sid-of-{asked['subject']}",
        }  # fmt: skip
        return self.sign({name: one for name, one in (claims | self.claims).items() if one is not None})
