"""A citizen follows an appeal and acts on it, on a real registrar and relay."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from deploy.local.ports import free_port
from tests.eventually import eventually
from tests.integration.intake.appeal import APPEAL
from tests.integration.intake.registering import DESK, ROUTER, publisher
from tests.integration.intake.stored_keys import open_event
from tests.stack import Realm

from natija_chassis.reports.localized import long_day
from natija_chassis.time_zones import time_zone
from natija_events.kafka import read
from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData
from natija_events.wire.record import RecordedEvent

PAGE = "/en/follow"
TEXT = "Көпүрө да бузулду."
BODY = "ministry-health"


class Appeal(NamedTuple):
    """A registered appeal, with its access code."""

    number: str
    code: str


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def portal(registry: Realm) -> AsyncIterator[httpx.AsyncClient]:
    """The pages of intake, with a relay beside."""
    # On ports of their own, since others of them may run.
    started = [
        await registry.serve("intake", NATIJA_INTAKE_PORT=str(free_port())),
        await registry.serve("relay", NATIJA_RELAY_PORT=str(free_port())),
    ]
    async with httpx.AsyncClient(
        base_url=started[0].url or "", timeout=30, trust_env=False, headers={"Accept": "text/html"}
    ) as client:
        yield client
    for child in started:
        await child.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def appeal(portal: httpx.AsyncClient) -> Appeal:
    receipt = (await portal.post("/appeals", json=APPEAL)).json()
    return Appeal(receipt["number"], receipt["access_code"])


async def post(portal: httpx.AsyncClient, path: str = PAGE, **form: str) -> httpx.Response:
    return await portal.post(path, data=form)


async def opened(portal: httpx.AsyncClient, appeal: Appeal) -> httpx.Response:
    """The page of the appeal."""
    page = await post(portal, number=appeal.number, access_code=appeal.code, step="show")
    assert page.status_code == 200, page.text
    return page


def hidden(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of the form."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text.partition('id="appeal"')[2]))


def steps(page: httpx.Response) -> list[str]:
    """The names of the steps, the latest first."""
    return re.findall(r"<span>([^<]+)</span>", page.text.partition('id="steps"')[2])


def acts(page: httpx.Response) -> list[str]:
    """The acts that the page offers."""
    return re.findall(r'<button[^>]*\bvalue="(data|add|withdraw)"', page.text)


async def events_of(realm: Realm, number: str) -> list[RecordedEvent]:
    return [one async for one in read(realm.servers.kafka, realm.name, subject=number)]


async def propose(realm: Realm, source: str, number: str, *data: EventData) -> None:
    """Have each of *data* registered, in its order."""
    async with publisher(realm, source) as one:
        for each in data:
            sequence = len(await events_of(realm, number))
            event = one.event(number, datetime.now(UTC), each, expectedsequence=sequence)
            outcome = await one.propose(event, wait=20)
            assert outcome.registered, outcome


async def shows(portal: httpx.AsyncClient, appeal: Appeal, *expected: str) -> httpx.Response:
    """The page, once its steps are *expected*."""

    async def page() -> httpx.Response:
        found = await opened(portal, appeal)
        assert steps(found) == list(expected)
        return found

    return await eventually(page, pause=0.1)


async def test_timeline_tells_what_happened(registry: Realm, portal: httpx.AsyncClient, appeal: Appeal) -> None:
    """The page names the body and the last day, in the language of the page, and nothing of the body's own work."""
    number, due = appeal.number, datetime.now(UTC) + timedelta(days=9)
    await propose(registry, ROUTER, number, routing.Routed(body=BODY))
    term = deadlines.Term(
        id="answer-1", origin=deadlines.TermOrigin(sequence=1, instant=datetime.now(UTC)), due=due,
        policy="kg-law-67/1", calendar="KG/2",
    )  # fmt: skip
    await propose(registry, "/clocks/tests", number, deadlines.TermSet(terms=(term,)))
    note = routing.NoteAdded(by=f"{BODY}/head")
    await propose(registry, DESK, number, note, routing.ExecutorChanged(executor=f"{BODY}/x"))
    page = await shows(
        portal, appeal, "Term set", until(due), "Assigned to a body: Ministry of Health", "Appeal registered"
    )
    assert "kg-law-67/1" in page.text
    assert "note" not in page.text.partition('id="steps"')[2].lower()
    russian = await post(portal, "/ru/follow", **hidden(page), step="stay")
    assert "Обращение зарегистрировано" in steps(russian)


def until(due: datetime) -> str:
    """The last day of a term, as a step tells it."""
    day = (due - timedelta(microseconds=1)).astimezone(time_zone("Asia/Bishkek")).date()
    return f"until {long_day(day, 'en')}"


async def test_citizen_adds_once(registry: Realm, portal: httpx.AsyncClient, appeal: Appeal) -> None:
    """The same form twice is one event, with its text sealed. Other words are another one."""
    form = {**hidden(await opened(portal, appeal)), "step": "add", "add": TEXT}
    first, again = [await post(portal, **form) for _ in range(2)]
    assert first.status_code == again.status_code == 200
    assert "It is registered" in first.text
    assert steps(first)[0] == "Appeal supplemented"
    [_, added] = await events_of(registry, appeal.number)
    assert TEXT.encode() not in added.event.data
    assert (await open_event(registry, added))["content"].text == TEXT
    await post(portal, **form | {"add": "Other words."})
    assert len(await events_of(registry, appeal.number)) == 3


async def test_citizen_withdraws(registry: Realm, portal: httpx.AsyncClient, appeal: Appeal) -> None:
    """At once while no body has it. Then nothing is left to do, and words that come late stay on the page."""
    page = await opened(portal, appeal)
    assert acts(page) == ["add", "withdraw"]
    done = await post(portal, **hidden(page), step="withdraw")
    assert (done.status_code, acts(done)) == (200, [])
    assert steps(done)[0] == "Appeal withdrawn"
    late = await post(portal, **hidden(page) | {"key": str(uuid4())}, step="add", add=TEXT)
    assert (late.status_code, "not possible any more" in late.text, TEXT in late.text) == (409, True, True)
    assert [one.type for one in await events_of(registry, appeal.number)] == [
        intake.Registered.type, intake.Withdrawn.type,
    ]  # fmt: skip


async def test_withdrawal_from_a_body_is_asked(registry: Realm, portal: httpx.AsyncClient, appeal: Appeal) -> None:
    """Also when the body got it after the page was opened. Asked once, the page says so."""
    page = await opened(portal, appeal)
    await propose(registry, ROUTER, appeal.number, routing.Routed(body=BODY))
    asked = await post(portal, **hidden(page), step="withdraw", withdraw="Маселе чечилди.")
    assert "You have asked to withdraw the appeal." in asked.text
    assert acts(asked) == ["add"]
    assert (await events_of(registry, appeal.number))[-1].type == intake.WithdrawalRequested.type


async def test_citizen_brings_data(registry: Realm, portal: httpx.AsyncClient, appeal: Appeal) -> None:
    """Only while they are awaited, and not without a text."""
    await propose(registry, ROUTER, appeal.number, routing.Routed(body=BODY))
    asked = routing.DataRequested(missing=("passport",), until=datetime.now(UTC) + timedelta(days=3))
    await propose(registry, DESK, appeal.number, asked)
    page = await opened(portal, appeal)
    assert acts(page) == ["data", "add", "withdraw"]
    empty = await post(portal, **hidden(page), step="data")
    assert (empty.status_code, 'href="#data"' in empty.text) == (422, True)
    done = await post(portal, **hidden(page), step="data", data=TEXT)
    assert acts(done) == ["add", "withdraw"]
    assert steps(done)[0] == "Data provided by the applicant"


async def test_forged_token_opens_nothing(portal: httpx.AsyncClient, appeal: Appeal) -> None:
    """Written words stay, and the code opens the appeal again. A wrong code is counted as everywhere."""
    page = await opened(portal, appeal)
    forged = hidden(page) | {"access_token": hidden(page)["access_token"][:-1] + "x"}
    locked = await post(portal, **forged, step="add", add=TEXT)
    assert (locked.status_code, TEXT in locked.text, 'id="access_code"' in locked.text) == (403, True, True)
    wrong = await post(portal, **forged, step="show", add=TEXT, access_code="0000-0000-0000")
    assert (wrong.status_code, TEXT in wrong.text) == (403, True)
    open_again = await post(portal, **forged, step="show", add=TEXT, access_code=appeal.code)
    assert (open_again.status_code, TEXT in open_again.text, "Who has it" in open_again.text) == (200, True, True)


async def test_replaced_code_ends_the_token(registry: Realm, portal: httpx.AsyncClient, appeal: Appeal) -> None:
    page = await opened(portal, appeal)
    await registry.run("intake", "replace-code", appeal.number)

    async def locked() -> bool:
        return (await post(portal, **hidden(page), step="show")).status_code == 403

    assert await eventually(locked)


@pytest.mark.parametrize("path", ["/ru/follow", "/kk/follow"])
async def test_language_keeps_what_was_typed(portal: httpx.AsyncClient, path: str) -> None:
    """Also number and code, and without an attempt at the code."""
    asked = await post(portal, path, number="KG-1", access_code="typed-so-far", step="stay")
    assert (asked.status_code, "KG-1" in asked.text, "typed-so-far" in asked.text) == (200, True, True)


async def test_other_site_cannot_act(portal: httpx.AsyncClient, appeal: Appeal) -> None:
    form = hidden(await opened(portal, appeal)) | {"step": "withdraw"}
    forged = await portal.post(PAGE, data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status_code == 403
