"""A citizen reads the answer, on a real registrar and relay: by number and code, and recorded before."""

import html
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio
from deploy.local.ports import free_port
from tests.eventually import eventually
from tests.integration.chassis.opening import register
from tests.integration.intake.appeal import APPEAL, PERSONAL
from tests.integration.intake.registering import DESK, ROUTER
from tests.integration.intake.test_following import Appeal, events_of, propose
from tests.stack import Child, Realm
from tests.topics import delete

from natija_chassis.services import port_variable
from natija_events.topics import AUDIT
from natija_events.types import routing
from natija_events.types.base import EventData
from natija_events.types.personal import Explanation, Text

PAGE = "/en/answer"
BODY = "ministry-health"
TEXT = "A doctor was employed.\n<b>Ask</b> for her on Monday."
LAW = "law 67, article 8"
ANSWER = routing.Answered(
    outcome="partly_satisfied", signer=f"{BODY}/head", language="ky", law=(LAW,), content=Text(text=TEXT)
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def processes(registry: Realm) -> AsyncIterator[list[Child]]:
    """Intake, relay and answers, on ports of their own, since others of them may run."""
    started = []
    for name in ("intake", "relay", "answers"):
        ports: dict[str, Any] = {port_variable(name): str(free_port())}
        started.append(await registry.serve(name, **ports))
    yield started
    for child in started:
        await child.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def answers(processes: list[Child]) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=processes[-1].url or "", timeout=30, trust_env=False, headers={"Accept": "text/html"}
    ) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def appeal(processes: list[Child]) -> Appeal:
    async with httpx.AsyncClient(base_url=processes[0].url or "", timeout=30, trust_env=False) as client:
        receipt = (await client.post("/appeals", json=APPEAL)).json()
    return Appeal(receipt["number"], receipt["access_code"])


async def answer(realm: Realm, appeal: Appeal, *data: EventData) -> None:
    """The body gets the appeal, and proposes *data*."""
    await propose(realm, ROUTER, appeal.number, routing.Routed(body=BODY))
    await propose(realm, DESK, appeal.number, *data)


async def ask(answers: httpx.AsyncClient, appeal: Appeal, path: str = PAGE) -> httpx.Response:
    return await answers.post(path, data={"number": appeal.number, "access_code": appeal.code, "step": "show"})


async def shows(answers: httpx.AsyncClient, appeal: Appeal, text: str) -> httpx.Response:
    """The page, once it has *text*: the relay reads an event a moment after it is registered."""

    async def page() -> httpx.Response:
        found = await ask(answers, appeal)
        assert text in html.unescape(found.text), found.text
        return found

    return await eventually(page, pause=0.1)


async def test_answer_is_read_after_its_record(registry: Realm, answers: httpx.AsyncClient, appeal: Appeal) -> None:
    """With its outcome in words, its body and its language, and what the applicant wrote. No person is shown."""
    waiting = await ask(answers, appeal)
    assert "There is no answer yet" in waiting.text
    assert await register.looks(registry, appeal.number) == []
    await answer(registry, appeal, ANSWER)
    page = await shows(answers, appeal, TEXT)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    for expected in ("Partly satisfied", "Ministry of Health", LAW, 'lang="ky"', APPEAL["text"]):
        assert str(expected) in page.text
    assert "<b>Ask" not in page.text
    assert not [one for one in PERSONAL if one in page.text and one not in str(APPEAL["text"])]
    last = (await register.looks(registry, appeal.number))[-1]
    assert (last.reader, last.purpose, last.process, last.official) == ("applicant", "access", "answers", None)
    assert last.sequences == (1, 3)
    listed = (await registry.run("audit", "list", appeal.number)).stdout
    assert "the applicant, by answers" in listed


async def test_later_words_stand_below(registry: Realm, answers: httpx.AsyncClient, appeal: Appeal) -> None:
    """A clarification and a correction; then the appeal is reopened, and the answer counts no more."""
    clarified = routing.AnswerClarified(content=Text(text="On Monday from nine."), signer=f"{BODY}/head")
    await answer(registry, appeal, ANSWER, clarified, routing.AnswerCorrected(content=Text(text="From ten.")))
    page = await shows(answers, appeal, "From ten.")
    assert page.text.index("Ask") < page.text.index("from nine") < page.text.index("From ten.")
    court = routing.Reopened(body=BODY, authority="prosecutor-general", decided=datetime.now(UTC))
    assert "does not count" not in page.text
    await propose(registry, "/oversight/tests", appeal.number, court)
    await shows(answers, appeal, "This answer does not count any more")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (routing.Returned(reason="no_contacts", content=Explanation(explanation="Give a number.")), "Give a number."),
        (routing.LeftWithoutConsideration(reason="anonymous"), "Anonymous appeal"),
        (routing.ReviewTerminated(reason="applicant_died"), "The applicant died"),
    ],
    ids=["returned", "left", "terminated"],
)
async def test_end_without_answer_is_explained(
    registry: Realm, answers: httpx.AsyncClient, appeal: Appeal, data: EventData, expected: str
) -> None:
    await answer(registry, appeal, data)
    await shows(answers, appeal, expected)


async def test_wrong_code_tells_nothing(registry: Realm, answers: httpx.AsyncClient, appeal: Appeal) -> None:
    """The same page for a wrong code and for an appeal that does not exist; and nothing is recorded."""
    await answer(registry, appeal, ANSWER)
    pages = [
        await ask(answers, Appeal(number, "0000-0000-0000")) for number in (appeal.number, "KG-0000-0000-0000-00", "x")
    ]
    told = {re.sub('value="[^"]*"', "", page.text) for page in pages}
    assert ({page.status_code for page in pages}, len(told)) == ({404}, 1)
    assert "A doctor" not in pages[0].text
    assert await register.looks(registry, appeal.number) == []


async def test_guesses_are_throttled(registry: Realm, answers: httpx.AsyncClient, appeal: Appeal) -> None:
    """After ten wrong codes the right one waits, too."""
    for _ in range(11):
        assert (await ask(answers, Appeal(appeal.number, "0000-0000-0000"))).status_code == 404
    assert (await ask(answers, appeal)).status_code == 404


async def test_erased_answer_says_so(registry: Realm, answers: httpx.AsyncClient, appeal: Appeal) -> None:
    await answer(registry, appeal, ANSWER)
    await shows(answers, appeal, TEXT)
    await register.erase(registry, (await events_of(registry, appeal.number))[-1])
    page = await shows(answers, appeal, "This text was erased by law.")
    assert (page.status_code, "A doctor" in page.text, str(APPEAL["text"]) in page.text) == (200, False, True)


async def test_without_audit_no_text(realm: Realm) -> None:
    """The page says that it cannot be shown now, and keeps what was typed."""
    for process in ("registrar", "intake", "relay", "answers"):
        await realm.serve(process)
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        receipt = (await client.post(f"{realm.url('intake')}/appeals", json=APPEAL)).json()
    appeal = Appeal(receipt["number"], receipt["access_code"])
    await answer(realm, appeal, ANSWER)
    async with httpx.AsyncClient(
        base_url=realm.url("answers"), timeout=30, trust_env=False, headers={"Accept": "text/html"}
    ) as client:
        await shows(client, appeal, TEXT)
        await delete(realm, AUDIT)
        page = await ask(client, appeal)
    assert (page.status_code, "cannot be shown right now" in page.text) == (503, True)
    assert not [one for one in (*PERSONAL, "A doctor") if one in page.text]
    assert appeal.number in page.text


async def test_token_opens_other_language(registry: Realm, answers: httpx.AsyncClient, appeal: Appeal) -> None:
    """Without the code. A forged token, and one after the code was replaced, asks for the code."""
    await answer(registry, appeal, ANSWER)
    page = await shows(answers, appeal, TEXT)
    [token] = re.findall('name="access_token" value="([^"]*)"', page.text)
    assert appeal.code not in page.text
    russian = await answers.post("/ru/answer", data={"number": appeal.number, "access_token": token, "step": "stay"})
    assert (russian.status_code, "Удовлетворено частично" in russian.text) == (200, True)
    forged = await answers.post("/ru/answer", data={"number": appeal.number, "access_token": token[:-1] + "x"})
    assert (forged.status_code, "access_code" in forged.text, "A doctor" in forged.text) == (403, True, False)


async def test_other_site_cannot_ask(answers: httpx.AsyncClient, appeal: Appeal) -> None:
    form = {"number": appeal.number, "access_code": appeal.code}
    assert (await answers.post(PAGE, data=form, headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert (await answers.get(PAGE, params=form)).status_code in (400, 422)
