"""A citizen files an appeal and follows it, in a browser, on a real registrar."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page
from tests.browser.inspection import WIDTHS, opened, page_faults
from tests.stack import Realm

from natija_events.words import LANGUAGES, Language

NAMES = frozenset({"gov", "kattar", "UTC"})
ADDED = "Көпүрө да бузулду."
TEXT = "Айылдын жолу бузулду.\nОңдоп бериңиздер! 🛣️"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def portal(registry: Realm) -> AsyncIterator[str]:
    started = [await registry.serve("intake"), await registry.serve("relay")]
    yield registry.url("intake")
    for child in started:
        await child.stop()


async def good(page: Page, language: Language, name: str, *words: str) -> None:
    """The page has no faults. *words* are names, numbers and codes on it."""
    if folder := os.environ.get("NATIJA_SCREENSHOTS"):
        width = page.viewport_size["width"] if page.viewport_size else 0
        await page.screenshot(path=Path(folder) / f"{language}-{name}-{width}.png", full_page=True)
    parts = {part for word in words for part in re.findall("[A-Za-z]+", word)}
    assert await page_faults(page, language, NAMES | parts) == [], name


async def walk(browser: Browser, portal: str, language: Language, width: int) -> None:
    async with opened(browser, width) as page:
        await page.goto(f"{portal}/{language}/file")
        await good(page, language, "guide")
        await page.click("main .govuk-button")
        await good(page, language, "form")
        await page.fill("#text", TEXT)
        await page.click("main form button")
        await good(page, language, "errors")
        assert await page.input_value("#text") == TEXT
        await page.click(".govuk-error-summary a")
        assert await page.evaluate("document.activeElement.id") == "name"
        await page.keyboard.type("Айгүл Асанова")
        await page.select_option("#addressee", "ministry-health")
        await page.click("main form button")
        await good(page, language, "preview")
        assert await page.inner_text("dd#text") == TEXT
        await page.click("main button[value=edit]")
        assert await page.input_value("#name") == "Айгүл Асанова"
        assert await page.input_value("#addressee") == "ministry-health"
        await page.click("main form button")
        await page.click("main button[value=send]")
        number, code = [await page.inner_text(f"#{id}") for id in ("number", "code")]
        await good(page, language, "receipt", number, code)
        await page.click("main a[href$=follow]")
        await page.fill("#number", number.lower())
        await page.fill("#access_code", "0000-0000-0000")
        await page.click("main form button")
        await good(page, language, "follow", number)
        await page.fill("#access_code", code.replace("-", " "))
        await page.click("main form button")
        assert number in await page.inner_text("h1")
        await page.wait_for_selector("#steps li")
        await good(page, language, "status", number)
        await add_to_appeal(page, language, number)


async def add_to_appeal(page: Page, language: Language, number: str) -> None:
    """Add something: the page comes again with an error, then in another language, then with the new step."""
    await page.click("details:has(#add) summary")
    await page.click("main button[value=add]")
    await good(page, language, "status-errors", number)
    await page.click(".govuk-error-summary a")
    await page.keyboard.type(ADDED)
    other: Language = "ru" if language != "ru" else "kk"
    for one in (other, language):
        await page.click(f".n-languages button[lang={one}]")
        assert await page.get_attribute("html", "lang") == one
        assert await page.input_value("#add") == ADDED
    await page.click("main button[value=add]")
    assert await page.inner_text("#notice")
    assert await page.locator("#steps li").count() == 2
    assert await page.input_value("#add") == ""
    await good(page, language, "added", number)


@pytest.mark.parametrize(("language", "width"), [("ru", 360), ("ky", 1280)])
async def test_citizen_files_and_follows(browser: Browser, portal: str, language: Language, width: int) -> None:
    """Each page on the way has no faults, also the form with errors and a wrong code."""
    await walk(browser, portal, language, width)


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_walk_in_every_language(browser: Browser, portal: str, language: Language, width: int) -> None:
    await walk(browser, portal, language, width)


async def test_form_works_without_script(browser: Browser, portal: str) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{portal}/ky/file/form")
    await page.fill("#text", TEXT)
    await page.fill("#name", "Айгүл Асанова")
    await page.click("main form button")
    await page.click("main button[value=send]")
    assert await page.inner_text("#code")
    await context.close()


async def test_language_keeps_the_form(browser: Browser, portal: str) -> None:
    """Without a script, too. Enter in a field goes on, and does not change the language."""
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{portal}/ky/file/form")
    await page.fill("#text", TEXT)
    await page.fill("#name", "Айгүл Асанова")
    await page.select_option("#topic", "roads")
    await page.click(".n-languages button[lang=ru]")
    assert page.url.endswith("/ru/file/form")
    assert await page.input_value("#text") == TEXT
    assert await page.input_value("#topic") == "roads"
    await page.press("#name", "Enter")
    assert await page.inner_text("dd#text") == TEXT
    await page.click(".n-languages button[lang=uz]")
    assert page.url.endswith("/uz/file/form")
    assert await page.inner_text("dd#name") == "Айгүл Асанова"
    await context.close()


def form(key: str, text: str = TEXT, step: str = "send", **more: str) -> bytes:
    return urlencode({"kind": "application", "text": text, "name": "А", "key": key, "step": step, **more}).encode()


async def test_form_sent_twice_is_one_appeal(portal: str) -> None:
    """So a reader whose connection broke sends it again. Other words under the same form are not sent unasked."""
    key, url = str(uuid4()), f"{portal}/en/file/form"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    async with httpx.AsyncClient(headers=headers, trust_env=False) as client:
        first, second = [await client.post(url, content=form(key)) for _ in range(2)]
        assert first.status_code == second.status_code == 200
        assert first.text == second.text
        other = await client.post(url, content=form(key, text="Other words"))
        assert (other.status_code, "sent before" in other.text, key in other.text) == (409, True, False)


async def test_hostile_forms_are_refused(portal: str) -> None:
    """From another site, with a topic that does not exist, with markup in the text, and too long."""
    key, url = str(uuid4()), f"{portal}/en/file/form"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    async with httpx.AsyncClient(headers=headers, trust_env=False) as client:
        forged = await client.post(url, content=form(key), headers={"Sec-Fetch-Site": "cross-site"})
        assert forged.status_code == 403
        unknown = await client.post(url, content=form(key, topic="no-such-topic"))
        assert (unknown.status_code, 'href="#topic"' in unknown.text) == (422, True)
        marked = await client.post(url, content=form(key, text="<script>alert(1)</script>", step="check"))
        assert (marked.status_code, "<script>" in marked.text) == (200, False)
        assert (await client.post(url, content=form(key, text="x" * 300_000))).status_code == 413
