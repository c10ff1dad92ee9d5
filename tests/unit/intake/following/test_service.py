"""Following an appeal without servers: who opens it, what becomes of an act, and what is read again."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import pytest
from tests.unit.intake.following.test_acts import HELD, KEY, NUMBER, UNHELD, head
from tests.unit.intake.following.test_timeline import REGISTERED, events
from tests.unit.intake.realm import CONTEXT, NOW, OLDER

from natija_chassis.kafka.log_lookup import LogUnavailable
from natija_events.kafka import DeliveryUnconfirmed, OutcomePending, ProposalOutcome
from natija_events.types.intake import Withdrawn
from natija_events.wire.envelope import Event
from natija_events.wire.identity import event_key
from natija_events.wire.rejection import Rejection
from natija_intake.appeals.submission import SOURCE
from natija_intake.following.access import AppealAccess, OpenedAppeal
from natija_intake.following.acts import act_id
from natija_intake.following.service import FollowingService, is_current
from natija_intake.following.timeline import AppealTimeline
from natija_intake.following.timelines import Timelines
from natija_intake.outcomes import shared_store
from natija_intake.outcomes.shared_store import SharedPlace
from natija_intake.receipts.access_tokens import AccessTokens
from natija_intake.registrar.heads import Head

TEXT = "Көпүрө да бузулду."


class Register:
    """The gateway and the heads: answers each proposal with *answer*, and knows the *keys* of events."""

    def __init__(self, found: Head) -> None:
        self.head = found
        self.answer: Rejection | Exception | None = None
        self.proposed: list[Event] = []
        self.keys: set[UUID] = set()

    async def propose(self, *given: Event, wait: float) -> ProposalOutcome:
        self.proposed += given
        if isinstance(self.answer, Exception):
            raise self.answer
        return ProposalOutcome(NUMBER, 4, NOW, self.answer)

    async def get(self, number: str) -> Head | None:
        return self.head

    async def knows(self, number: str, keys: Collection[UUID]) -> bool:
        return not self.keys.isdisjoint(keys)


def made(found: Head) -> tuple[Register, FollowingService, OpenedAppeal]:
    register: Any = Register(found)
    nothing: Any = None
    access = AppealAccess(nothing, register, AccessTokens([b"x" * 32]))
    service = FollowingService(CONTEXT, access, register, register, nothing)
    return register, service, OpenedAppeal(NUMBER, found, "token")


async def act(service: FollowingService, opened: OpenedAppeal, text: str = TEXT) -> str:
    return (await service.act(opened, "add", KEY, text, None))[0]


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (None, "done"), (Rejection("duplicate", "sealed", "x", 4), "done"), (Rejection("reused", "id", "x"), "done"),
        (OutcomePending("slow"), "pending"), (Rejection("unlawful", "type", "x"), "closed"),
        (Rejection("conflict", "expectedsequence", "x"), "closed"), (Rejection("oversize", "data", "x"), "too-long"),
    ],
    ids=["registered", "duplicate", "reused", "pending", "unlawful", "conflict", "oversize"],
)  # fmt: skip
async def test_decision_becomes_a_result(answer: Rejection | Exception | None, result: str) -> None:
    register, service, opened = made(head("IN_WORK"))
    register.answer = answer
    assert await act(service, opened) == result


@pytest.mark.parametrize("answer", [DeliveryUnconfirmed("down"), Rejection("forbidden", "signature", "x")])
async def test_unknown_result_is_an_outage(answer: Any) -> None:
    register, service, opened = made(head("IN_WORK"))
    register.answer = answer
    with pytest.raises(DeliveryUnconfirmed):
        await act(service, opened)


async def test_known_act_is_not_proposed() -> None:
    """Also when an earlier attempt was made under a secret that was replaced since."""
    register, service, opened = made(head("IN_WORK"))
    register.keys.add(event_key(SOURCE, act_id(NUMBER, "add", KEY, TEXT, OLDER)))
    assert (await act(service, opened), register.proposed) == ("done", [])
    assert await act(service, opened, "Other words.") == "done"
    assert len(register.proposed) == 1


async def test_unlawful_act_is_not_proposed() -> None:
    register, service, opened = made(head("ANSWERED"))
    assert (await act(service, opened), register.proposed) == ("closed", [])


async def test_conflict_shows_the_present_state() -> None:
    """A body has taken the appeal while it was withdrawn."""
    register, service, opened = made(head("REGISTERED", UNHELD))
    register.answer, register.head = Rejection("conflict", "expectedsequence", "x"), head("ROUTED", HELD)
    result, after = await service.act(opened, "withdraw", KEY, "", None)
    assert (register.proposed[0].type, result, after.head) == (Withdrawn.type, "closed", head("ROUTED", HELD))


async def test_token_ends_with_its_code() -> None:
    register, service, _ = made(head("IN_WORK"))
    token = AccessTokens([b"x" * 32]).token
    now = 4e9  # far in the future of any clock
    assert (await service.open_again(token(NUMBER, 1, now))) is not None
    register.head = register.head._replace(code_generation=2)
    assert await service.open_again(token(NUMBER, 1, now)) is None
    assert await service.open_again("forged") is None


class Log:
    """A log whose events are at their offsets; it counts what is read."""

    def __init__(self) -> None:
        self.read = 0
        self.is_down = False

    async def events(self, places: Sequence[SharedPlace]) -> list[Any]:
        if self.is_down:
            raise LogUnavailable
        self.read += len(places)
        return [events(*[REGISTERED] * (place.offset + 1))[-1] for place in places]


class Engine:
    """An engine whose connections nobody asks."""

    def connect(self) -> "Engine":
        return self

    async def __aenter__(self) -> "Engine":
        return self

    async def __aexit__(self, *error: object) -> None:
        pass


async def test_timeline_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is opened again and again costs one query, until there is a new event."""
    places = [SharedPlace(0, 3, 0), SharedPlace(0, 3, 1)]

    async def places_of(connection: object, number: str) -> Sequence[SharedPlace]:
        return places

    monkeypatch.setattr(shared_store, "places_of", places_of)
    log: Any = Log()
    engine: Any = Engine()
    timelines = Timelines(engine, log)
    first = await timelines.get(NUMBER)
    assert (first, log.read) == (await timelines.get(NUMBER), 2)
    places.append(SharedPlace(0, 3, 2))
    after = await timelines.get(NUMBER)
    assert after is not None
    assert (len(after.steps), log.read) == (3, 5)
    log.is_down = True
    assert await timelines.get(NUMBER) == after
    places.append(SharedPlace(0, 3, 3))
    assert await timelines.get(NUMBER) is None


def test_late_relay_is_noticed() -> None:
    opened = OpenedAppeal(NUMBER, head("IN_WORK"), "")
    assert [is_current(AppealTimeline(sequence=one), opened) for one in (0, 3, 4, 5)] == [False, False, True, True]
