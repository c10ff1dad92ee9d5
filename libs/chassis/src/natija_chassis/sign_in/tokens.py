"""The tokens of the provider, verified. A token that breaks a rule is refused; the reason never repeats its content.

ID tokens: OpenID Connect Core 1.0, section 3.1.3.7. Logout tokens: OpenID Connect Back-Channel Logout 1.0, section 2.6.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

ALGORITHMS = frozenset(
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
)
"""Signatures by a private key of the provider. With a shared secret anybody who knows it could make tokens."""
LEEWAY = 60
"""Seconds by which the clock of the provider may differ."""
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LONGEST_LIFE = 600
"""Seconds: a logout token is sent at once, so one that lives longer is not kept for replay."""
_MOST = 255
"""Characters of a subject, by the standard; other ids get the same limit."""


class TokenRefused(Exception):
    """A token breaks a *rule*."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class UnknownKey(TokenRefused):
    """No known key has signed it: the provider may have a new one."""


class Identity(NamedTuple):
    """A user: *subject* at *issuer*, when they proved it and how (*acr*), and the provider's session (*sid*)."""

    issuer: str
    subject: str
    authenticated: datetime | None
    acr: str | None
    sid: str | None


class LogoutRequest(NamedTuple):
    """The sessions that end: those of *sid*, or else all of *subject*. *id* and *expires* are for using it once."""

    issuer: str
    subject: str | None
    sid: str | None
    id: str
    expires: datetime


class Expected(NamedTuple):
    """The demands on a token: its issuer, its audience, the *keys* and *algorithms* that may sign it."""

    issuer: str
    client_id: str
    keys: KeySet
    algorithms: Sequence[str]


def read_id_token(token: str, expected: Expected, nonce: str, access_token: str | None, now: datetime) -> Identity:
    """The user who signed in. Raises `TokenRefused`."""
    header, claims = _verified(token, expected)
    rules: Any = {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.client_id},
    }
    given = {"nonce": nonce, "client_id": expected.client_id, "access_token": access_token}
    try:
        CodeIDToken(claims, header, rules, given).validate(int(now.timestamp()), LEEWAY)
    except JoseError as error:
        raise TokenRefused(f"id token: {error.error}") from None
    return Identity(
        expected.issuer, _text(claims, "sub"), _instant(claims, "auth_time"), _acr(claims), _id(claims, "sid")
    )


def read_logout_token(token: str, expected: Expected, now: datetime) -> LogoutRequest:
    """Which sessions the provider has ended. Raises `TokenRefused`."""
    header, claims = _verified(token, expected)
    if str(header.get("typ", "logout+jwt")).lower() not in ("logout+jwt", "jwt", "application/logout+jwt"):
        raise TokenRefused("logout token: typ")
    if claims.get("iss") != expected.issuer:
        raise TokenRefused("logout token: iss")
    audience = claims.get("aud")
    if expected.client_id not in (audience if isinstance(audience, list) else [audience]):
        raise TokenRefused("logout token: aud")
    if not isinstance(claims.get("events"), dict) or not isinstance(claims["events"].get(LOGOUT_EVENT), dict):
        raise TokenRefused("logout token: events")
    if "nonce" in claims:
        raise TokenRefused("logout token: nonce")  # else an ID token could end sessions
    subject, sid = _id(claims, "sub"), _id(claims, "sid")
    if subject is None and sid is None:
        raise TokenRefused("logout token: names no session")
    return LogoutRequest(expected.issuer, subject, sid, _text(claims, "jti"), _end_of(claims, now))


def _end_of(claims: Mapping[str, Any], now: datetime) -> datetime:
    """Until when a logout token is valid. Drafts of the standard had no `exp`."""
    issued, expires = _instant(claims, "iat"), _instant(claims, "exp")
    if issued is None or not -LEEWAY <= (now - issued).total_seconds() <= _LONGEST_LIFE:
        raise TokenRefused("logout token: iat")
    last = issued.timestamp() + _LONGEST_LIFE + LEEWAY
    if expires is not None and (now - expires).total_seconds() > LEEWAY:
        raise TokenRefused("logout token: exp")
    return datetime.fromtimestamp(last, UTC)


def _verified(token: str, expected: Expected) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a *token* that one of the expected keys has signed."""
    try:
        found = jwt.decode(token, expected.keys, algorithms=[one for one in expected.algorithms if one in ALGORITHMS])
    except InvalidKeyIdError:
        raise UnknownKey("signed by an unknown key") from None
    except (JoseError, ValueError):
        raise TokenRefused("signature") from None
    return found.header, found.claims


def _id(claims: Mapping[str, Any], name: str) -> str | None:
    return None if claims.get(name) is None else _text(claims, name)


def _acr(claims: Mapping[str, Any]) -> str | None:
    return _id(claims, "acr")


def _text(claims: Mapping[str, Any], name: str) -> str:
    found = claims.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= _MOST or "\0" in found:
        raise TokenRefused(name)
    return found


def _instant(claims: Mapping[str, Any], name: str) -> datetime | None:
    found = claims.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise TokenRefused(name)
    try:
        return datetime.fromtimestamp(found, UTC)
    except (ValueError, OverflowError, OSError):
        raise TokenRefused(name) from None
