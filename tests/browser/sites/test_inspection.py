"""The inspection finds what it is there for: a page with every fault does not pass."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.async_api import Browser
from tests.browser.inspection import LARGEST, faults
from tests.sites import served

pytestmark = pytest.mark.timeout(120)  # a browser on a busy machine
_POLICY = {"Content-Security-Policy": "default-src 'self'; img-src 'self' data:"}
_GOOD = '<main><h1 lang="ru">Барак</h1><p>Салам</p></main>'


def page(content: str, head: str = "", language: str = "ky") -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><title>Барак</title><link rel="icon" href="data:,">'
        f'<meta name="viewport" content="width=device-width">{head}</head><body>{content}</body></html>'
    )


PAGES = {
    "good": (page(_GOOD), ""),
    "label": (page(_GOOD.replace("</main>", "<input></main>")), "axe label (critical)"),
    "script": (page(_GOOD, "<script>1</script>"), "the console says: Executing inline script violates"),
    "wide": (page(_GOOD.replace("Салам", "Салам" * 90)), "wider than the window"),
    "english": (page(_GOOD.replace("Салам", 'Салам <img src="data:," alt="Close">')), "English left: Close"),
    "language": (page(_GOOD, language="ru"), "its language is said to be ru"),
    "heavy": (page(_GOOD + f"<!--{'ы' * (LARGEST // 2)}-->"), " bytes"),
    "missing": ("", "status 404"),
}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    app = FastAPI()

    @app.get("/{name}")
    async def get(name: str) -> HTMLResponse:
        status = 404 if name == "missing" else 200
        return HTMLResponse(PAGES[name][0] or page(_GOOD), status, headers=_POLICY)

    with served(app) as url:
        yield url


@pytest.mark.parametrize("name", PAGES)
async def test_each_fault_is_found(browser: Browser, site: str, name: str) -> None:
    found = await faults(browser, f"{site}/{name}", "ky", 360)
    expected = PAGES[name][1]
    assert [one for one in found if expected not in one] == []
    assert bool(found) == bool(expected)
