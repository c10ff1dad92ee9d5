"""Sealed values on the real stack: the registrar opens each one once, and stores the key with the events."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from tests.integration.intake import registering as r
from tests.integration.intake.stored_keys import open_event, stored_keys
from tests.stack import Realm

from natija_events.kafka import Publisher
from natija_events.sealing.data_key import Place
from natija_events.sealing.padding import CONTENT, pad
from natija_events.types.intake import AccessCodeReplaced, Registered, Supplemented
from natija_events.types.personal import AppealText, Person
from natija_events.wire.envelope import Event


@pytest_asyncio.fixture(loop_scope="session")
async def channel(registry: Realm) -> AsyncIterator[Publisher]:
    async with r.publisher(registry) as one:
        yield one


def opening(channel: Publisher, subject: str, text: str = "Жол") -> Event:
    data = r.registered(person=Person(name="Айгүл"), content=AppealText(text=text))
    return channel.event(subject, datetime.now(UTC), data)


def changed(event: Event, change: dict[str, Any]) -> Event:
    """*event* with other values in its data."""
    return event._replace(data=json.dumps(json.loads(event.data) | change).encode())


async def refusal(channel: Publisher, event: Event) -> tuple[str, str]:
    outcome = await channel.propose(event, wait=10)
    assert outcome.rejection is not None
    assert "Айгүл" not in outcome.rejection.rule
    return outcome.rejection.reason, outcome.rejection.field


async def test_stored_key_opens_the_events(registry: Realm, channel: Publisher) -> None:
    """The log and the topic of keys are enough. The key stands on the partition of its appeal."""
    subject = r.number(registry)
    assert (await channel.propose(opening(channel, subject), wait=10)).registered
    (event,) = await r.log_of(registry, subject)
    opened = await open_event(registry, event)
    assert (opened["person"].name, opened["content"].text) == ("Айгүл", "Жол")


async def test_proposal_has_one_key(registry: Realm, channel: Publisher) -> None:
    """Events that are proposed together share a key; other proposals on the same appeal have others."""
    subject, now = r.number(registry), datetime.now(UTC)
    key = channel.new_proposal_key(subject)
    together = [channel.event(subject, now, data, proposal_key=key) for data in (r.registered(), Supplemented())]
    assert (await channel.propose(*together, wait=10)).registered
    assert (await channel.propose(channel.event(subject, now, Supplemented()), wait=10)).registered
    first, second, third = [event.data.content.kid for event in await r.log_of(registry, subject)]  # type: ignore[union-attr]
    assert first == second == key.data_key.id
    assert third != first
    assert {first, third} <= (await stored_keys(registry, subject)).keys()


async def test_rejected_proposal_stores_no_key(registry: Realm, channel: Publisher) -> None:
    subject, _ = await r.open_appeal(channel, registry)
    again = channel.event(subject, datetime.now(UTC), r.registered())
    assert (await refusal(channel, again))[0] == "unlawful"
    assert json.loads(again.data)["content"]["kid"] not in await stored_keys(registry, subject)


async def test_wrapped_key_must_come_with_sealed_values(registry: Realm, channel: Publisher) -> None:
    event = opening(channel, r.number(registry))
    assert await refusal(channel, event._replace(wrappedkey=None)) == ("invalid", "wrappedkey")


async def test_wrapped_key_without_sealed_value_is_refused(registry: Realm, channel: Publisher) -> None:
    """It would store a key that opens nothing."""
    subject, _ = await r.open_appeal(channel, registry)
    event = channel.event(subject, datetime.now(UTC), AccessCodeReplaced(generation=2))
    wrapped = channel.new_proposal_key(subject).wrapped
    assert await refusal(channel, event._replace(wrappedkey=wrapped)) == ("invalid", "wrappedkey")


@pytest.mark.parametrize("kind", ["of another appeal", "changed", "of another realm key", "no wrapped key"])
async def test_wrapped_key_must_open(registry: Realm, channel: Publisher, kind: str) -> None:
    event = opening(channel, r.number(registry))
    assert event.wrappedkey is not None
    realm_key, encapsulation, wrapped = event.wrappedkey.split(".")
    other = {
        "of another appeal": channel.new_proposal_key(r.number(registry)).wrapped,
        "changed": f"{realm_key}.{encapsulation}.{wrapped[:-2]}AA",
        "of another realm key": f"x25519:{'A' * 22}.{encapsulation}.{wrapped}",
        "no wrapped key": "hello",
    }[kind]
    assert await refusal(channel, event._replace(wrappedkey=other)) == ("invalid", "wrappedkey")


async def test_value_must_open_at_its_place(registry: Realm, channel: Publisher) -> None:
    """Nobody can move a sealed value to another field or another event, or seal it under another key."""
    subject = r.number(registry)
    event, other = opening(channel, subject), opening(channel, subject)
    values = json.loads(event.data)
    assert await refusal(channel, changed(event, {"content": json.loads(other.data)["content"]})) == (
        "invalid", "content",
    )  # fmt: skip
    person = values["person"] | {"ct": values["person"]["ct"][:-4] + "AAAA"}
    assert await refusal(channel, changed(event, {"person": person})) == ("invalid", "person")
    assert await refusal(channel, event._replace(id=other.id)) == ("invalid", "person")


@pytest.mark.parametrize(
    ("plain", "field", "rule"),
    [
        (b'{"text":1}', "content.text", "Input should be a valid string"),
        (b'{"text":"a","name":"b"}', "content", "has an unknown field"),
        (b"not json", "content", "Invalid JSON"),
        (b'{"coordinates":{"latitude":91,"longitude":0}}', "content.coordinates.latitude", "less than or equal to 90"),
        (b"{}" + b" " * 500, "content", "is not padded to the next size"),
    ],
    ids=["type", "unknown field", "not JSON", "range", "padding"],
)
async def test_plain_value_must_be_valid(
    registry: Realm, channel: Publisher, plain: bytes, field: str, rule: str
) -> None:
    """Once it is on the log, nobody can check it without the key. So the registrar reads it first."""
    subject, now = r.number(registry), datetime.now(UTC)
    key = channel.new_proposal_key(subject)
    event = channel.event(subject, now, r.registered(), proposal_key=key)
    place = Place(registry.name, subject, event.source, event.id, Registered.type, "content")
    padded = plain if len(plain) > 256 else pad(plain, CONTENT)
    if len(padded) not in CONTENT:
        padded = plain.ljust(1024)
    sealed = key.data_key.seal(place, padded)
    outcome = await channel.propose(changed(event, {"content": sealed.model_dump()}), wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.rejection.field) == ("invalid", field)
    assert rule in outcome.rejection.rule


async def test_equal_texts_differ_on_the_log(registry: Realm, channel: Publisher) -> None:
    """Nobody without keys can tell that two appeals say the same, or how long either is."""
    texts = {"Жол", "Жол оңдолсун"}
    found = []
    for text in (*texts, *texts):
        subject = r.number(registry)
        assert (await channel.propose(opening(channel, subject, text), wait=10)).registered
        found.append((await r.log_of(registry, subject))[0].data.content.ct)  # type: ignore[union-attr]
    assert len(set(found)) == len(found)
    assert len({len(ct) for ct in found}) == 1
