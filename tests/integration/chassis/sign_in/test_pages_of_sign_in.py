"""The pages of signing in and out, of a process with a site: in the language of the page that one came from."""

from pathlib import Path

from tests.integration.chassis.sign_in.service import Service
from tests.openid_provider import ISSUER

from natija_chassis.pages.site import PageLink, Site

KAZAKH = {"Accept": "text/html", "Accept-Language": "kk"}


def give_site(routing: Service, folder: Path) -> None:
    """Give the service a site without pages of its own."""
    (folder / "templates").mkdir()
    (folder / "locales").mkdir()
    routing.site = Site(folder, [PageLink("/queue", "Appeals")], lambda: routing.data)
    routing.restart()


async def test_language_outlives_the_provider(routing: Service, tmp_path: Path) -> None:
    """A sign-out on a page in Russian ends in Russian, and not in the language of the browser."""
    give_site(routing, tmp_path)
    browser = routing.browser()
    await browser.sign_in("aida")
    asked = await browser.http.get("/sign-out", headers=KAZAKH)
    assert (asked.status_code, asked.headers["location"]) == (303, "/kk/sign-out")
    page = await browser.http.get("/ru/sign-out", headers=KAZAKH)
    assert 'lang="ru"' in page.text
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    left = await browser.http.post("/sign-out", data={"csrf_token": token, "page": "/ru/sign-out"})
    assert left.headers["location"].startswith(f"{ISSUER}/end?")
    back = await browser.http.get("/sign-out", headers=KAZAKH)
    assert back.headers["location"] == "/ru/sign-out"
    assert '<h1 class="govuk-heading-l">Вы вышли из системы</h1>' in (await browser.http.get("/ru/sign-out")).text


async def test_form_may_lead_to_provider(routing: Service, tmp_path: Path) -> None:
    """Chromium would not follow it under `form-action 'self'`."""
    give_site(routing, tmp_path)
    browser = routing.browser()
    await browser.sign_in("aida")
    policy = (await browser.http.get("/ky/sign-out")).headers["content-security-policy"]
    assert "form-action" not in policy
    assert "default-src 'none'" in policy
    assert (
        "form-action 'self'" in (await browser.http.get("/nothing", headers=KAZAKH)).headers["content-security-policy"]
    )


async def test_refused_sign_in_keeps_language(routing: Service, tmp_path: Path) -> None:
    """The answer of the provider comes too late, or to another browser."""
    give_site(routing, tmp_path)
    browser = routing.browser()
    await browser.begin("/uz/queue")
    page = await browser.http.get("/sign-in/callback?state=x&code=y", headers=KAZAKH)
    assert page.status_code == 403
    assert "Siz kirmagansiz" in page.text
    assert "/sign-in?return_to=/uz/queue" in page.text


async def test_process_without_site_is_plain(routing: Service) -> None:
    browser = routing.browser()
    page = await browser.http.get("/sign-in/callback?state=x", headers=KAZAKH)
    assert "<title>You are not signed in</title>" in page.text
    assert (await browser.http.get("/kk/sign-out")).status_code == 404
