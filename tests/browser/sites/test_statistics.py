"""The statistics page of analytics in a browser, on the published figures of the first half of 2019."""

import csv
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser
from tests.browser.inspection import WIDTHS, faults, opened, violations
from tests.sites import served, statistics_app

from natija_events.words import LANGUAGES, Language

NAMES = frozenset({"CSV", "JSON", "UTC", "gov", "kattar"})
PAGES = {
    "statistics?year=2019&part=H1": 200,
    "statistics?year=2019&part=H1&region=talas&body=ministry-labour": 200,
    "statistics/compare?year=2019&part=H1&region=talas&with=osh-city": 200,
    "statistics/compare": 200,
    "statistics/compare?year=2013&region=talas&with=osh-city": 200,
    "statistics?year=2018": 200,
    "statistics?year=2017": 200,
    "statistics?year=2016": 200,
    "statistics?year=2013": 200,
    "statistics?year=2015": 503,
    "statistics?year=2014": 500,
    "statistics?region=nowhere": 422,
    "nothing": 404,
}
"""Each kind of page, with its status: figures, a filter, none, catching up, out of date, computing, the errors."""
PHONE: tuple[Language, int] = ("ru", 360)
DESKTOP: tuple[Language, int] = ("ky", 1280)
ROUTE, *STATES = PAGES
pytestmark = pytest.mark.timeout(120)  # a browser on a busy machine
IN_TEST = [(ROUTE, *PHONE), (ROUTE, *DESKTOP)] + [
    (path, *(PHONE if place % 2 else DESKTOP)) for place, path in enumerate(STATES)
]
"""Each route on both, and each other state of its page on one of them."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with served(statistics_app()) as url:
        yield url


@pytest.mark.parametrize(("path", "language", "width"), IN_TEST)
async def test_page_has_no_faults(browser: Browser, site: str, path: str, language: Language, width: int) -> None:
    """Neither for axe, nor for the console, nor too wide, nor too heavy, nor with English left."""
    url = f"{site}/{language}/{path}"
    assert await faults(browser, url, language, width, known_words=NAMES, status=PAGES[path]) == []


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
async def test_page_in_every_language(browser: Browser, site: str, path: str, language: Language, width: int) -> None:
    url = f"{site}/{language}/{path}"
    assert await faults(browser, url, language, width, known_words=NAMES, status=PAGES[path]) == []


@pytest.mark.parametrize("display", ["light", "dark", "contrast"])
async def test_colors_have_enough_contrast(browser: Browser, site: str, display: str) -> None:
    """Those of the device, and those that the reader chose, with the largest letters on a phone."""
    async with opened(browser, 360, "light" if display == "dark" else "dark") as page:
        await page.goto(f"{site}/ky/statistics?year=2016")
        assert await violations(page) == []
        await page.click("summary")
        await page.select_option("#display-colors", display)
        await page.select_option("#display-size", "largest")
        await page.click("details button")
        assert page.url == f"{site}/ky/statistics?year=2016"
        assert f"n-colors-{display}" in str(await page.get_attribute("html", "class"))
        assert await violations(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_keyboard_skips_to_content(browser: Browser, site: str) -> None:
    async with opened(browser) as page:
        await page.goto(f"{site}/ru/statistics")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main-content"


@pytest.mark.parametrize(
    ("language", "width", "regions"), [(*PHONE, ("г. Ош", "Ошская обл.")), (*DESKTOP, ("Ош ш.", "Ош обл."))]
)
async def test_journalist_compares_two_regions(
    browser: Browser, site: str, language: Language, width: int, regions: tuple[str, str]
) -> None:
    """Without JavaScript: choose a period, read two regions, download the table with the same figures."""
    context = await browser.new_context(
        java_script_enabled=False, locale=language, viewport={"width": width, "height": 800}
    )
    page = await context.new_page()
    await page.goto(f"{site}/statistics")
    await page.select_option("#part", "H1")
    await page.click("main button")
    section = page.locator("section", has=page.locator("#regions"))
    read = {
        region: await section.get_by_role("row", name=region).locator("td").first.inner_text() for region in regions
    }
    async with page.expect_download() as waiting:
        await section.get_by_role("link", name="CSV").click()
    downloaded = await (await waiting.value).path()
    rows = csv.DictReader(downloaded.read_text(encoding="utf-8-sig").splitlines())
    found = {row["name"]: row["appeals"] for row in rows}
    assert read == {region: found[region] for region in regions} == dict(zip(regions, ("96", "161"), strict=True))
    await context.close()


@pytest.mark.parametrize(
    ("language", "width", "region"), [(*PHONE, "Таласская обл."), (*DESKTOP, "Талас обл.")], ids=["phone", "desktop"]
)
async def test_journalist_downloads_the_comparison(
    browser: Browser, site: str, language: Language, width: int, region: str
) -> None:
    """Without JavaScript: choose two regions beside each other. The downloaded table is that of the page."""
    context = await browser.new_context(
        java_script_enabled=False, locale=language, viewport={"width": width, "height": 800}
    )
    page = await context.new_page()
    await page.goto(f"{site}/{language}/statistics?year=2019&part=H1")
    await page.click("main a[href*='/compare']")
    await page.select_option("#region", "talas")
    await page.select_option("#with", "osh-city")
    await page.click("main button")
    assert region in await page.locator("h2").inner_text()
    for table in ("months", "topics"):
        section = page.locator("section", has=page.locator(f"#{table}"))
        shown = [
            [
                re.sub(r"[\s…]|< 5|[^\d.,]", "", text).replace(",", ".")
                for text in await row.locator("td").all_inner_texts()
            ]
            for row in await section.locator("tbody tr").all()
        ]
        async with page.expect_download() as waiting:
            await section.get_by_role("link", name="CSV").click()
        downloaded = await (await waiting.value).path()
        rows = list(csv.DictReader(downloaded.read_text(encoding="utf-8-sig").splitlines()))
        columns = [f"{one}.{name}" for one in ("talas", "osh-city") for name in ("appeals", "percent")]
        assert shown == [[row[name] for name in columns] for row in rows]
        assert len({tuple(row) for row in shown}) > 3
    await context.close()


async def test_choice_stays_in_other_language(browser: Browser, site: str) -> None:
    async with opened(browser) as page:
        await page.goto(f"{site}/ky/statistics?year=2019&part=H1&region=osh-city")
        await page.click("nav [hreflang=ru]")
        assert page.url == f"{site}/ru/statistics?year=2019&part=H1&region=osh-city"
        assert await page.locator("h2").inner_text() == "1 января 2019 г. – 30 июня 2019 г.\nг. Ош"
