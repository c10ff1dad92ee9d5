"""Sealed text is opened for a look that Kafka has, and for no other."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.eventually import eventually
from tests.integration.chassis.opening import register
from tests.integration.chassis.opening.register import LOOK
from tests.stack import Realm
from tests.topics import delete

from natija_chassis.kafka.log_lookup import LogUnavailable
from natija_chassis.opening.appeal_reader import AppealReader
from natija_chassis.opening.audit_writer import AuditUnconfirmed, AuditWriter
from natija_chassis.opening.key_lookup import KeysUnavailable
from natija_chassis.opening.opened_event import Unopened
from natija_events.topics import AUDIT
from natija_events.wire.audit_record import AuditRecord
from natija_events.wire.record import RecordedEvent

MANY = 50


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def engine(registry: Realm) -> AsyncIterator[AsyncEngine]:
    async with register.database(registry) as engine, register.indexing(registry, engine) as indexer:
        await eventually(lambda: indexer.problem is None)
        yield engine


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reader(registry: Realm, engine: AsyncEngine) -> AsyncIterator[AppealReader]:
    async with register.reader_of(registry, engine) as reader:
        yield reader


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def appeal(registry: Realm) -> list[RecordedEvent]:
    return await register.write_appeal(registry, supplements=9)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps in their order: a look is recorded, a data key is opened."""
    found: list[str] = []
    write = AuditWriter.write

    async def noted(self: AuditWriter, record: AuditRecord) -> None:
        await write(self, record)
        found.append("recorded")

    monkeypatch.setattr(AuditWriter, "write", noted)
    return found


async def test_text_opens_after_its_record(
    registry: Realm, engine: AsyncEngine, appeal: list[RecordedEvent], steps: list[str]
) -> None:
    kek = register.NotedKek(registry, steps)
    first, second = appeal[:2]
    before = await register.looks(registry, first.subject)
    async with register.reader_of(registry, engine, [kek]) as reader:
        opened = await reader.read(first.subject, [second.offset, first.offset], LOOK)

    assert [one.event.sequence for one in opened] == [2, 1]
    assert opened[0].data["content"] == {"text": "More: 0"}
    assert opened[1].data["person"] == {"name": "Asanova Aigul"}
    assert opened[1].data["channel"] == "other"
    assert steps == ["recorded", "opened", "opened"]
    [look] = (await register.looks(registry, first.subject))[len(before) :]
    assert look.sequences == (1, 2)
    assert look.model_dump(include=set(type(LOOK).model_fields)) == LOOK.model_dump()


async def test_without_audit_nothing_opens(realm: Realm, steps: list[str]) -> None:
    await realm.serve("registrar")
    [event] = await register.write_appeal(realm, supplements=0)
    await delete(realm, AUDIT)
    async with (
        register.database(realm) as engine,
        register.indexing(realm, engine),
        register.reader_of(realm, engine, [register.NotedKek(realm, steps)]) as reader,
    ):
        with pytest.raises(AuditUnconfirmed):
            await reader.read(event.subject, [event.offset], LOOK)
        assert [one.id for one in await reader.history(event.subject, [event.offset])] == [event.id]
    assert steps == []


async def test_history_needs_no_record(registry: Realm, reader: AppealReader, appeal: list[RecordedEvent]) -> None:
    number, offsets = appeal[0].subject, [event.offset for event in appeal]
    before = await register.looks(registry, number)
    assert [event.sequence for event in await reader.history(number, offsets)] == [event.sequence for event in appeal]
    assert await register.looks(registry, number) == before


async def test_other_appeal_is_not_opened(registry: Realm, reader: AppealReader, appeal: list[RecordedEvent]) -> None:
    """An offset of another appeal would be opened, and recorded under a wrong number."""
    first = appeal[0]
    other = first
    while other.partition != first.partition or other.subject == first.subject:
        [other] = await register.write_appeal(registry, supplements=0)
    with pytest.raises(ValueError, match="another appeal"):
        await reader.read(first.subject, [first.offset, other.offset], LOOK)


async def test_missing_event_is_said(reader: AppealReader, appeal: list[RecordedEvent]) -> None:
    """The marker of a transaction has an offset, too."""
    with pytest.raises(LogUnavailable):
        await reader.history(appeal[0].subject, [appeal[0].offset + 1])


async def test_erased_key_says_so(registry: Realm, reader: AppealReader, appeal: list[RecordedEvent]) -> None:
    """At once, for one value; the others still open."""
    [first, second] = await register.write_appeal(registry)
    offsets = [first.offset, second.offset]
    assert not any(one.problems for one in await reader.read(first.subject, offsets, LOOK))
    await register.erase(registry, first)
    erased, open_still = await reader.read(first.subject, offsets, LOOK)
    assert isinstance(erased.data["person"], Unopened)
    assert erased.problems == {"erased"}
    assert open_still.data["content"] == {"text": "More: 0"}


async def test_erasure_overtakes_the_index(realm: Realm) -> None:
    """Records that are not indexed yet are read from the topic: a key that came later, and the end of one."""
    await realm.serve("registrar")
    [first] = await register.write_appeal(realm, supplements=0)
    async with register.database(realm) as engine, register.reader_of(realm, engine) as reader:
        with pytest.raises(KeysUnavailable):
            await reader.read(first.subject, [first.offset], LOOK)
        async with register.indexing(realm, engine) as indexer:
            await eventually(lambda: indexer.lag == 0)
        [later] = await register.write_appeal(realm, supplements=0)
        await register.erase(realm, first)
        assert (await reader.read(first.subject, [first.offset], LOOK))[0].problems == {"erased"}
        assert not (await reader.read(later.subject, [later.offset], LOOK))[0].problems


async def test_missing_key_says_so(realm: Realm) -> None:
    """Its place is lost, and its record not read again."""
    await realm.serve("registrar")
    [event] = await register.write_appeal(realm, supplements=0)
    async with register.database(realm) as engine, register.reader_of(realm, engine) as reader:
        async with register.indexing(realm, engine) as indexer:
            await eventually(lambda: indexer.lag == 0)
        async with engine.begin() as connection:
            await connection.execute(text("delete from service.key_places"))
        assert (await reader.read(event.subject, [event.offset], LOOK))[0].problems == {"missing"}


async def test_fifty_looks_at_once(registry: Realm, reader: AppealReader, appeal: list[RecordedEvent]) -> None:
    number, offsets = appeal[0].subject, [event.offset for event in appeal]
    before = await register.looks(registry, number)
    opened = await asyncio.gather(*(reader.read(number, offsets, LOOK) for _ in range(MANY)))
    assert {one.data["content"]["text"] for events in opened for one in events[1:]} == {f"More: {n}" for n in range(9)}
    assert len(await register.looks(registry, number)) == len(before) + MANY


async def test_command_lists_the_looks(registry: Realm, reader: AppealReader, appeal: list[RecordedEvent]) -> None:
    [event] = await register.write_appeal(registry, supplements=0)
    assert "no looks" in (await registry.run("audit", "list", event.subject)).stdout
    await reader.read(event.subject, [event.offset], LOOK)
    table = (await registry.run("audit", "list", event.subject)).stdout
    assert "labour/lawyer" in table
    assert "handling" in table
    [look] = (await registry.run("audit", "list", event.subject, "--format", "json")).json()["looks"]
    assert look["official"] == LOOK.official
    assert look["sequences"] == [1]
