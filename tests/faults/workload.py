"""A load that remembers what it proposed, what Kafka confirmed of it, and which outcomes it was given."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from tests.signing import key_of
from tests.stack import Realm

from natija_chassis.clock import FileClock
from natija_events.ids import new_appeal_number
from natija_events.kafka import DeliveryUnconfirmed, OutcomePending, ProposalOutcome, Publisher
from natija_events.types.intake import Registered, Supplemented, Withdrawn
from natija_events.types.routing import Answered
from natija_events.wire.envelope import Event
from natija_intake.appeals.submission import SOURCE

CONCURRENCY = 4
STEPS = 4
"""Lives that are lived at once, and proposals of a life after the first."""
DECIDED_WITHIN = 30.0
_AGAIN_AFTER = 0.2


def registered(received: datetime) -> Registered:
    """An appeal that routing can route and deadlines can set a term for."""
    return Registered(
        kind="complaint", form="written", channel="other", received=received, jurisdiction="KG", topic="roads",
        region="chuy",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AppealSteps:
    """An appeal that was opened, and what may be proposed of it next: lawful, or wrong in one way each."""

    publisher: Publisher
    opening: Event
    now: datetime

    def supplement(self) -> Sequence[Event]:
        return self._supplements(1)

    def two_together(self) -> Sequence[Event]:
        return self._supplements(2)

    def _supplements(self, count: int) -> Sequence[Event]:
        key = self.publisher.new_proposal_key(self.opening.subject)
        return [
            self.publisher.event(self.opening.subject, self.now, Supplemented(), proposal_key=key) for _ in range(count)
        ]

    def duplicate(self) -> Sequence[Event]:
        return [self.opening]

    def reused(self) -> Sequence[Event]:
        return [self.publisher.event(self.opening.subject, self.now, Supplemented(), id=self.opening.id)]

    def forbidden(self) -> Sequence[Event]:
        return [self.publisher.event(self.opening.subject, self.now, Answered(outcome="explained"))]

    def invalid(self) -> Sequence[Event]:
        return [self.supplement()[0]._replace(time=self.now + timedelta(hours=2))]

    def unlawful(self) -> Sequence[Event]:
        return [self.publisher.event(self.opening.subject, self.now, registered(self.now))]

    def conflict(self) -> Sequence[Event]:
        return [self.publisher.event(self.opening.subject, self.now, Withdrawn(), expectedsequence=1_000_000)]


_NEXT: dict[Callable[[AppealSteps], Sequence[Event]], int] = {
    AppealSteps.supplement: 6, AppealSteps.two_together: 3, AppealSteps.duplicate: 2, AppealSteps.reused: 1,
    AppealSteps.forbidden: 1, AppealSteps.invalid: 1, AppealSteps.unlawful: 1, AppealSteps.conflict: 1,
}  # fmt: skip
"""How often each comes up."""


@dataclass(slots=True)
class Workload:
    """Proposes as a careful client does: what Kafka does not confirm it proposes again, the same."""

    realm: Realm
    chance: Random
    confirmed: Counter[UUID] = field(default_factory=Counter)
    """How often Kafka confirmed a proposal, by the id of its first event."""
    told: list[tuple[UUID, ProposalOutcome]] = field(default_factory=list)
    """Each outcome that was told, with the id of the proposal's first event."""

    def now(self) -> datetime:
        """The realm's time."""
        return FileClock(Path(self.realm.environment["NATIJA_CLOCK"].removeprefix("file:"))).now()

    @asynccontextmanager
    async def running(self, concurrency: int = CONCURRENCY) -> AsyncIterator[None]:
        """AppealSteps follows life while the block lasts; those begun are lived to their end."""
        ending = asyncio.Event()
        async with self.publisher() as publisher, asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(self._live(publisher, ending))
            yield
            ending.set()

    def publisher(self) -> Publisher:
        """A publisher with the intake API's source."""
        return Publisher(
            self.realm.servers.kafka,
            self.realm.name,
            SOURCE,
            realm_key=self.realm.public_key,
            key=key_of(SOURCE),
            delivery_timeout=5,
        )

    async def propose(
        self, publisher: Publisher, *events: Event, wait: float = DECIDED_WITHIN
    ) -> ProposalOutcome | None:
        """Propose until Kafka confirms; the outcome, or None when none was told in time."""
        while True:
            try:
                outcome = await publisher.propose(*events, wait=wait)
            except DeliveryUnconfirmed:
                await asyncio.sleep(_AGAIN_AFTER)
            except OutcomePending:
                self.confirmed[events[0].id] += 1
                return None
            else:
                self.confirmed[events[0].id] += 1
                self.told.append((events[0].id, outcome))
                return outcome

    async def send_unanswered(self, appeals: int) -> None:
        """Propose *appeals* without waiting for any decision: what a registrar that is down will find."""
        async with self.publisher() as publisher, asyncio.TaskGroup() as group:
            for _ in range(appeals):
                group.create_task(self._put_in(publisher))

    async def _put_in(self, publisher: Publisher) -> None:
        life = self.open(publisher)
        for events in ([life.opening], life.supplement(), life.forbidden(), life.two_together()):
            await publisher.send(*events)
            self.confirmed[events[0].id] += 1

    def open(self, publisher: Publisher) -> AppealSteps:
        """A new appeal, whose opening is still to be proposed."""
        now = self.now()
        subject = new_appeal_number(self.realm.name)
        return AppealSteps(publisher, publisher.event(subject, now, registered(now)), now)

    async def _live(self, publisher: Publisher, ending: asyncio.Event) -> None:
        while not ending.is_set():
            life = self.open(publisher)
            await self.propose(publisher, life.opening)
            for step in self.chance.choices(list(_NEXT), list(_NEXT.values()), k=STEPS):
                await self.propose(publisher, *step(life))
