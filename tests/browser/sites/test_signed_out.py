"""A person whose session ends while they write: nothing that they typed is lost, and the page says what to do."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page
from tests.browser.inspection import opened, violations
from tests.browser.sites.signed_in_site import SignedInSite
from tests.sites import served

from natija_chassis.pages import sections

pytestmark = pytest.mark.timeout(120)  # a browser on a busy machine
TEXT = "Айылдын жолу бузулду."


@pytest.fixture
def office() -> Iterator[tuple[SignedInSite, str]]:
    made = SignedInSite()
    with served(made.app()) as url:
        yield made, url


async def write(page: Page, url: str) -> None:
    await page.goto(f"{url}/ru/note")
    await page.fill("#text", TEXT)


async def test_text_outlives_the_session(browser: Browser, office: tuple[SignedInSite, str]) -> None:
    """The form is sent without a session: the page leads to a new tab, and Back to the text and a new token."""
    made, url = office
    async with opened(browser) as page:
        await write(page, url)
        made.session = None
        await page.click("main button")
        assert await page.locator("h1").inner_text() == "Вы вышли из системы"
        async with page.context.expect_page() as waiting:
            await page.click("main a[target=_blank]")
        await (await waiting.value).wait_for_load_state()
        assert made.session is not None
        await page.go_back()
        assert await page.input_value("#text") == TEXT
        await page.click("main button")
        assert made.sent == [TEXT]


@pytest.mark.parametrize("width", [360, 1280])
async def test_head_has_room_for_sections(browser: Browser, office: tuple[SignedInSite, str], width: int) -> None:
    """All that an official can be shown, with the largest letters."""
    made, url = office
    made.kit.show_others(sections.parse(",".join(f"{name}=https://x.example" for name in sections.KNOWN)))
    async with opened(browser, width) as page:
        await page.context.add_cookies([{"name": "natija_display", "value": "size-largest", "url": url}])
        await page.goto(f"{url}/sign-in?return_to=/ky/note")
        assert await page.locator(".n-sections a").count() == 1 + len(sections.KNOWN)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await violations(page) == []


async def test_text_outlives_a_new_session(browser: Browser, office: tuple[SignedInSite, str]) -> None:
    """They have signed in in another tab meanwhile, so the token of the form is old."""
    made, url = office
    async with opened(browser) as page:
        await write(page, url)
        other = await page.context.new_page()
        await other.goto(f"{url}/sign-in?return_to=/ru/note")
        await page.click("main button")
        assert "снова вошли" in await page.locator("h1").inner_text()
        assert made.sent == []
        await page.go_back()
        assert await page.input_value("#text") == TEXT
        await page.click("main button")
        assert made.sent == [TEXT]
