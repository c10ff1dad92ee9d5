"""A realm at work: registrar, routing and deadlines as processes, a clock that a test moves, and the log to read."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.deadlines_database import deadlines_schema, engine_on
from tests.eventually import eventually
from tests.signing import key_if_signed
from tests.stack import OPERATOR, Child, Realm, Servers, provisioned_realms
from tests.unit.deadlines.history import at, registered

from natija_chassis.clock import FileClock
from natija_deadlines.terms.decide import BREACH_DELAY
from natija_events.ids import new_appeal_number
from natija_events.kafka import ProposalOutcome, Publisher, read
from natija_events.lifecycle.fold import fold
from natija_events.topics import INBOX, PARTITIONS
from natija_events.types.base import EventData
from natija_events.types.deadlines import TermSet, answer_term
from natija_events.wire.record import RecordedEvent

NOW: Mapping[str, str] = {}
SETTLED = Counter({"appeal.registered.v1": 1, "appeal.routed.v1": 1, "appeal.term-set.v1": 1})
"""The events that `Work.settled` itself adds."""
PROCESSES = ("registrar", "routing", "deadlines")


@dataclass(slots=True)
class Work:
    """The realm's processes, its clock and its log."""

    realm: Realm
    clock: FileClock
    children: dict[str, Child] = field(default_factory=dict)
    seen: defaultdict[str, list[RecordedEvent]] = field(default_factory=lambda: defaultdict(list))
    """By appeal, what `follow` has noted so far."""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    trouble: Exception | None = None

    def move(self, to: str | datetime) -> None:
        """Set the realm's clock, which stands still otherwise."""
        self.clock.set(at(to) if isinstance(to, str) else to, speed=0)

    async def past_due(self, *appeals: str) -> None:
        """Wait until these appeals have their terms, and set the clock to when a breach of the last is recorded."""
        found = [await self.until(appeal, "routed", "term-set") for appeal in appeals]
        terms = [event.data for events in found for event in events if isinstance(event.data, TermSet)]
        self.move(
            max(answer[1] for term in terms if (answer := answer_term(term))) + BREACH_DELAY + timedelta(seconds=1)
        )

    async def start(self, *processes: str) -> None:
        """Start these processes and wait until they are caught up and moving."""
        started = [self.realm.serve(process) for process in processes]
        self.children |= dict(zip(processes, await asyncio.gather(*started), strict=True))

    async def propose(
        self,
        appeal: str,
        *events: EventData,
        source: str = "/services/intake",
        expected: int | None = None,
        times: Mapping[str, str] = NOW,
    ) -> ProposalOutcome:
        """Propose events of one appeal, each dated at *times* by its class name or else now; wait for the decision."""
        key = key_if_signed(source)
        async with Publisher(
            self.realm.servers.kafka, self.realm.name, source, realm_key=self.realm.public_key, key=key
        ) as publisher:
            sealing = publisher.new_proposal_key(appeal)
            made = [
                publisher.event(appeal, self._time(data, times), data, expectedsequence=expected, proposal_key=sealing)
                for data in events
            ]
            return await publisher.propose(*made, wait=30)

    def _time(self, data: EventData, times: Mapping[str, str]) -> datetime:
        told = times.get(type(data).__name__)
        return at(told) if told else self.clock.now()

    async def register(self, received: str | None = None, **more: Any) -> str:
        """A new live appeal, received now; its number."""
        appeal = new_appeal_number(self.realm.name)

        async def decided() -> bool:  # the registrar reads the file of a clock that has moved now and then
            outcome = await self.propose(appeal, registered(received or self.clock.now().isoformat(), **more))
            assert outcome.rejection is None or outcome.rejection.field == "time", outcome.rejection
            return outcome.registered

        await eventually(decided)
        return appeal

    async def log(self, appeal: str) -> list[RecordedEvent]:
        """The events of *appeal* on the log."""
        return [event async for event in read(self.realm.servers.kafka, self.realm.name, subject=appeal)]

    async def types(self) -> Counter[str]:
        """How many events of which type stand on the whole log."""
        return Counter([event.type async for event in read(self.realm.servers.kafka, self.realm.name)])

    async def proposals(self) -> int:
        """How many proposals were ever made."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.realm.servers.kafka)
        await consumer.start()
        try:
            places = [TopicPartition(INBOX.name(self.realm.name), partition) for partition in range(PARTITIONS)]
            return sum((await consumer.end_offsets(places)).values())
        finally:
            await consumer.stop()

    async def until(self, appeal: str, *names: str, seconds: float = 45) -> list[RecordedEvent]:
        """Wait until *appeal* has events of all these types (their short names), and give all it has."""
        async with asyncio.timeout(seconds):
            while not set(names) <= set(short(self.seen[appeal])):
                self.arrived.clear()
                await self.arrived.wait()
                if self.trouble:
                    raise self.trouble
        return list(self.seen[appeal])

    async def follow(self) -> None:
        """Note what comes onto the log, forever."""
        try:
            async for event in read(self.realm.servers.kafka, self.realm.name, follow=True):
                self.seen[event.subject].append(event)
                self.arrived.set()
        except Exception as error:
            self.trouble = error
            self.arrived.set()

    async def settled(self) -> None:
        """Wait until routing and deadlines have looked at all rows once more: they have done a new appeal's work."""
        appeal = await self.register(topic="health")
        await self.until(appeal, "routed", "term-set")

    async def quiet(self) -> Counter[str]:
        """Wait until nothing is left to decide: every breach is on the log, and a round adds the events of its own
        appeal and no others. Gives `types`."""
        before = await self.types()
        while True:
            await self.settled()
            now = await self.types()
            if now == before + SETTLED and not await self._unrecorded_breaches():
                return now
            before = now

    async def _unrecorded_breaches(self) -> bool:
        """True while a term has passed of which the log does not tell: the decision may rest, or be on its way."""
        histories: dict[str, list[RecordedEvent]] = defaultdict(list)
        async for event in read(self.realm.servers.kafka, self.realm.name):
            histories[event.subject].append(event)
        open_ones = [appeal for events in histories.values() if (appeal := fold(events)) and appeal.open]
        live = [one for one in open_ones if one.register_name is None]
        return any(one.due and one.due < self.clock.now() - BREACH_DELAY and one.due not in one.missed for one in live)

    async def get(self, service: str, path: str) -> Any:
        """The answer of *service*."""
        async with httpx.AsyncClient(trust_env=False) as client:
            url = self.realm.management_url(service) if path == "/" else self.realm.url(service)
            answer = await client.get(url + path, headers=OPERATOR)
        return answer.json() if "json" in answer.headers["content-type"] else answer.text


def short(events: list[RecordedEvent]) -> list[str]:
    """The types of *events* without what all have in common."""
    return [event.type.removeprefix("appeal.").removesuffix(".v1") for event in events]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def work(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Work]:
    """A realm with registrar, routing and deadlines, on 2 November 2026, 10:00 in Bishkek, for all tests of a module.

    They look at their own appeals, and move the clock on, never back.
    """
    async with provisioned_realms(servers, tmp_path_factory.mktemp("work")) as realms:
        realm = await realms()
        clock = FileClock(Path(realm.environment["NATIJA_CLOCK"].removeprefix("file:")))
        made = Work(realm, clock)
        made.move("2026-11-02T10:00+06:00")
        following = asyncio.create_task(made.follow())
        await made.start(*PROCESSES)
        yield made
        following.cancel()


@pytest_asyncio.fixture(loop_scope="session")
async def engine(servers: Servers) -> AsyncIterator[AsyncEngine]:
    """A schema of its own with the tables of deadlines."""
    async with deadlines_schema(servers) as schema:
        made = engine_on(servers, schema)
        yield made
        await made.dispose()
