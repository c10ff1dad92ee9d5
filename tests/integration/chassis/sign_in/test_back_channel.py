"""The provider ends sessions by a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6)."""

import secrets
import time
from typing import Any

import pytest
from joserfc.jwk import ECKey
from tests.integration.chassis.sign_in.service import Service
from tests.openid_provider import CLIENT, ISSUER

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def token(routing: Service, **changes: Any) -> str:
    """A logout token for aida's sessions; a change to None takes a claim out."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": secrets.token_urlsafe(),
        "events": {EVENT: {}}, "sid": "sid-of-aida", "sub": "aida",
    }  # fmt: skip
    given = {name: one for name, one in (claims | changes).items() if one is not None}
    return routing.provider.sign(given, {"typ": "logout+jwt"})


async def send(routing: Service, logout_token: str) -> int:
    """The status with which the service answers the provider."""
    answer = await routing.browser().http.post("/sign-out/back-channel", data={"logout_token": logout_token})
    assert "aida" not in answer.text
    return answer.status_code


@pytest.mark.parametrize(
    ("changes", "ended"),
    [
        ({}, {"aida"}),
        ({"sub": None}, {"aida"}),
        ({"sid": None}, {"aida"}),
        ({"sid": "sid-of-bolot"}, set()),  # both must be of one session
        ({"sid": "unknown", "sub": None}, set()),
        ({"aud": ["other", CLIENT]}, {"aida"}),
        ({"exp": None}, {"aida"}),
    ],
)
async def test_provider_ends_its_sessions(routing: Service, changes: dict[str, Any], ended: set[str]) -> None:
    """Those that the token names, and no others."""
    browsers = {name: routing.browser() for name in ("aida", "bolot")}
    routing.appoint("bolot", "registrar")
    for name, browser in browsers.items():
        await browser.sign_in(name)
    assert await send(routing, token(routing, **changes)) == 200
    for name, browser in browsers.items():
        assert (await browser.http.get("/me")).status_code == (401 if name in ended else 200)


WRONG: dict[str, dict[str, Any]] = {
    "iss": {"iss": "https://evil.example"},
    "aud": {"aud": "natija-deadlines"},
    "no aud": {"aud": None},
    "old": {"iat": 1_600_000_000},
    "no iat": {"iat": None},
    "future": {"iat": 4_000_000_000},
    "expired": {"exp": 1_600_000_000},
    "no events": {"events": None},
    "other event": {"events": {"https://other.example": {}}},
    "event no object": {"events": {EVENT: "x"}},
    "nonce": {"nonce": "x"},
    "nobody": {"sub": None, "sid": None},
    "no jti": {"jti": None},
    "sub no text": {"sub": 7},
}


@pytest.mark.parametrize("name", WRONG)
async def test_wrong_logout_token_ends_nothing(routing: Service, name: str) -> None:
    """Each rule of the standard."""
    browser = routing.browser()
    await browser.sign_in("aida")
    assert await send(routing, token(routing, **WRONG[name])) == 400
    assert (await browser.http.get("/me")).status_code == 200


async def test_forged_logout_token_ends_nothing(routing: Service) -> None:
    """Of another key, of another type, without a signature; and no token at all."""
    browser = routing.browser()
    await browser.sign_in("aida")
    claims_of = token(routing)
    of_other = ECKey.generate_key("P-256", {"kid": "one"})
    known, routing.provider.key = routing.provider.key, of_other
    forged = token(routing)
    routing.provider.key = known
    id_token = routing.provider.sign({"iss": ISSUER, "aud": CLIENT, "iat": int(time.time())}, {"typ": "at+jwt"})
    for given in (forged, id_token, claims_of.rpartition(".")[0] + ".", "x", "", "a.b.c"):
        assert await send(routing, given) == 400
    assert (await browser.http.get("/me")).status_code == 200


async def test_logout_token_counts_once(routing: Service) -> None:
    """It cannot end the next session, too."""
    browser, sent = routing.browser(), token(routing)
    await browser.sign_in("aida")
    assert await send(routing, sent) == 200
    await browser.sign_in("aida")
    assert await send(routing, sent) == 400
    assert (await browser.http.get("/me")).status_code == 200
    assert len(await routing.rows("logout_tokens")) == 1
