"""The page of an answer without servers: which events are shown, in which words, and what happens in an outage."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.apps import EMPTY_DATABASE, answers
from tests.unit.intake.following.test_timeline import NUMBER, REGISTERED, events
from tests.unit.intake.realm import NOW, REFERENCE

from natija_chassis.clock import FixedClock
from natija_chassis.kafka.log_lookup import LogUnavailable
from natija_chassis.opening.audit_writer import AuditUnconfirmed
from natija_chassis.opening.key_lookup import KeysUnavailable
from natija_chassis.opening.opened_event import OpenedEvent, Unopened
from natija_events.reference.entries import PostEntry
from natija_events.types import intake, routing
from natija_events.types.base import EventData
from natija_events.wire.audit_record import Look
from natija_events.wire.record import RecordedEvent
from natija_intake.answers.form import AnswerForm
from natija_intake.answers.given_answer import find_answer
from natija_intake.answers.service import AnswerService, AnswerUnavailable, OpenedAnswer
from natija_intake.answers.view import shown
from natija_intake.following.access import OpenedAppeal
from natija_intake.outcomes import shared_store
from natija_intake.outcomes.shared_store import SharedPlace
from natija_intake.pages.form import NotTheForm

ANSWER = routing.Answered(outcome="explained", signer="ministry-health/head", language="ky")
RETURNED = routing.Returned(reason="no_contacts")
REOPENED = routing.Reopened(body="ministry-health", authority="court", decided=NOW)
ADDED = intake.Supplemented()
NOTE = routing.NoteAdded(by="ministry-health/head")
APPEAL = OpenedAppeal(NUMBER, None, "token")


@pytest.mark.parametrize(
    ("data", "answer", "later", "own"),
    [
        ([REGISTERED, NOTE], 0, [], []),
        ([REGISTERED, ANSWER], 2, [], [1]),
        ([REGISTERED, ANSWER, NOTE, routing.AnswerCorrected(), routing.AnswerClarified()], 2, [4, 5], [1]),
        ([REGISTERED, ANSWER, routing.AnswerCorrected(), REOPENED, RETURNED], 5, [], [1]),
        ([REGISTERED, ADDED, routing.DataProvided(), ANSWER, ADDED], 4, [], [1, 2, 3, 5]),
    ],
    ids=["none", "answered", "corrected", "answered again", "supplemented"],
)  # fmt: skip
def test_last_answer_counts(data: Sequence[EventData], answer: int, later: list[int], own: list[int]) -> None:
    """By the sequences of the events. A draft, a note or a task is never among them."""
    found = find_answer(events(*data))
    if not answer:
        assert found is None
        return
    assert found is not None
    assert (found.answer.sequence, [one.sequence for one in found.later], [one.sequence for one in found.own]) == (
        answer, later, own,
    )  # fmt: skip
    assert [one.sequence for one in found.events] == sorted([answer, *later, *own])


def test_reopened_answer_counts_no_more() -> None:
    found = find_answer(events(REGISTERED, ANSWER, REOPENED))
    assert found is not None
    assert found.reopened is not None
    again = find_answer(events(REGISTERED, ANSWER, REOPENED, ANSWER))
    assert again is not None
    assert again.reopened is None


def opened(event: RecordedEvent, content: object) -> OpenedEvent:
    return OpenedEvent(event, {"content": content, "person": {"name": "Asanova"}})


def test_answer_is_shown_in_words() -> None:
    """Names in the language of the page, else in the first of the realm. A person is not among what is shown."""
    post = PostEntry.model_validate({"roles": ["head"], "names": {"ru": "Министр"}})
    [first, answer] = events(REGISTERED, ANSWER)
    given = find_answer([first, answer])
    assert given is not None
    found = shown(
        given,
        [opened(first, {"text": "The road"}), opened(answer, {"text": "It is repaired"})],
        replace(REFERENCE, posts={"ministry-health/head": post}),
        "ru",
    )
    assert (found.outcome, found.reason, found.language) == ("Разъяснено", None, "ky")
    assert (found.first.text, found.first.post) == ("It is repaired", "Министр")
    assert [one.text for one in found.own] == ["The road"]
    assert "Asanova" not in str(found)


def test_erased_text_is_a_problem() -> None:
    [first, returned] = events(REGISTERED, RETURNED)
    given = find_answer([first, returned])
    assert given is not None
    found = shown(given, [opened(first, {}), opened(returned, Unopened("erased", "x"))], REFERENCE, "en")
    assert (found.first.problem, found.reason, found.own) == ("erased", "No contact details", [])


class Reader:
    """A reader of an appeal: it notes each look, or fails."""

    def __init__(self, error: Exception | None, *data: EventData) -> None:
        self.error, self.looks = error, list[Look]()
        self.events = events(*data)

    async def history(self, number: str, offsets: Sequence[int]) -> Sequence[RecordedEvent]:
        if isinstance(self.error, LogUnavailable):
            raise self.error
        return [one for one in self.events if one.offset in offsets]

    async def read(self, number: str, offsets: Sequence[int], look: Look) -> Sequence[OpenedEvent]:
        if self.error is not None:
            raise self.error
        self.looks.append(look)
        return [opened(one, {"text": "x"}) for one in await self.history(number, offsets)]


def service(monkeypatch: pytest.MonkeyPatch, reader: Any) -> AnswerService:
    """The service on *reader*; the relay has read all of its events."""

    async def places_of(connection: object, number: str) -> Sequence[SharedPlace]:
        return [SharedPlace(0, 0, one.offset) for one in reader.events]

    monkeypatch.setattr(shared_store, "places_of", places_of)
    return AnswerService(EMPTY_DATABASE, reader, FixedClock(NOW))


@pytest.mark.parametrize("error", [LogUnavailable(), AuditUnconfirmed(), KeysUnavailable()])
async def test_nothing_is_shown_unrecorded(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    with pytest.raises(AnswerUnavailable):
        await service(monkeypatch, Reader(error, REGISTERED, ANSWER)).read(APPEAL)


async def test_applicant_is_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no answer, nothing is opened and nothing recorded."""
    reader, silent = Reader(None, REGISTERED, ANSWER), Reader(None, REGISTERED)
    found = await service(monkeypatch, reader).read(APPEAL)
    assert [one.event.sequence for one in found.opened] == [1, 2]
    assert reader.looks == [Look(reader="applicant", purpose="access", process="answers", time=NOW)]
    assert (await service(monkeypatch, silent).read(APPEAL)).given is None
    assert silent.looks == []


async def test_long_history_keeps_its_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first event and the last 199 of a very long appeal are read."""
    found = await service(monkeypatch, Reader(None, REGISTERED, ANSWER, *[NOTE] * 300, ANSWER)).read(APPEAL)
    assert found.given is not None
    assert [one.sequence for one in found.given.events] == [1, 303]


class Access:
    """Opens one appeal with any code but `wrong`."""

    async def open(self, number: str, code: str, address: str) -> OpenedAppeal | None:
        return None if code == "wrong" else APPEAL

    async def open_again(self, token: str) -> OpenedAppeal | None:
        return APPEAL if token == "token" else None


class Outage:
    async def read(self, appeal: OpenedAppeal) -> OpenedAnswer:
        raise AnswerUnavailable


@pytest.fixture
async def visitor() -> AsyncIterator[httpx.AsyncClient]:
    app = answers(access=Access(), service=Outage()).api
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://localhost", headers={"Accept": "text/html"}
    ) as client:
        yield client


@pytest.mark.parametrize("language", ["ky", "kk", "uz", "ru", "en"])
async def test_outage_keeps_what_was_typed(visitor: httpx.AsyncClient, language: str) -> None:
    page = await visitor.post(f"/{language}/answer", data={"number": "KG-1", "access_code": "typed", "step": "show"})
    assert (page.status_code, "KG-1" in page.text, "typed" in page.text) == (503, True, True)


async def test_language_asks_for_no_code(visitor: httpx.AsyncClient) -> None:
    """A link to another language keeps the fields, and tries no code."""
    page = await visitor.post("/ru/answer", data={"number": "KG-1", "access_code": "wrong", "step": "stay"})
    assert (page.status_code, "KG-1" in page.text) == (200, True)


@pytest.mark.parametrize("body", [b"\xff", b"unknown=1", b"&".join(b"number=1" for _ in range(11))])
def test_other_forms_are_refused(body: bytes) -> None:
    with pytest.raises(NotTheForm):
        AnswerForm.read(body)
