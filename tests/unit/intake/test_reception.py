"""Taking an appeal in: the registrar is asked first, and the heads where it has said that it knows, or nothing."""

from datetime import UTC, datetime

import pytest

from natija_chassis.clock import FixedClock
from natija_chassis.realm.publishers import Publishers
from natija_events.encryption import Sealer
from natija_events.kafka import DeliveryUnconfirmed, OutcomePending, ProposalOutcome
from natija_events.wire.envelope import Event
from natija_events.wire.rejection import Rejection
from natija_intake.appeals.service import AppealRejected, AppealService, StatusUnavailable
from natija_intake.appeals.submission import SOURCE, Submission
from natija_intake.receipts.access_codes import AccessCodes
from natija_intake.registrar.heads import Head

SENT = Submission(channel="electronic", text="Our road has washed away.")
NOW, EARLIER = datetime(2026, 3, 31, 8, 5, 9, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)


class Gateway:
    """Answers each proposal with *says*."""

    def __init__(self, says: Rejection | Exception | None) -> None:
        self.says = says

    async def propose(self, event: Event, *, wait: float) -> ProposalOutcome:
        if isinstance(self.says, Exception):
            raise self.says
        return ProposalOutcome(event.subject, 1, NOW, self.says)


def reception(
    says: Rejection | Exception | None, head: Head | StatusUnavailable | None, monkeypatch: pytest.MonkeyPatch
) -> AppealService:
    async def look_up(self: AppealService, number: str) -> Head | None:
        if isinstance(head, StatusUnavailable):
            raise head
        return head

    monkeypatch.setattr(AppealService, "_head", look_up)
    return AppealService(
        realm="kg", jurisdiction="KG", secret=b"s" * 32, codes=AccessCodes({1: b"x" * 32}), sealer=Sealer(b"k" * 32),
        publishers=Publishers(publishers={SOURCE: frozenset({"channel"})}),
        gateway=Gateway(says), engine=None, clock=FixedClock(NOW), wait=0.01,  # type: ignore[arg-type]  # nothing else is asked
    )  # fmt: skip


HEAD = Head(registered=EARLIER)
AGAIN = [Rejection("duplicate", "id", "again", 1), Rejection("reused", "id", "something else")]


async def test_what_is_registered_now_needs_no_head(monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = await reception(None, StatusUnavailable(), monkeypatch).take(SENT, "k", None)
    assert receipt.registered == NOW


@pytest.mark.parametrize("says", [*AGAIN, OutcomePending("slow"), DeliveryUnconfirmed("down")])
async def test_what_an_earlier_attempt_has_registered_gets_the_receipt_of_that_attempt(
    says: Rejection | Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = await reception(says, HEAD, monkeypatch).take(SENT, "k", None)
    assert receipt.registered == EARLIER
    other = await reception(None, None, monkeypatch).take(SENT, "k", None)
    assert (receipt.number, receipt.code) == (other.number, other.code)


@pytest.mark.parametrize("head", [None, StatusUnavailable()])
async def test_a_number_holds_that_nobody_can_tell_more_of(
    head: StatusUnavailable | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    unheard: list[Rejection | Exception] = [*AGAIN, OutcomePending("slow")]
    for says in unheard:
        assert (await reception(says, head, monkeypatch).take(SENT, "k", None)).registered is None
    with pytest.raises(DeliveryUnconfirmed):
        await reception(DeliveryUnconfirmed("down"), head, monkeypatch).take(SENT, "k", None)


async def test_what_the_registrar_refuses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AppealRejected):
        await reception(Rejection("unlawful", "type", "no"), HEAD, monkeypatch).take(SENT, "k", None)
