"""Each error that a publisher meets names the next step, before anything is sent where that is possible."""

from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    NotLeaderForPartitionError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from pydantic import ValidationError

from natija_events import (
    Event,
    Publisher,
    RealmPublicKey,
    SigningKey,
    intake,
    new_appeal_number,
    personal,
    read,
    routing,
)
from natija_events.kafka import DeliveryUnconfirmed, idempotent_producer
from natija_events.wire.envelope import rfc3339
from natija_events.wire.proposal import write_proposal
from natija_events.wire.values import Unreadable

NUMBER, NOW = new_appeal_number("kg"), datetime.now(UTC)
NAIVE = NOW.replace(tzinfo=None)
NOWHERE = "127.0.0.1:1"
APPEAL: dict[str, Any] = {
    "kind": "request",
    "form": "written",
    "channel": "post",
    "received": NOW,
    "jurisdiction": "KG",
}
PROPOSING = Publisher(NOWHERE, "kg", "/desks/osh", delivery_timeout=2)
ROUTED = routing.Routed(body="osh")


def event() -> Event:
    return PROPOSING.event(NUMBER, NOW, ROUTED, expectedsequence=1)


class TestBeforeSending:
    """Nothing that can only be rejected is sent."""

    def test_naive_time_is_refused(self) -> None:
        """It would be taken as the time of this machine's zone, which is six hours ahead or behind."""
        with pytest.raises(Unreadable, match=r"time: has no zone: give it a tzinfo"):
            PROPOSING.event(NUMBER, NAIVE, ROUTED)
        for write in (lambda: rfc3339(NAIVE), lambda: write_proposal([event()._replace(time=NAIVE)])):
            with pytest.raises(ValueError, match="has no zone: give it a tzinfo"):
                write()

    def test_naive_receipt_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="received"):
            intake.Registered(**APPEAL | {"received": NAIVE})

    @pytest.mark.parametrize("unknown", ["chanel", "text", "applicantsCount"])
    def test_misspelt_field_is_refused(self, unknown: str) -> None:
        with pytest.raises(ValidationError, match=unknown):
            intake.Registered(**APPEAL | {unknown: "post"})

    def test_misspelt_personal_field_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="nmae"):
            personal.Person.model_validate({"nmae": "x"})

    def test_clear_value_needs_a_key(self) -> None:
        words = intake.Registered(**APPEAL | {"content": personal.AppealText(text="The bridge is down.")})
        with pytest.raises(ValueError, match="give the publisher the realm's public key as realm_key"):
            PROPOSING.event(NUMBER, NOW, words)

    @pytest.mark.parametrize(
        ("number", "told"), [("KG-7K3M-9QX4-T2R8-M5", "check digit"), ("17/26", "its form or its check digit is wrong")]
    )
    def test_wrong_number_is_refused(self, number: str, told: str) -> None:
        with pytest.raises(Unreadable, match=told):
            PROPOSING.event(number, NOW, ROUTED)

    async def test_too_many_events_are_refused(self) -> None:
        with pytest.raises(ValueError, match="propose more in several proposals"):
            await PROPOSING.send(*[event() for _ in range(201)])

    async def test_too_large_proposal_is_refused(self) -> None:
        with pytest.raises(ValueError, match="propose fewer events at once"):
            await PROPOSING.send(event()._replace(data=b'{"body":"%b"}' % (b"x" * 1_000_000)))

    def test_wrong_keys_are_refused(self) -> None:
        with pytest.raises(ValueError, match="openssl genpkey -algorithm ed25519 makes one"):
            SigningKey.from_pem(b"-----BEGIN RSA PRIVATE KEY-----")
        with pytest.raises(ValueError, match="its operators publish it"):
            RealmPublicKey.from_text("key", "kg")


class RefusedProducer(AIOKafkaProducer):
    """A producer that needs no broker, and that fails to send with *error*."""

    error: Exception

    async def start(self) -> None:
        pass

    async def send_and_wait(self, *_: Any, **__: Any) -> None:
        raise self.error


class TestOfKafka:
    """Kafka is not reachable, or refuses a proposal."""

    @pytest.mark.parametrize(
        ("error", "step"),
        [
            (TopicAuthorizationFailedError("x"), "ask the operators of the realm for the rights of a publisher"),
            (UnknownTopicOrPartitionError(), "there are no topics of this realm: check its name"),
            (NotLeaderForPartitionError(), "propose the same events again"),
            (KafkaError(), "propose the same events again"),
            (TimeoutError(), "propose the same events again. If it never does, check the realm"),
        ],
    )
    async def test_refusal_names_the_step(self, monkeypatch: pytest.MonkeyPatch, error: Exception, step: str) -> None:
        monkeypatch.setattr(RefusedProducer, "error", error, raising=False)
        monkeypatch.setattr(idempotent_producer, "AIOKafkaProducer", RefusedProducer)
        async with Publisher(NOWHERE, "kg", "/desks/osh") as opened:
            with pytest.raises(DeliveryUnconfirmed, match=step):
                await opened.send(event())

    async def test_closed_publisher_names_the_step(self) -> None:
        with pytest.raises(DeliveryUnconfirmed, match="use it with `async with`"):
            await PROPOSING.send(event())

    async def test_unreachable_kafka_names_the_step(self) -> None:
        """The same for publishers and readers."""
        with pytest.raises(KafkaConnectionError, match=f"not reachable at {NOWHERE}: check the address"):
            async with PROPOSING:
                pass
        with pytest.raises(KafkaConnectionError, match=f"not reachable at {NOWHERE}: check the address"):
            async for _ in read(NOWHERE, "kg"):
                pass
