"""Officials work on an appeal, in a browser, on the real register: from its arrival to the signed answer."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page
from tests import officials
from tests.browser.inspection import WIDTHS, opened, page_faults
from tests.stack import Realm, Servers, provisioned_realms

from natija_events.words import LANGUAGES, Language

BODY = "ministry-health"
ROLES = ("registrar", "executor", "approver", "signer", "head")
POSTS = {f"{BODY}/{role}": [role] for role in ROLES} | {"ministry-labour/registrar": ["registrar"]}
TEXT, ANSWER = "Поликлиникада кезек көп.", "Кошумча дарыгер ишке алынды."
NAMES = frozenset(
    {"gov", "kattar", "UTC", "registrar", "executor", "approver", "signer", "head", "answer", "kg", "law"}
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Realm]:
    """A realm with five officials of one body and one of another, and the processes on which they work."""
    async with provisioned_realms(servers, tmp_path_factory.mktemp("desk")) as make:
        with officials.provider() as issuer:
            realm = await make()
            variables = await officials.provision(realm, issuer, POSTS)
            await realm.serve("registrar")
            await asyncio.gather(
                realm.serve("intake", NATIJA_ANSWERS_URL=realm.url("answers")),
                realm.serve("desk", **variables),
                *map(realm.serve, ("deadlines", "relay", "answers")),
            )
            yield realm


async def file_by_hand(page: Page, realm: Realm, language: Language) -> tuple[str, str]:
    """A citizen writes to the body, on the pages of intake: number and access code of the receipt."""
    await page.goto(f"{realm.url('intake')}/{language}/file/form")
    await page.fill("#text", TEXT)
    await page.fill("#name", "Айгүл Асанова")
    await page.select_option("#addressee", BODY)
    await page.select_option("#language", "ky")
    await page.click("main form button")
    await page.click("main button[value=send]")
    return await page.inner_text("#number"), await page.inner_text("#code")


async def read_answer(page: Page, realm: Realm, language: Language, number: str, code: str) -> None:
    """The citizen follows the appeal, goes to the answer from there, and reads it, also in another language."""
    await page.goto(f"{realm.url('intake')}/{language}/follow")
    await page.fill("#number", number)
    await page.fill("#access_code", code)
    await page.click("main form button")
    await page.click("#read-answer")
    assert page.url == f"{realm.url('answers')}/{language}/answer"
    await good(page, language, "answer-asks")
    await page.fill("#number", number)
    await page.fill("#access_code", "0000-0000-0000")
    await page.click("main form button")
    await good(page, language, "answer-wrong")
    await page.fill("#access_code", code)
    await page.click("main form button")
    assert await page.inner_text("#answer") == ANSWER
    assert await page.get_attribute("#answer [lang]", "lang") == "ky"
    assert TEXT in await page.inner_text("main")
    await good(page, language, "answer")
    other: Language = "kk" if language != "kk" else "ru"
    await page.click(f".n-languages button[lang={other}]")
    assert await page.get_attribute("html", "lang") == other
    assert await page.inner_text("#answer") == ANSWER
    assert code not in page.url


def address(realm: Realm) -> str:
    """Of the desk: its cookie is for this name."""
    return realm.url("desk").replace("127.0.0.1", "localhost")


async def sign_in(page: Page, realm: Realm, language: Language, post: str) -> None:
    """Sign in as the holder of *post*, and arrive at the queue."""
    await page.goto(f"{address(realm)}/{language}/desk")
    await page.fill("input[name=sub]", officials.subject_of(post))
    await page.click("button[type=submit], input[type=submit]")
    await page.wait_for_url(f"**/{language}/desk")


async def good(page: Page, language: Language, name: str) -> None:
    """The page has no faults."""
    if folder := os.environ.get("NATIJA_SCREENSHOTS"):
        width = page.viewport_size["width"] if page.viewport_size else 0
        await page.screenshot(path=Path(folder) / f"desk-{language}-{name}-{width}.png", full_page=True)
    found = re.findall("[A-Z0-9]{2,8}(?:-[0-9A-Z]{4}){3}-[0-9A-Z]{2}", await page.content())
    numbers = {part for one in found for part in re.findall("[A-Za-z]{3,}", one)}
    assert await page_faults(page, language, NAMES | numbers) == [], name


async def do(page: Page, act: str, of_page: Language, **fields: str) -> None:
    """Open the form of *act* on the page of the appeal, look at it, fill it in, and send it."""
    await page.click(f"main a[href$='/{act}']")
    await good(page, of_page, act)
    for name, value in fields.items():
        field = page.locator(f"#{name}")
        select = await field.evaluate("one => one.tagName") == "SELECT"
        await (field.select_option(value) if select else field.fill(value))
    await page.click("main form.n-form button")
    await page.wait_for_selector(".n-history")


async def walk(browser: Browser, desk: Realm, language: Language, width: int) -> None:
    """A citizen files, one routes, one prepares, another approves, a third signs; the citizen reads the answer."""
    async with AsyncExitStack() as stack:
        citizen = await stack.enter_async_context(opened(browser, width))
        number, code = await file_by_hand(citizen, desk, language)
        pages = {role: await stack.enter_async_context(opened(browser, width)) for role in ROLES}
        clerk, executor, approver, signer = (pages[role] for role in ROLES[:4])
        for role in ROLES[:4]:
            await sign_in(pages[role], desk, language, f"{BODY}/{role}")
        await good(clerk, language, "queue")
        await clerk.click(f"a[href$='{number}']")
        await good(clerk, language, "case")
        assert TEXT in await clerk.inner_text("main")
        await do(clerk, "assign", language, executor=f"{BODY}/executor")
        await executor.goto(f"{address(desk)}/{language}/desk?queue=mine")
        await executor.click(f"a[href$='{number}']")
        await do(executor, "prepare", language, outcome="explained", text=ANSWER)
        await approver.goto(f"{address(desk)}/{language}/desk?queue=approval")
        await approver.click(f"a[href$='{number}']")
        await do(approver, "approve", language)
        await signer.goto(f"{address(desk)}/{language}/desk?queue=signing")
        await good(signer, language, "queue-signing")
        await signer.click(f"a[href$='{number}']")
        await do(signer, "sign", language, language="ky")
        await good(signer, language, "case-closed")
        assert ANSWER in await signer.inner_text(".n-history")
        await read_answer(citizen, desk, language, number, code)


@pytest.mark.parametrize(("language", "width"), [("ru", 360), ("ky", 1280)])
async def test_three_officials_answer(browser: Browser, desk: Realm, language: Language, width: int) -> None:
    """Each page on the way has no faults."""
    await walk(browser, desk, language, width)


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_answer_in_every_language(browser: Browser, desk: Realm, language: Language, width: int) -> None:
    await walk(browser, desk, language, width)
