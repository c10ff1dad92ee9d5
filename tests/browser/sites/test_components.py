"""The components of the kit that no page of a service shows yet: a form with errors, and ways through pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from playwright.async_api import Browser
from tests.browser.inspection import faults, opened
from tests.sites import REFERENCE, app_of, served

from natija_chassis.http.access import access
from natija_chassis.http.problems import FieldError
from natija_chassis.pages.form_errors import FormErrors
from natija_chassis.pages.languages import PREFIX, PageLanguage
from natija_chassis.pages.site import PageLink, Site
from natija_chassis.service_app import ServicePages
from natija_events.words import Language

pytestmark = pytest.mark.timeout(120)  # a browser on a busy machine
FOLDER = Path(__file__).parent / "components"
LABELS = {
    "kind": "Кайрылуунун түрү", "text": "Кайрылуунун тексти", "name": "Аты-жөнү", "body": "Орган", "phone": "Телефон",
    "send": "Жөнөтүү",
}  # fmt: skip
RULES = {"kind": "literal_error", "text": "string_too_long", "name": "missing", "body": "value_error"}
ERRORS = [FieldError(field=field, rule=rule, message="in English") for field, rule in RULES.items()]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    kit = Site(FOLDER, [PageLink("/form", "Statistics")], lambda: REFERENCE)
    pages = APIRouter()

    @pages.get(f"{PREFIX}/form")
    async def get_form(request: Request, language: PageLanguage, wrong: bool = False) -> HTMLResponse:
        errors = FormErrors(ERRORS if wrong else [], LABELS, kit.words(language))
        return kit.page(request, language, "form.html", labels=LABELS, errors=errors)

    rows = [access("GET", f"{PREFIX}/form", "public", bodies="any")]
    with served(app_of(ServicePages(kit, [pages], rows))) as url:
        yield url


@pytest.mark.parametrize(("language", "width", "wrong"), [("ky", 360, True), ("ky", 1280, False), ("ky", 1280, True)])
async def test_form_has_no_faults(browser: Browser, site: str, language: Language, width: int, wrong: bool) -> None:
    found = await faults(browser, f"{site}/{language}/form?wrong={wrong}", language, width, known_words={"Statistics"})
    assert found == []


async def test_dark_form_has_contrast(browser: Browser, site: str) -> None:
    found = await faults(browser, f"{site}/ky/form?wrong=true", "ky", 360, known_words={"Statistics"}, colors="dark")
    assert found == []


async def test_errors_lead_to_their_fields(browser: Browser, site: str) -> None:
    """The list of errors has the focus, and each of them leads to its field."""
    async with opened(browser) as page:
        await page.goto(f"{site}/ky/form?wrong=true")
        assert (await page.title()).startswith("Ката: ")
        assert await page.evaluate("document.activeElement.className") == "govuk-error-summary"
        for field in RULES:
            await page.click(f".govuk-error-summary [href='#{field}']")
            assert await page.evaluate("document.activeElement.id || location.hash.slice(1)") == field
            assert await page.locator(f"#{field}-error").count() == 1
