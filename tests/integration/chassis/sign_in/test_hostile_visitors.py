"""Attempts of others: each leaves them outside, and the sessions inside as they were."""

import base64
import hmac
import json
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.chassis.sign_in.service import COOKIE, Service
from tests.openid_provider import ISSUER, OpenIdProvider

from natija_events.reference.entries import BodyEntry, HeldPost, OfficialEntry, PostEntry

Forge = Callable[[OpenIdProvider], None]


@pytest.mark.parametrize(
    "address",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "",
     "/%0d%0aSet-Cookie: x=1\r\nX: y", "/a\\b", "queue", " /queue", "/\t/evil.example", "/" + "a" * 2000],
)  # fmt: skip
async def test_sign_in_leads_nowhere_else(routing: Service, address: str) -> None:
    """No open redirect: only a path of this service."""
    answer = await routing.browser().http.get("/sign-in", params={"return_to": address})
    assert answer.status_code == 422
    assert "evil" not in answer.text


async def test_other_browser_cannot_finish(routing: Service) -> None:
    """Login CSRF: a link with the code of an attacker signs nobody in as the attacker."""
    attacker, victim = routing.browser(), routing.browser()
    routing.appoint("mallory", "registrar")
    link = routing.provider.authorize(await attacker.begin(), "mallory")
    await victim.begin()
    answer = await victim.http.get(link)
    assert (answer.status_code, victim.session) == (403, None)
    assert not await routing.rows("sessions")


async def test_state_counts_once(routing: Service) -> None:
    """The address of the way back cannot be used again, not even in the same browser."""
    browser = routing.browser()
    link = routing.provider.authorize(await browser.begin(), "aida")
    assert (await browser.http.get(link)).status_code == 303
    asked = len(routing.provider.requests)
    assert (await browser.http.get(link)).status_code == 403
    assert len(routing.provider.requests) == asked


async def test_late_return_is_refused(routing: Service) -> None:
    browser = routing.browser()
    link = routing.provider.authorize(await browser.begin(), "aida")
    routing.clock.advance(timedelta(minutes=11))
    assert (await browser.http.get(link)).status_code == 403


async def test_session_id_is_new(routing: Service) -> None:
    """Session fixation: an id that was there before opens nothing afterwards, and the session before is over."""
    browser = routing.browser()
    browser.http.cookies.set(COOKIE, "planted", domain="routing.example")
    await browser.sign_in("aida")
    first = browser.session
    assert first != "planted"
    await browser.sign_in("aida")
    assert browser.session not in (first, "planted")
    assert len(await routing.rows("sessions")) == 1
    for old in ("planted", first):
        browser.http.cookies.set(COOKIE, old or "", domain="routing.example")
        assert (await browser.http.get("/me")).status_code == 401


@pytest.mark.parametrize("iss", ["https://evil.example", ""])
async def test_answer_of_other_issuer_is_refused(routing: Service, iss: str) -> None:
    """A mixed-up issuer (RFC 9207): the code is not sent anywhere."""
    browser = routing.browser()
    assert (await browser.sign_in("aida", iss=iss)).status_code == 403
    assert not routing.provider.requests
    assert (await browser.sign_in("aida", iss=ISSUER)).status_code == 303


async def test_promised_issuer_must_come(routing: Service) -> None:
    routing.provider.metadata = {"authorization_response_iss_parameter_supported": True}
    browser = routing.browser()
    assert (await browser.sign_in("aida")).status_code == 403
    assert (await browser.sign_in("aida", iss=ISSUER)).status_code == 303


def of_other_key(provider: OpenIdProvider) -> None:
    provider.key = ECKey.generate_key("P-256", {"kid": "one"})


def of_unknown_key(provider: OpenIdProvider) -> None:
    of_other_key(provider)
    provider.header = {"alg": "ES256", "kid": "unknown"}


def unsigned(provider: OpenIdProvider) -> None:
    provider.sign = lambda claims, *_: OpenIdProvider.sign(provider, claims, {"alg": "none", "kid": "one"})  # type: ignore[method-assign]


def by_shared_secret(provider: OpenIdProvider) -> None:
    """Signed with the public key as if it were a shared secret."""

    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def sign(claims: dict[str, Any], *_: Any) -> str:
        signed = ".".join(part(json.dumps(one).encode()) for one in ({"alg": "HS256", "kid": "one"}, claims))
        return f"{signed}.{part(hmac.digest(provider.key.as_pem(private=False), signed.encode(), 'sha256'))}"

    provider.sign = sign  # type: ignore[method-assign,assignment]


def saying(**claims: Any) -> Forge:
    def forge(provider: OpenIdProvider) -> None:
        provider.claims = claims

    return forge


def issued_tomorrow(provider: OpenIdProvider) -> None:
    provider.claims = {"iat": int(time.time()) + 86_400}


FORGERIES: dict[str, Forge] = {
    "other key": of_other_key,
    "unknown key": of_unknown_key,
    "alg none": unsigned,
    "alg HS256": by_shared_secret,
    "iss": saying(iss="https://evil.example"),
    "no iss": saying(iss=None),
    "aud": saying(aud="natija-deadlines"),
    "aud with azp": saying(aud="natija-deadlines", azp="natija-routing"),
    "two aud": saying(aud=["natija-routing", "other"]),
    "azp": saying(azp="natija-deadlines"),
    "no aud": saying(aud=None),
    "expired": saying(exp=int(time.time()) - 120),
    "no exp": saying(exp=None),
    "from the future": issued_tomorrow,
    "nonce": saying(nonce="x" * 32),
    "no nonce": saying(nonce=None),
    "no sub": saying(sub=None),
    "empty sub": saying(sub=""),
    "sub with NUL": saying(sub="a\0b"),
    "long sub": saying(sub="a" * 256),
    "sub no text": saying(sub=7),
    "auth_time": saying(auth_time="yesterday"),
    "at_hash": saying(at_hash="AAAA"),
}


@pytest.mark.parametrize("name", FORGERIES)
async def test_forged_token_admits_nobody(routing: Service, caplog: pytest.LogCaptureFixture, name: str) -> None:
    """Each rule of OpenID Connect Core, 3.1.3.7. The log names the rule, and no value."""
    browser = routing.browser()
    FORGERIES[name](routing.provider)
    with caplog.at_level(logging.INFO):
        answer = await browser.sign_in("aida")
    assert (answer.status_code, browser.session) == (403, None)
    assert not await routing.rows("sessions")
    assert "a sign-in was refused" in caplog.text
    for value in ("evil", "aida", "natija-deadlines", "azp="):
        assert value not in caplog.text + answer.text


async def test_forged_keys_do_not_flood_provider(routing: Service) -> None:
    """Keys are read again for an unknown one, but not for each."""
    browser = routing.browser()
    of_unknown_key(routing.provider)
    for _ in range(3):
        assert (await browser.sign_in("aida")).status_code == 403
        routing.clock.advance(timedelta(seconds=10))
    assert routing.provider.reads == 1


async def test_refusal_of_provider_shows_nothing(routing: Service) -> None:
    """Its words, which anybody can put into a link, are not repeated."""
    browser = routing.browser()
    back = routing.provider.authorize(await browser.begin(), "aida").replace("code=", "was=")
    answer = await browser.http.get(f"{back}&error=access_denied&error_description=<b>call+%2B7</b>")
    assert answer.status_code == 403
    assert "call" not in answer.text


async def test_removed_official_is_out(routing: Service) -> None:
    """At the next request; they can still sign out."""
    browser = routing.browser()
    await browser.sign_in("aida")
    routing.data = replace(routing.data, officials={})
    for path in ("/queue", "/me"):
        answer = await browser.http.get(path)
        assert answer.status_code == 403
        assert "post" in answer.json()["title"]
    assert (await browser.http.post("/sign-out", data={"csrf_token": await browser.csrf_token()})).status_code == 303


async def test_role_change_acts_at_once(routing: Service) -> None:
    browser = routing.browser()
    await browser.sign_in("aida")
    routing.appoint("aida", "analyst")
    assert (await browser.http.get("/queue")).status_code == 403
    routing.appoint("aida", "registrar")
    assert (await browser.http.get("/queue")).status_code == 200


async def test_roles_are_those_of_one_body(routing: Service) -> None:
    """A registrar of one body and an analyst of another one has one body at a time."""
    browser = routing.browser()
    await browser.sign_in("aida")
    held = OfficialEntry(posts=(HeldPost(post="labour/desk"), HeldPost(post="health/of-aida")))
    routing.data = replace(
        routing.data,
        bodies={**routing.data.bodies, "labour": BodyEntry()},
        posts={**routing.data.posts, "labour/desk": PostEntry(roles=frozenset(["analyst"]))},
        officials={routing.id_of("aida"): held},
    )
    me = (await browser.http.get("/me")).json()
    assert (me["body"], me["roles"]) == ("labour", ["analyst", "official"])
    assert (await browser.http.get("/queue")).status_code == 403

    async def choose(body: str) -> int:
        form = {"body": body, "csrf_token": await browser.csrf_token()}
        return (await browser.http.post("/me/body", data=form)).status_code

    assert await choose("finance") == 422
    assert await choose("health") == 303
    assert (await browser.http.get("/queue")).status_code == 200


async def test_cookie_of_other_service_opens_nothing(routing: Service) -> None:
    """Each service has its own name and its own rows."""
    browser, other = routing.browser(), routing.browser()
    await browser.sign_in("aida")
    other.http.cookies.set("__Host-natija-deadlines", browser.session or "", domain="routing.example")
    assert (await other.http.get("/me")).status_code == 401


async def test_rows_are_of_one_database(routing: Service, engine: AsyncEngine, tmp_path: Path) -> None:
    """The id of another service's session, under our name."""
    browser = routing.browser()
    browser.http.cookies.set(COOKIE, "A" * 43, domain="routing.example")
    assert (await browser.http.get("/me")).status_code == 401  # also before anybody signed in: there is no table


FORGED_POSTS: list[tuple[dict[str, str], dict[str, str]]] = [
    ({}, {}),
    ({"csrf_token": "x"}, {}),
    ({}, {"X-CSRF-Token": "x"}),
    ({}, {"X-CSRF-Token": ""}),
]


@pytest.mark.parametrize(("form", "headers"), FORGED_POSTS)
@pytest.mark.parametrize("path", ["/assign", "/sign-out"])
async def test_unsafe_request_needs_token(
    routing: Service, path: str, form: dict[str, str], headers: dict[str, str]
) -> None:
    """CSRF: a session alone changes nothing."""
    browser = routing.browser()
    await browser.sign_in("aida")
    answer = await browser.http.post(path, data={"executor": "x", **form}, headers=headers)
    assert answer.status_code == 403
    assert len(await routing.rows("sessions")) == 1


async def test_own_form_is_taken(routing: Service) -> None:
    """With the token of this session in a field or a header, and not with that of another one."""
    browser, other = routing.browser(), routing.browser()
    await browser.sign_in("aida")
    await other.sign_in("aida")
    token = await browser.csrf_token()
    field = await browser.http.post("/assign", data={"executor": "x", "csrf_token": token})
    assert (field.status_code, field.json()) == (200, "x")
    assert (await browser.http.post("/assign", headers={"X-CSRF-Token": token}, data={})).status_code == 200
    assert (await other.http.post("/assign", headers={"X-CSRF-Token": token}, data={})).status_code == 403


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-origin", 200), ("none", 200)])
async def test_other_site_is_refused(routing: Service, site: str, status: int) -> None:
    """Even with the right token. A link from another site may still open a page."""
    browser = routing.browser()
    await browser.sign_in("aida")
    headers = {"X-CSRF-Token": await browser.csrf_token(), "Sec-Fetch-Site": site}
    assert (await browser.http.post("/assign", data={}, headers=headers)).status_code == status
    assert (await browser.http.get("/queue", headers={"Sec-Fetch-Site": site})).status_code == 200
    assert (await browser.http.post("/sign-out", headers=headers)).status_code == (403 if status == 403 else 303)
