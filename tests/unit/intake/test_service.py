"""Registering an appeal: the registrar is asked first, the head only when its answer is missing or says "known"."""

from datetime import UTC, datetime

import pytest
from tests.unit.intake.realm import CONTEXT, NOW

from natija_events.kafka import DeliveryUnconfirmed, OutcomePending, ProposalOutcome
from natija_events.wire.envelope import Event
from natija_events.wire.rejection import Rejection
from natija_intake.appeals.head_lookup import StatusUnavailable
from natija_intake.appeals.service import AppealService, Receipt
from natija_intake.appeals.submission import Submission
from natija_intake.registrar.heads import Head

SENT = Submission(channel="electronic", text="Our road has washed away.")
EARLIER = datetime(2026, 3, 30, tzinfo=UTC)


class Gateway:
    """Answers each proposal with *answer*: registered (None), a rejection, or an error."""

    def __init__(self, answer: Rejection | Exception | None) -> None:
        self.answer = answer

    async def propose(self, event: Event, *, wait: float) -> ProposalOutcome:
        if isinstance(self.answer, Exception):
            raise self.answer
        return ProposalOutcome(event.subject, 1, NOW, self.answer)


class Heads:
    """Knows one head for every appeal, none, or does not answer."""

    def __init__(self, head: Head | StatusUnavailable | None) -> None:
        self.head = head

    async def get(self, number: str) -> Head | None:
        if isinstance(self.head, StatusUnavailable):
            raise self.head
        return self.head


def service(answer: Rejection | Exception | None, head: Head | StatusUnavailable | None) -> AppealService:
    return AppealService(CONTEXT, Gateway(answer), Heads(head))  # type: ignore[arg-type]  # stand-ins


async def receipt(answer: Rejection | Exception | None, head: Head | StatusUnavailable | None) -> Receipt:
    result = await service(answer, head).register(SENT, "k", None)
    assert isinstance(result, Receipt)
    return result


HEAD = Head(registered=EARLIER)
KNOWN = [Rejection("duplicate", "id", "again", 1), Rejection("reused", "id", "something else")]


async def test_registered_appeal_needs_no_head() -> None:
    assert (await receipt(None, StatusUnavailable())).registered == NOW


@pytest.mark.parametrize("answer", [*KNOWN, OutcomePending("slow"), DeliveryUnconfirmed("down")])
async def test_earlier_attempt_keeps_its_receipt(answer: Rejection | Exception) -> None:
    again, first = await receipt(answer, HEAD), await receipt(None, None)
    assert again.registered == EARLIER
    assert (again.number, again.access_code) == (first.number, first.access_code)


@pytest.mark.parametrize("head", [None, StatusUnavailable()])
async def test_unknown_outcome_gives_number_only(head: StatusUnavailable | None) -> None:
    unknown: list[Rejection | Exception] = [*KNOWN, OutcomePending("slow")]
    for answer in unknown:
        assert (await receipt(answer, head)).registered is None


@pytest.mark.parametrize("head", [None, StatusUnavailable()])
async def test_unconfirmed_delivery_is_an_error(head: StatusUnavailable | None) -> None:
    with pytest.raises(DeliveryUnconfirmed):
        await service(DeliveryUnconfirmed("down"), head).register(SENT, "k", None)


async def test_rejection_is_returned() -> None:
    rejection = Rejection("unlawful", "type", "no")
    assert await service(rejection, HEAD).register(SENT, "k", None) == rejection
