"""A registrar enters letters: each is registered as it was typed, and nobody else gets in."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest_asyncio
from tests.integration.intake.stored_keys import open_event
from tests.officials import Visitor, appoint, provider, serve_with_sign_in
from tests.stack import Child, Realm

from natija_chassis.time_zones import time_zone
from natija_events.kafka import read
from natija_events.types.intake import Registered

PAGE = "/en/clerk"
POST = "ministry-health/clerk-1"
LETTER = {
    "channel": "reception", "form": "oral", "kind": "complaint", "name": "Айгүл Асанова", "address": "Ош, Ленин 1",
    "phone": "+996 555 000 333", "topic": "roads", "region": "chuy", "text": "Жол оңдолсун", "language": "ky",
    "referral_from": "mayor-bishkek", "referral_number": "17/4-А", "step": "send",
}  # fmt: skip
PERSONAL = ("Айгүл", "Ленин", "555 000 333", "оңдолсун", "clerk-77")


class SignInIntake(NamedTuple):
    """Intake with signing in, where it answers, and its provider."""

    intake: Child
    url: str
    issuer: str


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def office(registry: Realm, tmp_path_factory: Any) -> AsyncIterator[SignInIntake]:
    folder: Path = tmp_path_factory.mktemp("office")
    with provider() as issuer:
        await appoint(registry, issuer, "clerk-77", POST, "registrar")
        await appoint(registry, issuer, "reader-78", "ministry-health/reader-1", "executor")
        intake, url = await serve_with_sign_in(registry, "intake", issuer, folder)
        yield SignInIntake(intake, url, issuer)
        await intake.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(office: SignInIntake) -> AsyncIterator[Visitor]:
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        yield Visitor(http, office.url)


def hidden(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of the form: its key, and the token of the session."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text.partition('id="letter"')[2]))


def receipt(page: httpx.Response) -> str:
    """The number on the receipt."""
    assert page.status_code == 200, page.text
    return re.findall(r'id="number">([^<]+)<', page.text)[0]  # type: ignore[no-any-return]


async def test_letter_is_registered_as_entered(registry: Realm, office: SignInIntake, visitor: Visitor) -> None:
    """With its channel, form, day of receipt and outgoing number; sent twice it is one appeal."""
    form = await visitor.open_as("clerk-77", PAGE)
    zone = time_zone("Asia/Bishkek")
    yesterday = datetime.now(zone).date() - timedelta(days=1)
    letter = {**LETTER, **hidden(form), "received": str(yesterday)}
    first, again = [await visitor.post(PAGE, **letter) for _ in range(2)]
    assert receipt(first) == receipt(again)
    [event] = [one async for one in read(registry.servers.kafka, registry.name, subject=receipt(first))]
    data = event.data
    assert isinstance(data, Registered)
    assert (data.channel, data.form, data.kind, data.addressee) == ("reception", "oral", "complaint", "ministry-health")
    assert (data.taker, data.referral_from, data.referral_number) == (POST, "mayor-bishkek", "17/4-А")
    assert data.received == datetime(yesterday.year, yesterday.month, yesterday.day, 12, tzinfo=zone)
    opened = await open_event(registry, event)
    assert (opened["person"].name, opened["content"].text) == ("Айгүл Асанова", "Жол оңдолсун")
    for private in PERSONAL:
        assert private.encode() not in event.event.data
        assert private not in office.intake.output()


async def test_next_letter_begins_where_last_ended(visitor: Visitor) -> None:
    """The form below the receipt has the channel and the form of the letter before, and a key of its own."""
    form = await visitor.open_as("clerk-77", PAGE)
    today = datetime.now(time_zone("Asia/Bishkek")).date()
    letter = {**LETTER, **hidden(form), "received": str(today)}
    done = await visitor.post(PAGE, **letter)
    for page in (done, await visitor.get(PAGE)):
        assert re.search(r'value="reception"\s+selected', page.text)
        assert re.search(r'value="oral"\s+selected', page.text)
        assert hidden(page)["key"] != letter["key"]
        assert "Асанова" not in page.text


async def test_wrong_letter_comes_again(visitor: Visitor) -> None:
    """With all that was typed, in the language that was chosen since."""
    form = await visitor.open_as("clerk-77", PAGE)
    letter = {**LETTER, **hidden(form), "received": "2020-01-01"}
    answer = await visitor.post(PAGE, **letter)
    assert (answer.status_code, 'href="#received"' in answer.text) == (422, True)
    other = await visitor.post("/ru/clerk", **letter | {"step": "edit"})
    for page in (answer, other):
        assert "Айгүл Асанова" in page.text
        assert hidden(page)["key"] == letter["key"]
    assert (other.status_code, 'lang="ru"' in other.text) == (200, True)


async def test_only_registrars_get_in(visitor: Visitor) -> None:
    """Others are led to sign in, or are told that their posts do not open it. A forged form is refused."""
    assert (await visitor.get(PAGE)).headers["location"] == "/sign-in?return_to=%2Fen%2Fclerk"
    assert (await visitor.post(PAGE, **LETTER)).status_code == 401
    assert (await visitor.open_as("reader-78", PAGE)).status_code == 403
    assert (await visitor.post(PAGE, **LETTER)).status_code == 403
    form = await visitor.open_as("clerk-77", PAGE)
    forged = {**LETTER, **hidden(form), "csrf_token": "x"}
    assert (await visitor.post(PAGE, **forged)).status_code == 403
