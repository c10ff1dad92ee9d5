"""The head of a page leads to the sections of other processes: public ones always, those of officials to officials."""

import httpx
import pytest
from tests.browser.sites.signed_in_site import SignedInSite
from tests.sites import statistics_app

from natija_chassis.errors import OperatorError
from natija_chassis.pages import sections

HTML = {"Accept": "text/html"}
SITES = "desk=http://localhost:8086, file=https://appeals.example.org, statistics=https://appeals.example.org"


def hrefs(page: str) -> list[str]:
    """The links of the section list in the head."""
    listed = page.partition('<nav class="n-sections"')[2].partition("</nav>")[0]
    return [part.partition('"')[0] for part in listed.split('href="')[1:]]


async def test_everybody_sees_public_sections() -> None:
    """Those of officials are left out, and the own section stands there once."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(statistics_app(sites=SITES)), base_url="http://127.0.0.1", headers=HTML
    ) as client:
        page = (await client.get("/ru/statistics")).text
    assert hrefs(page) == ["/ru/statistics", "https://appeals.example.org/ru/file"]
    assert "Подать обращение" in page


async def test_officials_see_their_sections() -> None:
    office = SignedInSite()
    office.session = "s"
    app = office.app(SITES)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", headers=HTML, cookies={"session": "s"}
    ) as client:
        signed_in = hrefs((await client.get("/ky/note")).text)
        office.session = None
        signed_out = hrefs((await client.post("/ky/note")).text)
    public = ["/ky/note", "https://appeals.example.org/ky/file", "https://appeals.example.org/ky/statistics"]
    assert signed_in == [*public, "http://localhost:8086/ky/desk"]
    assert signed_out == public


async def test_own_sections_only_by_default() -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(statistics_app()), base_url="http://127.0.0.1", headers=HTML
    ) as client:
        assert hrefs((await client.get("/ru/statistics")).text) == ["/ru/statistics"]


@pytest.mark.parametrize(
    "text", ["shop=https://x.example", "file", "file=javascript:alert(1)", "file=https://x.example/path", "file=//x"]
)
def test_wrong_sites_are_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="NATIJA_SITES"):
        sections.parse(text)
