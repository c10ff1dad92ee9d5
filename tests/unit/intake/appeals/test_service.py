"""Registering an appeal: the registrar is asked first, the database only when its answer is missing or says "known"."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from tests.unit.intake.realm import CONTEXT, NEWEST, NOW, OLDER, REQUEST

from natija_chassis.observability.logs import JsonFormatter
from natija_events.kafka import DeliveryUnconfirmed, OutcomePending, ProposalOutcome
from natija_events.wire.envelope import Event
from natija_events.wire.rejection import Rejection
from natija_intake.appeals.head_lookup import Registration, StatusUnavailable
from natija_intake.appeals.identity import registration_id
from natija_intake.appeals.service import AppealService, KeyUsed, Receipt
from natija_intake.appeals.submission import Submission
from natija_intake.receipts.attempts import Attempts
from natija_intake.receipts.wrong_codes import FREE
from natija_intake.registrar.heads import NO_HEAD, Head

SENT = Submission(channel="electronic", text="Our road has washed away.")
OTHER = Submission(channel="electronic", text="Another matter.")
EARLIER = datetime(2026, 3, 30, tzinfo=UTC)
KNOWN = [Rejection("duplicate", "id", "again", 1), Rejection("reused", "id", "something else")]
UNKNOWN: list[Rejection | Exception] = [*KNOWN, OutcomePending("slow")]


class Gateway:
    """Answers each proposal with *answer*: registered (None), a rejection, or an error."""

    def __init__(self, answer: Rejection | Exception | None) -> None:
        self.answer = answer
        self.proposed: list[UUID] = []

    async def propose(self, event: Event, *, wait: float) -> ProposalOutcome:
        self.proposed.append(event.id)
        if isinstance(self.answer, Exception):
            raise self.answer
        return ProposalOutcome(event.subject, 1, NOW, self.answer)


class Registrar(Gateway):
    """Decides as the registrar does: an appeal is opened once, and its opening event is known by its id."""

    def __init__(self) -> None:
        super().__init__(None)
        self.opened: dict[str, UUID] = {}

    async def propose(self, event: Event, *, wait: float) -> ProposalOutcome:
        known = self.opened.setdefault(event.subject, event.id)
        first = event.id not in self.proposed
        self.answer = Rejection("reused", "id", "known") if known == event.id and not first else None
        if known != event.id:
            self.answer = Rejection("unlawful", "type", "is open already")
        return await super().propose(event, wait=wait)


class Heads:
    """Knows one registration for every appeal, none, or does not answer."""

    def __init__(self, found: Registration | StatusUnavailable | None) -> None:
        self.found = found
        self.head: Head | None = None
        self.read = 0

    async def registration(self, event: Event) -> Registration | None:
        if isinstance(self.found, StatusUnavailable):
            raise self.found
        return self.found

    async def get(self, number: str) -> Head | None:
        self.read += 1
        if isinstance(self.found, StatusUnavailable):
            raise self.found
        return self.head


Found = Registration | StatusUnavailable | None
SAME, OTHER_EVENT = Registration(EARLIER, same=True), Registration(EARLIER, same=False)


def service(gateway: Gateway, found: Found = None, secrets: Sequence[bytes] = (NEWEST, OLDER)) -> AppealService:
    context = replace(CONTEXT, registration_secrets=lambda: secrets)
    return AppealService(context, gateway, Heads(found), Attempts())  # type: ignore[arg-type]  # stand-ins


async def receipt(answer: Rejection | Exception | None, found: Found) -> Receipt:
    result = await service(Gateway(answer), found).register(SENT, REQUEST, None)
    assert isinstance(result, Receipt)
    return result


async def test_registered_appeal_needs_no_head() -> None:
    assert (await receipt(None, StatusUnavailable())).registered == NOW


@pytest.mark.parametrize("answer", [*UNKNOWN, DeliveryUnconfirmed("down")])
async def test_earlier_attempt_keeps_its_receipt(answer: Rejection | Exception) -> None:
    again, first = await receipt(answer, SAME), await receipt(None, None)
    assert again.registered == EARLIER
    assert (again.number, again.access_code) == (first.number, first.access_code)


@pytest.mark.parametrize("found", [None, StatusUnavailable()])
async def test_unknown_outcome_gives_number_only(found: Found) -> None:
    for answer in UNKNOWN:
        assert (await receipt(answer, found)).registered is None


@pytest.mark.parametrize("found", [None, StatusUnavailable()])
async def test_unconfirmed_delivery_is_an_error(found: Found) -> None:
    with pytest.raises(DeliveryUnconfirmed):
        await service(Gateway(DeliveryUnconfirmed("down")), found).register(SENT, REQUEST, None)


async def test_rejection_is_returned() -> None:
    rejection = Rejection("invalid", "time", "no")
    assert await service(Gateway(rejection), SAME).register(SENT, REQUEST, None) == rejection


class TestKeyUsed:
    async def test_other_body_is_refused(self) -> None:
        """It is proposed under each secret, since an earlier attempt may have been under the older one."""
        registrar = Registrar()
        first = await service(registrar, SAME).register(SENT, REQUEST, None)
        with pytest.raises(KeyUsed):
            await service(registrar, SAME).register(OTHER, REQUEST, None)
        assert isinstance(first, Receipt)
        assert len(registrar.proposed) == 3
        assert registrar.opened == {first.number: registrar.proposed[0]}

    @pytest.mark.parametrize("answer", [OutcomePending("slow"), DeliveryUnconfirmed("down")])
    async def test_unknown_outcome_promises_nothing_false(self, answer: Exception) -> None:
        """The database says that another event opened the appeal, so this one will be rejected."""
        with pytest.raises(KeyUsed):
            await service(Gateway(answer), OTHER_EVENT).register(SENT, REQUEST, None)


class TestRotation:
    async def test_older_secret_is_tried_next(self) -> None:
        registrar = Registrar()
        await service(registrar, secrets=[OLDER]).register(SENT, REQUEST, None)
        again = await service(registrar, SAME).register(SENT, REQUEST, None)
        assert isinstance(again, Receipt)
        assert again.registered == EARLIER
        ids = [registration_id(again.number, SENT.content(), secret) for secret in (OLDER, NEWEST, OLDER)]
        assert registrar.proposed == ids

    async def test_newer_secret_of_others_is_read(self) -> None:
        """Another process has rotated: its secret is there when the own ones are tried."""
        registrar, secrets = Registrar(), [OLDER]
        await service(registrar, secrets=[NEWEST]).register(SENT, REQUEST, None)
        behind = service(registrar, SAME, secrets)
        propose = registrar.propose

        async def rotated_meanwhile(event: Event, *, wait: float) -> ProposalOutcome:
            secrets[:] = [NEWEST, OLDER]
            return await propose(event, wait=wait)

        registrar.propose = rotated_meanwhile  # type: ignore[method-assign]
        assert isinstance(await behind.register(SENT, REQUEST, None), Receipt)

    async def test_deleted_secret_is_a_used_key(self) -> None:
        registrar = Registrar()
        await service(registrar, secrets=[b"gone" * 8]).register(SENT, REQUEST, None)
        with pytest.raises(KeyUsed):
            await service(registrar, SAME).register(SENT, REQUEST, None)


NUMBER = "KG-7K3M-9QX4-T2R8-MA"
FIRST, SECOND = (CONTEXT.access_codes.code(NUMBER, generation) for generation in (1, 2))


class TestFind:
    """The head of an appeal, for the holder of its present code."""

    heads = Heads(None)

    @pytest.fixture
    def finding(self) -> AppealService:
        self.heads = Heads(None)
        return AppealService(CONTEXT, Gateway(None), self.heads, Attempts())  # type: ignore[arg-type]  # stand-ins

    async def test_code_opens_before_registration(self, finding: AppealService) -> None:
        assert await finding.find(NUMBER.lower(), FIRST, "a") == (NUMBER, None)
        assert await finding.find(NUMBER, SECOND, "a") is None

    async def test_replaced_code_opens_no_longer(self, finding: AppealService) -> None:
        self.heads.head = NO_HEAD._replace(code_generation=2)
        assert await finding.find(NUMBER, FIRST, "a") is None
        assert await finding.find(NUMBER, SECOND, "a") == (NUMBER, self.heads.head)

    @pytest.mark.parametrize("number", ["", "garbled", NUMBER[:-1], "XX-0000-0000-0000-00"])
    async def test_invalid_number_is_looked_up(self, finding: AppealService, number: str) -> None:
        """It takes the time of a wrong code. No code opens it."""
        code = CONTEXT.access_codes.code("XX-0000-0000-0000-00")
        assert await finding.find(number, code, "a") is None
        assert self.heads.read == 1

    async def test_unknown_generation_opens_nothing(self, finding: AppealService) -> None:
        """Without the database the right code is not accepted, and does not count as an attempt."""
        self.heads.found = StatusUnavailable()
        for code in (FIRST, "wrong") * FREE:
            with pytest.raises(StatusUnavailable):
                await finding.find(NUMBER, code, "a")
        self.heads.found = None
        assert await finding.find(NUMBER, FIRST, "a") is not None

    async def test_throttled_code_is_not_checked(self, finding: AppealService) -> None:
        """Also the right one, and the database is not asked. Another address is not locked out."""
        for _ in range(FREE):
            assert await finding.find(NUMBER, "wrong", "a") is None
        assert await finding.find(NUMBER, FIRST, "a") is None
        assert self.heads.read == FREE
        assert await finding.find(NUMBER, FIRST, "b") is not None

    async def test_wrong_codes_are_logged(self, finding: AppealService, caplog: pytest.LogCaptureFixture) -> None:
        """With the number of the appeal, and without the code or the address."""
        for _ in range(FREE + 1):
            await finding.find(NUMBER, "4K7Q-WRONG", "198.51.100.7")
        await finding.find("garbled", "4K7Q-WRONG", "198.51.100.8")
        await finding.find(NUMBER, FIRST, "198.51.100.9")
        lines = [JsonFormatter("intake").format(record) for record in caplog.records]
        found = [(line["message"], line["appeal"]) for line in map(json.loads, lines)]
        refused, throttled = ("access code refused", NUMBER), ("access code throttled", NUMBER)
        assert found == [*[refused] * FREE, throttled, ("access code refused", None)]
        assert not any(secret in line for line in lines for secret in ("WRONG", "198.51", "garbled", FIRST))

    async def test_throttle_counts_attempts_at_once(self, finding: AppealService) -> None:
        """An attempt counts before its answer is known."""
        await asyncio.gather(*(finding.find(NUMBER, "wrong", "a") for _ in range(3 * FREE)))
        assert self.heads.read == FREE
