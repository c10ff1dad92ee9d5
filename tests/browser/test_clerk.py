"""A registrar enters letters in a browser, with the keyboard alone."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page
from tests.browser.inspection import opened
from tests.browser.test_appeals import good
from tests.officials import appoint, provider, serve_with_sign_in
from tests.stack import Realm

from natija_events.words import Language

CLERK, POST = "clerk-79", "ministry-health/clerk-2"
MOST_KEYS = 60
"""Beside the letters of the letter itself: to go from field to field, and to choose."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def office(registry: Realm, tmp_path_factory: Any) -> AsyncIterator[str]:
    folder: Path = tmp_path_factory.mktemp("office")
    with provider() as issuer:
        await appoint(registry, issuer, CLERK, POST, "registrar")
        intake, url = await serve_with_sign_in(registry, "intake", issuer, folder)
        yield url
        await intake.stop()


class Keyboard:
    """The keyboard of a page, which counts keys and the letters of texts apart."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.keys = self.letters = 0

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self._page.keyboard.press(key)
        self.keys += len(keys)

    async def write(self, text: str) -> None:
        """Write *text* into the field with the focus, and go on."""
        await self._page.keyboard.type(text)
        self.letters += len(text)
        await self.press("Tab")

    async def focused(self) -> str:
        found: str = await self._page.evaluate("document.activeElement.id")
        return found


async def sign_in(page: Page, office: str, language: Language) -> None:
    """The page of letters leads there, and the provider leads back."""
    await page.goto(f"{office}/{language}/clerk")
    await page.fill("input[name=sub]", CLERK)
    await page.press("input[name=sub]", "Enter")
    await page.wait_for_url(f"{office}/{language}/clerk")


async def enter(keyboard: Keyboard, *, channel: bool) -> None:
    """A letter, from the first field to Enter. The *channel* is chosen for the first letter only."""
    assert await keyboard.focused() == "channel"
    await keyboard.press(*["ArrowDown"] * (5 if channel else 0), "Tab", "Tab", "Tab")  # form and day are right
    assert await keyboard.focused() == "kind"
    await keyboard.press("ArrowDown", "Tab")
    await keyboard.write("Асанова Айгүл")
    await keyboard.press("Tab")  # not anonymous
    await keyboard.write("Бишкек, Чүй 1")
    await keyboard.write("+996 555 000 111")
    await keyboard.press("ArrowDown", "Tab", "ArrowDown", "Tab")
    assert await keyboard.focused() == "text"
    await keyboard.write("Айылдын жолу бузулду.")
    await keyboard.press("Tab", "Tab")  # the language, no other body
    assert await keyboard.focused() == "referral_number"
    await keyboard.write("17/4")
    assert await keyboard.focused() == ""  # the button
    await keyboard.press("Enter")


@pytest.mark.parametrize(("language", "width"), [("ky", 1280), ("ru", 360)])
async def test_letter_needs_no_mouse(browser: Browser, office: str, language: Language, width: int) -> None:
    """Two letters, one after the other. A person types five letters a second, and needs less than a minute."""
    async with opened(browser, width) as page:
        await sign_in(page, office, language)
        await good(page, language, "letter", POST)
        for first in (True, False):
            keyboard, began = Keyboard(page), time.monotonic()
            await enter(keyboard, channel=first)
            await page.wait_for_selector("#number")
            number, code = [await page.inner_text(f"#{id}") for id in ("number", "code")]
            assert keyboard.keys <= MOST_KEYS
            assert time.monotonic() - began + (keyboard.keys + keyboard.letters) / 5 < 60
            assert await page.input_value("#channel") == "other"
            await good(page, language, "letter-receipt", POST, number, code)


async def test_enter_in_a_field_sends(browser: Browser, office: str) -> None:
    """It shows what is missing, and does not change the language. A link to a language keeps the form."""
    async with opened(browser) as page:
        await sign_in(page, office, "ky")
        await page.fill("#name", "Асанова Айгүл")
        await page.press("#name", "Enter")
        assert await page.locator(".govuk-error-summary a").count() == 2
        await good(page, "ky", "letter-errors", POST)
        await page.click(".n-languages button[lang=uz]")
        assert await page.input_value("#name") == "Асанова Айгүл"
        assert page.url.endswith("/uz/clerk")


async def test_receipt_is_printed_alone(browser: Browser, office: str) -> None:
    async with opened(browser) as page:
        await sign_in(page, office, "ky")
        await enter(Keyboard(page), channel=True)
        await page.wait_for_selector("#number")
        await page.emulate_media(media="print")
        assert await page.is_visible("#number")
        assert not await page.is_visible("#letter")
