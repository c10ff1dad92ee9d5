"""Officials sign in at the provider, and the service knows who they are."""

from datetime import timedelta

import pytest
from tests.integration.chassis.sign_in.service import COOKIE, Service, cookies_of
from tests.openid_provider import ISSUER

from natija_chassis.sign_in.sessions import digest


async def test_official_comes_back_signed_in(routing: Service) -> None:
    """To the page that they had asked for; code, PKCE, secret, state and nonce are checked by the provider and us."""
    browser = routing.browser()
    asked = await browser.http.get("/queue?filter=mine")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?return_to=%2Fqueue%3Ffilter%3Dmine")
    leaving = await browser.http.get(asked.headers["location"])
    back = await browser.http.get(routing.provider.authorize(leaving.headers["location"], "aida", session_state="x"))
    assert (back.status_code, back.headers["location"]) == (303, "/queue?filter=mine")
    assert (await browser.http.get("/queue")).json() == ["health/of-aida"]
    me = (await browser.http.get("/me")).json()
    assert me.pop("session_ends")
    assert me == {
        "official": routing.id_of("aida"), "body": "health", "roles": ["official", "registrar"],
        "posts": [{
            "post": "health/of-aida", "body": "health", "roles": ["registrar"], "last_day": None, "delegated": False,
        }],
    }  # fmt: skip


async def test_cookies_belong_to_host(routing: Service) -> None:
    """No other host, script or unencrypted connection sees them."""
    browser = routing.browser()
    answer = await browser.sign_in("aida")
    [(name, attributes)] = cookies_of(answer)
    assert (name, attributes.lower()) == (COOKIE, "httponly; path=/; samesite=lax; secure")


async def test_database_holds_only_hashes(routing: Service) -> None:
    """A reader of the table, or of a dump, has no session; access tokens are stored nowhere."""
    browser = routing.browser()
    await browser.sign_in("aida")
    [row] = await routing.rows("sessions")
    assert row.id == digest(browser.session or "")
    assert str(browser.session) not in str(row)
    assert (row.issuer, row.subject, row.sid) == (ISSUER, "aida", "sid-of-aida")
    assert not await routing.rows("sign_ins")


async def test_idle_session_ends(routing: Service) -> None:
    browser = routing.browser()
    await browser.sign_in("aida")
    for _ in range(3):
        routing.clock.advance(timedelta(minutes=29))
        assert (await browser.http.get("/queue")).status_code == 200
    routing.clock.advance(timedelta(minutes=31))
    assert (await browser.http.get("/me")).status_code == 401


async def test_busy_session_ends_at_last(routing: Service) -> None:
    """After ten hours one signs in again."""
    browser = routing.browser()
    await browser.sign_in("aida")
    for _ in range(21):
        assert (await browser.http.get("/queue")).status_code == 200
        routing.clock.advance(timedelta(minutes=29))
    assert (await browser.http.get("/me")).status_code == 401


async def test_sign_out_ends_both_sessions(routing: Service) -> None:
    """The row is deleted, the cookie taken, and the browser goes on to the provider."""
    browser = routing.browser()
    await browser.sign_in("aida")
    taken = browser.session
    answer = await browser.http.post("/sign-out", data={"csrf_token": await browser.csrf_token()})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{ISSUER}/end?id_token_hint=")
    assert browser.session is None
    assert not await routing.rows("sessions")
    browser.http.cookies.set(COOKIE, taken or "")
    assert (await browser.http.get("/me")).status_code == 401
    assert "You are signed out" in (await browser.http.get("/sign-out")).text


async def test_sessions_outlive_provider(routing: Service) -> None:
    """While the provider is down, nobody new gets in, and nobody is put out."""
    browser = routing.browser()
    await browser.sign_in("aida")
    routing.provider.is_down = True
    routing.restart()
    assert (await browser.http.get("/queue")).status_code == 200
    other = await routing.browser().http.get("/sign-in")
    assert (other.status_code, other.headers["retry-after"]) == (503, "5")
    assert (await browser.http.post("/sign-out", data={"csrf_token": await browser.csrf_token()})).status_code == 303


@pytest.mark.parametrize("metadata", [
    {"issuer": "https://other.example"}, {"token_endpoint": "http://id.example/token"}, {"jwks_uri": None},
])  # fmt: skip
async def test_wrong_metadata_admit_nobody(routing: Service, metadata: dict[str, str | None]) -> None:
    """Another issuer, an endpoint without encryption, a missing one."""
    routing.provider.metadata = metadata
    assert (await routing.browser().http.get("/sign-in")).status_code == 503


async def test_two_tabs_sign_in(routing: Service) -> None:
    """Each comes back to its own page."""
    browser = routing.browser()
    first, second = await browser.begin("/queue"), await browser.begin("/me")
    for address, page in ((first, "/queue"), (second, "/me")):
        answer = await browser.http.get(routing.provider.authorize(address, "aida"))
        assert (answer.status_code, answer.headers["location"]) == (303, page)


async def test_new_key_of_provider_counts(routing: Service) -> None:
    """A provider changes its keys when it likes: they are read again, at most once a minute."""
    browser = routing.browser()
    await browser.sign_in("aida")
    provider = routing.provider
    provider.key = type(provider.key).generate_key("P-256", {"kid": "two"})
    provider.published, provider.header = [provider.key], {"alg": "ES256", "kid": "two"}
    assert (await browser.sign_in("aida")).status_code == 403
    routing.clock.advance(timedelta(seconds=61))
    assert (await browser.sign_in("aida")).status_code == 303
