"""The accounting that every fault ends with: each proposal ended once, the log is whole, projections are its fold."""

import contextlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from tests.eventually import eventually
from tests.faults.workload import Workload
from tests.stack import Realm

from natija_chassis.postgres.engine import open_engine
from natija_chassis.postgres.table_diff import TableDiff
from natija_chassis.projections import checkpoints
from natija_chassis.projections.installed import projection_of, services
from natija_chassis.projections.lag import Lag, measure_lag
from natija_chassis.projections.rebuild import rebuild
from natija_chassis.settings import Settings
from natija_events.kafka import KafkaConfig, read, read_batches
from natija_events.topics import INBOX, PARTITIONS, REJECTED
from natija_events.wire.proposal import read_proposal
from natija_events.wire.record import RecordedEvent
from natija_events.wire.rejection import RejectedProposal, read_rejected
from natija_events.wire.values import Unreadable
from natija_intake.registrar.verification import verify

RECOVERS_WITHIN = 30.0
"""Seconds after the end of a fault within which everybody has to be at work again."""

Place = tuple[int, int]
"""Partition and offset on the inbox."""


class Accounting(NamedTuple):
    """The counts of an accounting of a realm's whole log."""

    events: int
    rejected: int
    lost: Sequence[str]
    doubled: Sequence[str]


@dataclass(slots=True)
class TopicContents:
    """All three topics, each decision under the place of its proposal."""

    proposed: dict[Place, tuple[UUID, ...]] = field(default_factory=dict)
    """The ids of the proposal's events, none when it cannot be read."""
    registered: defaultdict[Place, list[RecordedEvent]] = field(default_factory=lambda: defaultdict(list))
    rejected: defaultdict[Place, list[RejectedProposal]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    async def of(cls, realm: Realm) -> "TopicContents":
        """Read them, the inbox first: a proposal that is decided meanwhile is known then."""
        contents, kafka, start = cls(), realm.servers.kafka, dict.fromkeys(range(PARTITIONS), 0)
        async for batch in read_batches(kafka, INBOX.name(realm.name), start):
            for record in batch:
                with contextlib.suppress(Unreadable):
                    contents.proposed[record.partition, record.offset] = ()
                    proposal = read_proposal(record.value, record.headers)
                    contents.proposed[record.partition, record.offset] = tuple(event.id for event in proposal.events)
        async for event in read(kafka, realm.name):
            contents.registered[event.partition, event.stamp.inboxoffset].append(event)
        async for one in rejections(realm):
            for offset in one.inboxoffsets:
                contents.rejected[one.partition, offset].append(one)
        return contents

    def lost(self, workload: Workload) -> list[str]:
        """Proposals without a decision, and confirmed or registered ones that are nowhere."""
        places = [place for place in self.proposed if place not in self.registered and place not in self.rejected]
        found = [f"the proposal at {place} of the inbox has no decision" for place in places]
        standing = Counter(ids[0] for ids in self.proposed.values() if ids)
        found += [f"{id} was confirmed {count} times" for id, count in (workload.confirmed - standing).items()]
        sequences = {event.id: event.sequence for events in self.registered.values() for event in events}
        reasons = {(one.proposal.id, one.rejection.reason) for ones in self.rejected.values() for one in ones}
        for id, outcome in workload.told:
            if outcome.registered and sequences.get(id) != outcome.sequence:
                found.append(f"{id} was told to be registered at {outcome.sequence}, and is not")
            if outcome.rejection is not None and (id, outcome.rejection.reason) not in reasons:
                found.append(f"{id} was told to be rejected ({outcome.rejection.reason}), and is not")
        return found

    def doubled(self) -> list[str]:
        """Proposals decided twice, or in part, or that nobody made; and events that stand twice."""
        found = []
        for place in {*self.registered, *self.rejected}:
            ids = tuple(event.id for event in self.registered.get(place, ()))
            decisions = bool(ids) + len(self.rejected.get(place, ()))
            if decisions != 1 or ids not in ((), self.proposed.get(place)):
                found.append(f"the proposal at {place} of the inbox was decided {decisions} times, events {ids}")
        events = Counter(
            (event.subject, event.event.source, event.id) for events in self.registered.values() for event in events
        )
        return found + [
            f"event {id} of {appeal} stands {count} times" for (appeal, _, id), count in events.items() if count > 1
        ]


async def rejections(realm: Realm) -> AsyncIterator[RejectedProposal]:
    """All that stands on rejected."""
    start = dict.fromkeys(range(PARTITIONS), 0)
    async for batch in read_batches(realm.servers.kafka, REJECTED.name(realm.name), start):
        for record in batch:
            yield read_rejected(record.partition, record.value, record.headers)


class _Unwatched:
    """Nobody looks on while a projection is rebuilt."""

    def begin(self, phase: str, records: int) -> None: ...
    def advance(self, records: int) -> None: ...
    def compared(self, table: TableDiff) -> None: ...


def settings_of(realm: Realm) -> Settings:
    """The realm's settings, in this process."""
    return Settings(realm=realm.name, kafka=realm.servers.kafka, database=realm.environment["NATIJA_DATABASE"])


async def check_accounting(realm: Realm, workload: Workload) -> Accounting:
    """Count up, with nobody proposing any more but the services. Raises AssertionError when anything does not fit,
    except what is lost or doubled: that is for the caller to tell."""
    await caught_up(realm)
    await _verify(realm)
    for service in services():
        await rebuild(settings_of(realm), projection_of(service), _Unwatched())
    contents = await TopicContents.of(realm)
    return Accounting(
        events=sum(map(len, contents.registered.values())),
        rejected=sum(map(len, contents.rejected.values())),
        lost=contents.lost(workload),
        doubled=contents.doubled(),
    )


async def caught_up(realm: Realm, seconds: float = RECOVERS_WITHIN) -> None:
    """Return once nobody has anything left to apply. Raises AssertionError, naming who has, after *seconds*."""

    async def no_lag() -> bool:
        left = _by_service(await measure_lag(settings_of(realm)))
        assert not left, left
        return True

    await eventually(no_lag, seconds=seconds, pause=0.1, message="no service has a lag")


def _by_service(found: Sequence[Lag]) -> Counter[str]:
    counted = Counter[str]()
    for one in found:
        counted[one.service] += one.lag
    return +counted


async def _verify(realm: Realm) -> None:
    engine = open_engine(settings_of(realm), "intake")
    try:
        async with engine.connect() as connection:
            held = await checkpoints.load(connection)
        report = await verify(KafkaConfig(realm.servers.kafka), realm.name, engine, held)
    finally:
        await engine.dispose()
    assert report.breaks == [], [str(one) for one in report.breaks]
