"""A controller looks through the control board in a browser, on a real PostgreSQL."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page
from tests.board_appeals import appeals, board_on, number
from tests.browser.inspection import WIDTHS, opened, page_faults
from tests.deadlines_database import deadlines_schema, engine_on
from tests.signed_in_app import app_for, official
from tests.sites import served
from tests.stack import Servers

from natija_deadlines.policies.policy import load_policies
from natija_deadlines.terms.projection import TermsProjection
from natija_events.words import LANGUAGES, Language

NAMES = frozenset({
    "UTC", "Law", "the", "consideration", "citizens", "appeals", "law", "Asia", "Bishkek", "deputy", "clerk", "answer",
    "overall",
})  # fmt: skip
"""Titles of laws, zones, posts and ids of terms are as the data have them."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(servers: Servers) -> AsyncIterator[str]:
    projection = TermsProjection(load_policies())
    async with deadlines_schema(servers) as schema:
        engine = engine_on(servers, schema)
        for events in appeals().values():
            async with engine.begin() as connection:
                await projection.apply(connection, events)
        with served(app_for(official("court", "controller"), board_on(engine))) as url:
            yield url


async def good(page: Page, language: Language, name: str) -> None:
    """The page has no faults."""
    if folder := os.environ.get("NATIJA_SCREENSHOTS"):
        width = page.viewport_size["width"] if page.viewport_size else 0
        await page.screenshot(path=Path(folder) / f"board-{language}-{name}-{width}.png", full_page=True)
    numbers = {part for one in appeals() for part in re.findall("[A-Za-z]+", number(one))}
    assert await page_faults(page, language, NAMES | numbers) == [], name


async def walk(browser: Browser, site: str, language: Language, width: int) -> None:
    home = f"{site}/{language}/board"
    async with opened(browser, width) as page:
        await page.goto(home)
        await good(page, language, "overview")
        await page.click(".n-total--warn a")
        assert await page.inner_text("tbody tr:first-child th") == number("late")
        await good(page, language, "breaches")
        await page.select_option("#body", "agency")
        await page.click("main form button")
        assert await page.locator("tbody tr").count() == 2
        await page.click("tbody tr:first-child a")
        assert await page.locator("#answer-1-why li").count() > 4
        await good(page, language, "appeal")
        await page.goto(f"{home}/appeals/{number('secret')}")
        await good(page, language, "confidential")
        await page.goto(home)
        await page.fill("#number", "KG-1")
        await page.click("form[action$=appeals] button")
        await good(page, language, "wrong-number")
        await page.fill("#number", number("forwarded").lower())
        await page.click("main form button")
        await good(page, language, "forwarded")
        await page.goto(f"{home}/due?within=week&as_of=2026-03-25T12:00")
        await good(page, language, "past")
        await page.goto(f"{home}/what-if")
        await page.click("main form button")
        await good(page, language, "errors")
        await page.fill("#days", "5")
        await page.fill("#first", "2026-02-01")
        await page.fill("#last", "2026-03-20")
        await page.click("main form button")
        assert await page.locator("#result").count() == 1
        await good(page, language, "what-if")


@pytest.mark.parametrize(("language", "width"), [("ru", 360), ("ky", 1280)])
async def test_controller_looks_through_board(browser: Browser, site: str, language: Language, width: int) -> None:
    """From the figures to why one is late, and back; also with errors, in the past, and with another term."""
    await walk(browser, site, language, width)


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_board_in_every_language(browser: Browser, site: str, language: Language, width: int) -> None:
    await walk(browser, site, language, width)


async def test_board_works_without_script(browser: Browser, site: str) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{site}/ky/board")
    await page.fill("#as_of", "2026-03-25T12:00")
    await page.click("form[action$=board] button")
    assert await page.locator("#executors").count() == 0
    assert await page.input_value("#as_of") == "2026-03-25T12:00"
    await context.close()
