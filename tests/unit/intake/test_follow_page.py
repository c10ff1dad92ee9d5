"""The page of an appeal while something fails: what was written stays on it, in every language."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.apps import IntakeServices, intake
from tests.unit.intake.realm import NOW, REFERENCE

from natija_chassis.http.problems import Problem
from natija_events.kafka import DeliveryUnconfirmed
from natija_events.lifecycle.transitions import Standing
from natija_events.types.base import EventData
from natija_events.types.intake import Supplemented, WithdrawalRequested
from natija_intake.appeals.head_lookup import StatusUnavailable
from natija_intake.following.access import OpenedAppeal
from natija_intake.following.acts import ApplicantAct
from natija_intake.following.service import ApplicantActResult
from natija_intake.following.timeline import AppealTimeline, TimelineStep
from natija_intake.registrar.heads import NO_HEAD

NUMBER, TOKEN, KEY = "KG-7K3M-9QX4-T2R8-MA", "token", "2f1c7a52-8a0e-4c53-9d6d-5a1f0e7c9b34"
TEXT = "Көпүрө <b>да</b> бузулду."
SHOWN = "Көпүрө &lt;b&gt;да&lt;/b&gt; бузулду."
HEAD = NO_HEAD._replace(standing=Standing("IN_WORK", (), NOW, 4, 4, 0), registered=NOW)


class Following:
    """Opens one appeal, and answers each act with *answer*."""

    def __init__(self) -> None:
        self.answer: ApplicantActResult | Exception = "done"
        self.error: Exception | None = None
        self.found: AppealTimeline | None = AppealTimeline(sequence=4)
        self.acts: list[tuple[ApplicantAct, UUID, str]] = []

    async def open(self, number: str, code: str, address: str) -> OpenedAppeal | None:
        return await self.open_again(TOKEN if code == "code" else "")

    async def open_again(self, token: str) -> OpenedAppeal | None:
        if self.error is not None:
            raise self.error
        return OpenedAppeal(NUMBER, HEAD, TOKEN) if token == TOKEN else None

    def open_acts(self, opened: OpenedAppeal) -> Mapping[ApplicantAct, type[EventData]]:
        return {"add": Supplemented, "withdraw": WithdrawalRequested}

    async def act(
        self, opened: OpenedAppeal, act: ApplicantAct, key: UUID, text: str, traceparent: str | None
    ) -> tuple[ApplicantActResult, OpenedAppeal]:
        self.acts.append((act, key, text))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer, opened

    async def timeline(self, opened: OpenedAppeal, *, patient: bool = False) -> AppealTimeline | None:
        return self.found


@pytest.fixture
def following() -> Following:
    return Following()


def refuse(scope: Any) -> None:
    raise Problem(429, "Too many")


@pytest.fixture(params=[lambda scope: None], ids=["free"])
async def visitor(following: Following, request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    app = intake(
        services=IntakeServices(following=following, check_limit=request.param, reference=lambda: REFERENCE)
    ).api
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://localhost", headers={"Accept": "text/html"}
    ) as client:
        yield client


async def send(visitor: httpx.AsyncClient, step: str, language: str = "ky", **form: str) -> httpx.Response:
    given = {"number": NUMBER, "access_token": TOKEN, "key": KEY, "step": step, "add": TEXT, **form}
    return await visitor.post(f"/{language}/follow", data=given)


async def test_done_act_clears_its_text(visitor: httpx.AsyncClient, following: Following) -> None:
    """The form for the next act has another key."""
    page = await send(visitor, "add")
    assert (page.status_code, SHOWN in page.text, KEY in page.text) == (200, False, False)
    assert following.acts == [("add", UUID(KEY), TEXT)]


@pytest.mark.parametrize(
    ("answer", "status"),
    [(DeliveryUnconfirmed("x"), 503), (StatusUnavailable(), 503), ("closed", 409), ("too-long", 422)],
    ids=["kafka", "database", "closed", "long"],
)
async def test_failed_act_keeps_its_text(
    visitor: httpx.AsyncClient, following: Following, answer: Any, status: int
) -> None:
    """With its key, so that it is registered once if it is sent again."""
    following.answer = answer
    page = await send(visitor, "add")
    assert (page.status_code, SHOWN in page.text, KEY in page.text) == (status, True, True)


async def test_outage_keeps_text_and_button(visitor: httpx.AsyncClient, following: Following) -> None:
    """Nobody can say where the appeal is, and the act can be sent again."""
    following.error = StatusUnavailable()
    page = await send(visitor, "add")
    assert (page.status_code, SHOWN in page.text, 'value="add"' in page.text) == (503, True, True)
    assert 'name="access_code"' not in page.text


@pytest.mark.parametrize("visitor", [refuse], indirect=True, ids=["limited"])
async def test_limit_keeps_the_text(visitor: httpx.AsyncClient, following: Following) -> None:
    """A reader is not counted, only who sends something."""
    page = await send(visitor, "add")
    assert (page.status_code, SHOWN in page.text, following.acts) == (429, True, [])
    assert (await send(visitor, "show")).status_code == 200


async def test_opening_fails_without_token(visitor: httpx.AsyncClient, following: Following) -> None:
    following.error = StatusUnavailable()
    assert (await visitor.post("/ky/follow", data={"number": NUMBER, "access_code": "code"})).status_code == 503


async def test_lost_access_asks_for_the_code(visitor: httpx.AsyncClient) -> None:
    """No act is done without it."""
    page = await send(visitor, "add", access_token="old")
    assert (page.status_code, SHOWN in page.text, 'name="access_code"' in page.text) == (403, True, True)
    again = await send(visitor, "show", access_token="old", access_code="code")
    assert (again.status_code, SHOWN in again.text, f'value="{TOKEN}"' in again.text) == (200, True, True)


@pytest.mark.parametrize("language", ["ky", "kk", "uz", "ru", "en"])
async def test_language_changes_without_loss(visitor: httpx.AsyncClient, following: Following, language: str) -> None:
    """The links to languages send the form: nothing is done, and nothing is lost."""
    page = await send(visitor, "stay", language)
    assert (page.status_code, SHOWN in page.text, following.acts) == (200, True, [])
    assert len(re.findall(r'<button form="appeal" formaction="/\w\w/follow"', page.text)) == 4


async def test_words_of_closed_act_stay(visitor: httpx.AsyncClient) -> None:
    """Data are not awaited any more: the field comes without its button."""
    page = await send(visitor, "show", data="Паспорт")
    assert ("Паспорт" in page.text, 'value="data"' in page.text) == (True, False)


async def test_missing_timeline_is_said(visitor: httpx.AsyncClient, following: Following) -> None:
    """Also when only the last step is missing."""
    following.found = None
    assert "The steps cannot be shown" in (await send(visitor, "show", "en")).text
    following.found = AppealTimeline((TimelineStep(Supplemented.type, NOW),), sequence=3)
    assert "The latest step is not in this list yet." in (await send(visitor, "show", "en")).text


async def test_answer_is_linked(visitor: httpx.AsyncClient, following: Following) -> None:
    """Once there is one. The link has neither the code nor the token."""
    assert "/answer" not in (await send(visitor, "show", "en")).text
    following.found = AppealTimeline(sequence=4, answered=True)
    assert re.search(r'id="read-answer" href="/en/answer"', (await send(visitor, "show", "en")).text)


@pytest.mark.parametrize("act", ["add", "withdraw"])
async def test_code_never_stands_on_the_page(visitor: httpx.AsyncClient, act: str) -> None:
    page = await send(visitor, act, access_code="code-of-mine")
    assert "code-of-mine" not in page.text
