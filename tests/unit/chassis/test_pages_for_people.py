"""The pages that people who sign in get when something is refused: their own words, and the way on."""

import httpx
import pytest
from tests.browser.sites.signed_in_site import SignedInSite

HTML = {"Accept": "text/html"}


def browser(office: SignedInSite) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(office.app()), base_url="http://127.0.0.1", headers=HTML,
        cookies={"session": "s"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("session", "token", "site", "status", "title"),
    [
        (None, "token-s", "same-origin", 401, "Вы вышли из системы"),
        ("s", "token-old", "same-origin", 403, "Вы снова вошли после того, как открыли эту страницу"),
        ("s", "token-s", "cross-site", 403, "Эта форма не с этого сайта"),
    ],
)
async def test_refused_form_says_why(session: str | None, token: str, site: str, status: int, title: str) -> None:
    office = SignedInSite()
    office.session = session
    async with browser(office) as client:
        found = await client.post("/ru/note", data={"csrf_token": token, "text": "x"}, headers={"Sec-Fetch-Site": site})
    assert (found.status_code, f">{title}</h1>" in found.text) == (status, True)
    assert "ключ" not in found.text
    assert ('target="_blank"' in found.text) == (session is None)
    assert office.sent == []


async def test_person_without_post_is_told() -> None:
    office = SignedInSite()
    office.session, office.roles = "s", frozenset({"head"})
    async with browser(office) as client:
        found = await client.get("/ru/note")
    assert found.status_code == 403
    assert "Ни одна из ваших должностей её не открывает." in found.text


async def test_program_is_told_of_keys() -> None:
    async with browser(SignedInSite()) as client:
        found = await client.post("/ru/note", headers={"Accept": "application/json"})
    assert (found.status_code, found.json()["title"]) == (401, "An API key is necessary")
