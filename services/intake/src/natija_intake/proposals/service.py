"""Proposes events that other services send by HTTP, and tells what became of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_events.kafka import OutcomePending
from natija_events.wire.proposal import Proposal
from natija_events.wire.rejection import Rejection
from natija_intake.appeals.context import IntakeContext
from natija_intake.appeals.head_lookup import HeadLookup
from natija_intake.appeals.inbox_gateway import InboxGateway
from natija_intake.outcomes import store
from natija_intake.outcomes.store import StoredOutcome
from natija_intake.proposals.vouching import seal_clear_form
from natija_intake.registrar.admission import examine_by_reference, foresee, identify


class OutcomesUnavailable(Exception):
    """The database does not answer, or no relay has run in this realm."""


class SubmittedProposal(NamedTuple):
    """The result of a proposal: *registered* with the *sequence* of its first event, *pending*, or *rejected*.

    The *rejection* of a registered one is that of a duplicate: it was registered before.
    """

    state: Literal["registered", "pending", "rejected"]
    proposal: Proposal
    sequence: int | None = None
    rejection: Rejection | None = None


class ProposalService:
    """Proposes through *gateway*, foresees on *heads*, and reads outcomes over the connections of *engine*."""

    def __init__(self, context: IntakeContext, gateway: InboxGateway, heads: HeadLookup, engine: AsyncEngine) -> None:
        self._context = context
        self._gateway = gateway
        self._heads = heads
        self._engine = engine

    async def submit(self, proposal: Proposal, source: str, traceparent: str | None) -> SubmittedProposal:
        """Propose what the publisher *source* sent, and wait for the decision. The same proposal again has the same
        result. Raises `DeliveryUnconfirmed`: the same may then be sent again."""
        prepared = self._prepare(proposal, source)
        if isinstance(prepared, Rejection):
            return SubmittedProposal("rejected", proposal, rejection=prepared)
        context = self._context
        # What breaks a rule for any head never reaches the inbox: the registrar would keep it for 90 days.
        found = examine_by_reference(prepared, context.reference(), context.realm, context.clock.now())
        if isinstance(found, Rejection):
            return SubmittedProposal("rejected", proposal, rejection=found)
        events = [event._replace(traceparent=event.traceparent or traceparent) for event in prepared.events]
        try:
            outcome = await self._gateway.propose(*events, wait=context.outcome_wait)
        except OutcomePending:
            return SubmittedProposal("pending", proposal)
        if outcome.registered:
            return SubmittedProposal("registered", proposal, outcome.sequence, outcome.rejection)
        return SubmittedProposal("rejected", proposal, rejection=outcome.rejection)

    async def dry_run(self, proposal: Proposal, source: str) -> SubmittedProposal:
        """The decision that the registrar would make now. Nothing is written. Raises `StatusUnavailable`."""
        prepared = self._prepare(proposal, source)
        if isinstance(prepared, Rejection):
            return SubmittedProposal("rejected", proposal, rejection=prepared)
        incoming = identify(prepared)
        state = await self._heads.admission_state(incoming)
        context = self._context
        why = foresee(incoming, state, context.reference(), context.realm, context.clock.now())
        if why is not None and why.reason != "duplicate":
            return SubmittedProposal("rejected", proposal, rejection=why)
        sequence = state.head(proposal.subject).standing.sequence + 1 if why is None else why.sequence
        return SubmittedProposal("registered", proposal, sequence)

    async def outcome(self, source: str, id: UUID) -> StoredOutcome | None:
        """The outcome of the proposal of *source* whose first event has this *id*; None before it is decided.

        Raises `OutcomesUnavailable`.
        """
        async with self._connection() as connection:
            return await store.outcome_of(connection, source, id)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError, TimeoutError):  # also without tables: no relay has run in this realm
            raise OutcomesUnavailable from None

    def _prepare(self, proposal: Proposal, source: str) -> Proposal | Rejection:
        """The proposal as it is signed. A publisher that signs by itself seals by itself."""
        if any(event.source != source for event in proposal.events):
            return Rejection("forbidden", "source", "is not the source of this API key")
        if proposal.events[0].signature is not None:
            return proposal
        publisher = self._context.reference().publisher(source)
        if publisher is None or not publisher.vouched:
            return Rejection("forbidden", "signature", "is missing: intake does not sign for this publisher")
        return seal_clear_form(proposal, self._context.realm_key)
