"""The faults of a page in a browser: the one helper for the pages of all services.

Set NATIJA_SCREENSHOTS to a folder to look at each page that was inspected.
"""

import os
import re
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.async_api import Browser, Page, Response

from natija_chassis.pages.catalogs import TRANSLATED
from natija_events.words import Language

WIDTHS = (360, 768, 1280)
LARGEST = 60_000
"""Bytes of a page with its stylesheets, as they come over the wire, without pictures."""
_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of")
"""The message of chromium about the status of an error page."""
_LATIN_WORD = re.compile(r"[A-Za-z]{3,}")
_ENGLISH = frozenset(
    {"the", "and", "with", "for", "not", "this", "from", "back", "close", "error", "hide", "menu", "next", "page"}
    | {"previous", "search", "show", "skip"}
)
_TEXTS = """language => {
    const found = [], own = one => (one.closest('[lang]')?.lang || language) === language;
    const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const parent = walk.currentNode.parentElement;
        if (own(parent) && !['SCRIPT', 'STYLE'].includes(parent.tagName)) found.push(walk.currentNode.data);
    }
    for (const one of document.querySelectorAll('[aria-label], [title], [alt], [placeholder], [data-label]'))
        if (own(one)) for (const name of ['aria-label', 'title', 'alt', 'placeholder', 'data-label'])
            found.push(one.getAttribute(name) || '');
    return found.join(' ');
}"""
_OVERFLOWING = """() => document.documentElement.scrollWidth <= innerWidth ? null :
    [...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1)
        .slice(0, 3).map(one => one.tagName + '.' + one.className).join(', ') || 'the page'"""


async def faults(
    browser: Browser,
    url: str,
    language: Language,
    width: int,
    *,
    known_words: Collection[str] = (),
    colors: Any = "light",
    status: int = 200,
) -> list[str]:
    """The faults of the page at *url*, in sentences. *known_words* are names that are the same everywhere."""
    async with opened(browser, width, colors) as page:
        said, loaded = _listen(page)
        response = await page.goto(url)
        assert response is not None
        found = [] if response.status == status else [f"status {response.status}"]
        found += await _looks(page, language, frozenset(known_words))
        found += [f"the console says: {one}" for one in said if not _EXPECTED.match(one)]
        weight = sum([await _weight(one) for one in loaded])
        found += [f"{weight:,} bytes"] if weight > LARGEST else []
        await _screenshot(page, url, width, colors)
    return found


@asynccontextmanager
async def opened(browser: Browser, width: int = 1280, colors: Any = "light") -> AsyncIterator[Page]:
    """A window of a reader who was never here."""
    context = await browser.new_context(viewport={"width": width, "height": 800}, color_scheme=colors)
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def violations(page: Page) -> list[str]:
    """The findings of axe against WCAG 2.2 AA and good practice. A strict policy lets it in only this way."""
    await page.evaluate(_AXE)
    report = await page.evaluate("rules => axe.run({runOnly: rules})", _RULES)
    return [
        f"axe {one['id']} ({one['impact']}): {one['help']}: {one['nodes'][0]['html'][:200]}"
        for one in report["violations"]
    ]


async def page_faults(page: Page, language: Language, known: Collection[str] = ()) -> list[str]:
    """The faults of the page that is shown now, after a form was sent."""
    return await _looks(page, language, frozenset(known))


async def _looks(page: Page, language: Language, known: frozenset[str]) -> list[str]:
    found = await violations(page)
    if (overflowing := await page.evaluate(_OVERFLOWING)) is not None:
        found.append(f"wider than the window: {overflowing}")
    if (lang := await page.get_attribute("html", "lang")) != language:
        found.append(f"its language is said to be {lang}")
    if language in TRANSLATED:
        text = await page.evaluate(_TEXTS, language)
        found += [f"English left: {word}" for word in sorted(set(english_words(text, language)) - known)]
    return found


def english_words(text: str, language: Language) -> Iterator[str]:
    """The English words in *text*. Uzbek has Latin letters, too, so there only common English words are found."""
    for word in _LATIN_WORD.findall(text):
        if language != "uz" or word.lower() in _ENGLISH:
            yield word


def _listen(page: Page) -> tuple[list[str], list[Response]]:
    said: list[str] = []
    loaded: list[Response] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("response", lambda response: loaded.append(response))
    return said, loaded


async def _weight(response: Response) -> int:
    if response.headers.get("content-type", "").startswith("image/"):
        return 0
    sizes = await response.request.sizes()
    return int(sizes["responseBodySize"])


async def _screenshot(page: Page, url: str, width: int, colors: str) -> None:
    if folder := os.environ.get("NATIJA_SCREENSHOTS"):
        name = re.sub(r"\W+", "-", url.partition("://")[2].partition("/")[2]).strip("-")
        await page.screenshot(path=Path(folder) / f"{name}-{width}-{colors}.png", full_page=True)
