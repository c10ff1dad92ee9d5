"""Intake's API on a registrar in this process, which decides by the reference data of the corpus."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

from tests import apps
from tests.contract.corpus.author import NOW, REFERENCE, InboxRecord
from tests.contract.fuzz.registrar import InProcessRegistrar, check
from tests.contract.sealing_vectors import REALM_KEY
from tests.unit.intake.publishers.test_outcomes import decided
from tests.unit.intake.realm import CONTEXT

from natija_chassis.clock import FixedClock
from natija_chassis.process.apps import Apps
from natija_events.kafka import ProposalOutcome
from natija_events.sealing.wrapping import RealmKey, RealmPublicKey
from natija_events.wire.envelope import Event
from natija_events.wire.proposal import write_proposal
from natija_intake.appeals.head_lookup import Registration
from natija_intake.appeals.service import AppealService
from natija_intake.outcomes.store import StoredOutcome
from natija_intake.proposals.service import ProposalService
from natija_intake.proposals.streams import Placed, RelayStreams, StreamPlace
from natija_intake.receipts.attempts import Attempts
from natija_intake.registrar.admission import AdmissionState, IncomingProposal
from natija_intake.registrar.heads import Head

_VOUCHED = replace(
    REFERENCE,
    publishers={source: one.model_copy(update={"vouched": True}) for source, one in REFERENCE.publishers.items()},
)


class Register:
    """Stands for Kafka, the registrar and its database. It counts the proposals that it registered."""

    registered = 0

    def __init__(self) -> None:
        self._registrar = InProcessRegistrar(_VOUCHED)

    async def propose(self, *events: Event, wait: float) -> ProposalOutcome:
        key, value, headers = write_proposal(events)
        found = self._registrar.decide(InboxRecord(key, value, [(name, content) for name, content in headers]))
        if check(found):
            self.registered += 1
            return ProposalOutcome(events[0].subject, found.keys[0].sequence, NOW, None)
        ((why, _),) = found.rejections
        return ProposalOutcome(events[0].subject, why.sequence, NOW, why)

    async def get(self, number: str) -> Head | None:
        return self._registrar.state.heads.get(number)

    async def registration(self, event: Event) -> Registration | None:
        found = self._registrar.state.head(event.subject).registered
        return None if found is None else Registration(found, same=True)

    async def admission_state(self, incoming: IncomingProposal) -> AdmissionState:
        return self._registrar.state


class _Proposals(ProposalService):
    """No relay has run: nothing is decided yet."""

    async def outcome(self, source: str, id: Any) -> StoredOutcome | None:
        return None


class _Streams(RelayStreams):
    """Each stream has one outcome, and ends."""

    def __init__(self) -> None:
        nowhere: Any = None
        super().__init__(nowhere)

    async def follow(self, read: Any, after: StreamPlace | None) -> AsyncIterator[Sequence[Any]]:
        if "outcomes" in read.__qualname__:
            yield [Placed(StreamPlace("ab12", 7), StoredOutcome(7, decided("unlawful")))]


def intake(register: Any) -> Apps:
    """Intake's apps on *register*."""
    nowhere: Any = None
    context = replace(
        CONTEXT,
        realm_key=RealmPublicKey(RealmKey(REALM_KEY, "kg").public, "kg"),
        reference=lambda: _VOUCHED,
        clock=FixedClock(NOW),
    )
    services = apps.IntakeServices(
        appeals=AppealService(context, register, register, Attempts(lambda: 0.0)),
        proposals=_Proposals(context, register, register, nowhere),
        streams=_Streams(),
        reference=lambda: _VOUCHED,
    )
    return apps.intake(services=services)
