"""An act can demand that the official has proved lately who they are."""

import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.integration.chassis.sign_in.service import Service


async def test_fresh_proof_opens_act(routing: Service) -> None:
    """Just signed in, nobody is asked again; later the page leads to the provider, and back to the act."""
    browser = routing.browser()
    await browser.sign_in("aida")
    assert (await browser.http.get("/sign")).json() == routing.id_of("aida")
    routing.provider.claims = {"auth_time": int(time.time()) - 3600}
    await browser.sign_in("aida")
    asked = await browser.http.get("/sign")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?return_to=%2Fsign&max_age=300")
    leaving = (await browser.http.get(asked.headers["location"])).headers["location"]
    assert parse_qs(urlsplit(leaving).query)["max_age"] == ["300"]
    routing.provider.claims = {}
    back = await browser.http.get(routing.provider.authorize(leaving, "aida"))
    assert back.headers["location"] == "/sign"
    assert (await browser.http.get("/sign")).status_code == 200


async def test_form_is_not_lost_silently(routing: Service) -> None:
    """An unsafe request cannot go through the provider: it is refused, with the way to prove it."""
    browser = routing.browser()
    routing.provider.claims = {"auth_time": int(time.time()) - 3600}
    await browser.sign_in("aida")
    answer = await browser.http.post("/sign", data={"csrf_token": await browser.csrf_token()})
    assert answer.status_code == 403
    assert answer.json()["sign_in"].startswith("/sign-in?return_to=")


@pytest.mark.parametrize("hours", [None, 1])
async def test_provider_must_ask_again(routing: Service, hours: int | None) -> None:
    """A provider that lets an old proof pass, or does not say when it was, opens nothing: the session stays old."""
    browser = routing.browser()
    routing.provider.claims = {"auth_time": hours and int(time.time()) - hours * 3600}
    await browser.sign_in("aida")
    before = browser.session
    address = await browser.begin("/sign", max_age="300")
    answer = await browser.http.get(routing.provider.authorize(address, "aida"))
    assert (answer.status_code, browser.session) == (403, before)
    assert (await browser.http.get("/sign")).status_code == 303
    assert (await browser.http.get("/queue")).status_code == 200


async def test_proof_grows_old_with_session(routing: Service) -> None:
    """Requests keep a session alive, and do not make the proof younger."""
    browser = routing.browser()
    await browser.sign_in("aida")
    for _ in range(3):
        routing.clock.advance(timedelta(minutes=4))
        assert (await browser.http.get("/queue")).status_code == 200
    assert (await browser.http.get("/sign")).status_code == 303
