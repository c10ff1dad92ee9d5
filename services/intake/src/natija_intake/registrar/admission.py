"""Admission: which proposals may be written to the log. Pure: heads and a time in, events or a rejection out.

A rejection is a value: each check returns the `Rejection` it finds, or None. The checks run in the order of the reason
codes: unreadable and oversize, misplaced, duplicate, forbidden, invalid, reused, unlawful, conflict.
"""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from natija_events import limits
from natija_events.kafka import partition_of
from natija_events.kafka.bounded_batches import SkippedBatch
from natija_events.lifecycle.transitions import CLOCK_SKEW, HISTORY, TABLE, Standing, find_violation
from natija_events.reference.data import ReferenceData
from natija_events.schema.registry import REGISTRY, Invalid
from natija_events.sealing.data_key import DataKey
from natija_events.sealing.wrapping import RealmKeys
from natija_events.types.base import EventData
from natija_events.types.intake import AccessCodeReplaced, ErasureRequested, PersonErased, Registered
from natija_events.wire.envelope import Event, Headers
from natija_events.wire.identity import EventDigest, event_digest, event_key
from natija_events.wire.proposal import Proposal, read_proposal
from natija_events.wire.rejection import Rejection
from natija_events.wire.values import Unreadable
from natija_intake.registrar.checks.authorization import find_unauthorized, find_wrong_body
from natija_intake.registrar.checks.coded_fields import find_foreign_number, find_wrong_name
from natija_intake.registrar.checks.links import find_wrong_link
from natija_intake.registrar.checks.signature_check import find_unproven
from natija_intake.registrar.checks.term_checks import find_wrong_due, find_wrong_term
from natija_intake.registrar.heads import NO_HEAD, Head, advance
from natija_intake.registrar.sealed_values import open_values

_NOT_YET = (ErasureRequested, PersonErased)
"""Types that stand in the contract, and that no process acts upon yet."""


class PolledRecord(NamedTuple):
    """A record of the inbox. *waited* is how long it was on the inbox until now, in wall time."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    waited: timedelta


class IncomingProposal(NamedTuple):
    """A readable proposal, with the identity and the digests of each of its events, in their order."""

    proposal: Proposal
    keys: Sequence[UUID]
    digests: Sequence[EventDigest]

    @property
    def subject(self) -> str:
        """The number of the appeal."""
        return self.proposal.subject

    @property
    def events(self) -> Sequence[Event]:
        """The events."""
        return self.proposal.events


class Admitted(NamedTuple):
    """A proposal that may be registered: *data* holds the typed data of its events, in their order.

    *data_key* opens its sealed values; None when it has none.
    """

    incoming: IncomingProposal
    data: Sequence[EventData]
    data_key: DataKey | None


class RegisteredKey(NamedTuple):
    """The registered event that has a key: the digests of its content, and its sequence."""

    digest: EventDigest
    sequence: int


class NewKey(NamedTuple):
    """The key of an event that this batch registers, as a row of ``event_keys``."""

    appeal: str
    key: UUID
    digest: EventDigest
    sequence: int


@dataclass(slots=True)
class AdmissionState:
    """The heads and event keys of the appeals in a batch. Each registered event is added at once."""

    heads: MutableMapping[str, Head] = field(default_factory=dict)
    keys: MutableMapping[tuple[str, UUID], RegisteredKey] = field(default_factory=dict)

    def head(self, appeal: str) -> Head:
        """The appeal's head; the initial head for an unknown appeal."""
        return self.heads.get(appeal, NO_HEAD)


def read(record: PolledRecord) -> IncomingProposal | Rejection:
    """The proposal in a record of the inbox, or why it has none: oversize or unreadable."""
    if isinstance(record.value, SkippedBatch):
        return Rejection("oversize" if record.value.large else "unreadable", "data", record.value.rule)
    if limits.record_bytes(record.key, record.value, record.headers) > limits.PROPOSAL_BYTES:
        return Rejection("oversize", "data", f"is larger than {limits.PROPOSAL_BYTES} bytes with its headers")
    try:
        return identify(read_proposal(record.value, record.headers))
    except Unreadable as error:
        return Rejection("unreadable", error.field, error.rule)


def identify(proposal: Proposal) -> IncomingProposal:
    """*proposal* with the keys and digests of its events."""
    keys = tuple(event_key(event.source, event.id) for event in proposal.events)
    return IncomingProposal(proposal, keys, tuple(map(event_digest, proposal.events, proposal.values)))


def admit(
    incoming: IncomingProposal,
    record: PolledRecord,
    state: AdmissionState,
    reference: ReferenceData,
    keys: RealmKeys,
    realm: str,
    now: datetime,
) -> Admitted | Rejection:
    """Run every check on the proposal in *realm* as of *now*. The first rule it breaks is the rejection.

    *keys* open its sealed values.
    """
    proposal = incoming.proposal
    if misplaced := _find_misplaced(proposal, record):
        return misplaced
    known = [state.keys.get((proposal.subject, key)) for key in incoming.keys]
    if duplicate := _find_duplicate(incoming.digests, known):
        return duplicate
    if forbidden := _find_forbidden_proposal(proposal, reference, realm, now - record.waited):
        return forbidden
    if foreign := find_foreign_number(proposal.subject, realm):
        return foreign
    data = examine(proposal, reference, now, record.waited)
    if isinstance(data, Rejection):
        return data
    opened = open_values(proposal, data, keys, realm)
    if isinstance(opened, Rejection):
        return opened
    refused = _find_reused(known) or _find_refused_by_head(proposal, data, state, reference, now - record.waited)
    return refused or Admitted(incoming, data, opened)


def foresee(
    incoming: IncomingProposal, state: AdmissionState, reference: ReferenceData, realm: str, now: datetime
) -> Rejection | None:
    """The rejection of a proposal that would reach the inbox *now*; None when it would be admitted.

    Signatures are not verified, and sealed values not opened: that takes keys which only the registrar has.
    """
    proposal = incoming.proposal
    known = [state.keys.get((proposal.subject, key)) for key in incoming.keys]
    if duplicate := _find_duplicate(incoming.digests, known):
        return duplicate
    data = examine_by_reference(proposal, reference, realm, now)
    if isinstance(data, Rejection):
        return data
    return _find_reused(known) or _find_refused_by_head(proposal, data, state, reference, now)


def examine_by_reference(
    proposal: Proposal, reference: ReferenceData, realm: str, now: datetime
) -> Sequence[EventData] | Rejection:
    """The checks of a proposal that would reach the inbox *now*, as far as they need neither a head nor a key."""
    refused = _find_forbidden_event(proposal, reference) or find_foreign_number(proposal.subject, realm)
    return refused or examine(proposal, reference, now, timedelta(0))


def _find_refused_by_head(
    proposal: Proposal, data: Sequence[EventData], state: AdmissionState, reference: ReferenceData, appended: datetime
) -> Rejection | None:
    head = state.head(proposal.subject)
    return (
        _find_unlawful(proposal.events, data, head, reference)
        or find_wrong_term(proposal.events, data, head, reference, appended)
        or _find_conflict(proposal, head.standing)
        or _find_wrong_link(proposal.events, data, state, reference)
    )


def examine(
    proposal: Proposal, reference: ReferenceData, now: datetime, waited: timedelta
) -> Sequence[EventData] | Rejection:
    """The checks that need no head and no proof: the typed data of the events, or the rejection."""
    data: list[EventData] = []
    for index, event in enumerate(proposal.events):
        path = f"[{index}]." if len(proposal.events) > 1 else ""
        try:
            data.append(REGISTRY.admit(event.type, event.data))
        except Invalid as error:
            return Rejection("invalid", path + error.field, error.rule)
        if misdated := _find_misdated(event, data[-1], reference, now, waited, path):
            return misdated
        wrong = find_wrong_name(event, data[-1], reference) or find_wrong_due(event, data[-1], reference)
        if wrong:
            return wrong._replace(field=path + wrong.field)
    return _find_missing_expectation(proposal) or data


def examine_new(event: Event, data: EventData, reference: ReferenceData, now: datetime) -> Rejection | None:
    """The registrar's checks on an event that opens an appeal; None when it passes. *data* is an instance of the
    contract's model, so its schema is not checked again."""
    return (
        _find_forbidden(event, reference)
        or _find_misdated(event, data, reference, now, timedelta(0))
        or find_wrong_name(event, data, reference)
        or _find_unlawful((event,), (data,), NO_HEAD, reference)
    )


def _find_misplaced(proposal: Proposal, record: PolledRecord) -> Rejection | None:
    subject = proposal.subject.encode()
    if record.key is None:
        return Rejection("misplaced", "key", "is missing: it must be the subject")
    if record.key != subject:
        quoted = record.key == b'"%b"' % subject
        return Rejection(
            "misplaced", "key", "is not the subject" + (", but stands in quotation marks" if quoted else "")
        )
    if (expected := partition_of(record.key)) != record.partition:
        return Rejection("misplaced", "partition", f"is not {expected}, which murmur2 gives for the key")
    return None


def _find_forbidden_proposal(
    proposal: Proposal, reference: ReferenceData, realm: str, appended: datetime
) -> Rejection | None:
    return _find_forbidden_event(proposal, reference) or find_unproven(proposal, reference, realm, appended)


def _find_forbidden_event(proposal: Proposal, reference: ReferenceData) -> Rejection | None:
    for event in proposal.events:
        if forbidden := _find_forbidden(event, reference):
            return forbidden
    return None


def _find_forbidden(event: Event, reference: ReferenceData) -> Rejection | None:
    roles = reference.roles(event.source)
    if not roles:
        return Rejection("forbidden", "source", "is not a publisher of this realm")
    row = TABLE.get(event.type)
    if row is not None and roles.isdisjoint(row.publishers):
        return Rejection("forbidden", "type", f"{row.type} may not be proposed by this publisher")
    return None


def _find_misdated(
    event: Event, data: EventData, reference: ReferenceData, now: datetime, waited: timedelta, path: str = ""
) -> Rejection | None:
    """Only a publisher of histories may name another register, or date an event back without limit."""
    history = HISTORY in reference.roles(event.source)
    if isinstance(data, Registered) and data.register_name is not None and not history:
        return Rejection("forbidden", path + "register_name", "may be set only by a publisher of histories")
    if isinstance(data, Registered) and data.register_name is None and history:
        return Rejection("invalid", path + "register_name", "is required of a publisher of histories")
    if event.time > now + CLOCK_SKEW:
        return Rejection("invalid", path + "time", "is in the future")
    limit = TABLE[data.type].backdating
    if not history and limit is not None and event.time < now - waited - limit - CLOCK_SKEW:
        return Rejection("invalid", path + "time", f"is dated back by more than {_duration(limit + CLOCK_SKEW)}")
    return None


def _duration(time: timedelta) -> str:
    """*time* in whole days and minutes, for people."""
    counts = {"day": time.days, "minute": time.seconds // 60}
    return " and ".join(f"{count} {unit}{'s' * (count > 1)}" for unit, count in counts.items() if count)


def _find_missing_expectation(proposal: Proposal) -> Rejection | None:
    """A change of an appeal must name the sequence it assumes. An event that opens an appeal assumes none."""
    if proposal.expectedsequence is not None or proposal.events[0].type == Registered.type:
        return None
    for event in proposal.events:
        if TABLE[event.type].expected:
            return Rejection("invalid", "expectedsequence", f"is required for {event.type}")
    return None


def _find_duplicate(digests: Sequence[EventDigest], known: Sequence[RegisteredKey | None]) -> Rejection | None:
    """All events are registered already, with the same content. A retry may have sealed its values again."""
    if known[0] is None:
        return None
    pairs = list(zip(digests, known, strict=True))
    if any(one is None or one.digest.content != digest.content for digest, one in pairs):
        return None
    if any(one is not None and one.digest.full != digest.full for digest, one in pairs):
        rule = "was not compared: the event is registered with other sealed bytes of the same length"
        return Rejection("duplicate", "sealed", rule, known[0].sequence)
    return Rejection("duplicate", "id", "is already registered with the same content", known[0].sequence)


def _find_reused(known: Sequence[RegisteredKey | None]) -> Rejection | None:
    for index, one in enumerate(known):
        if one is not None:
            path = f"[{index}]." if len(known) > 1 else ""
            rule = f"is already registered on this appeal with other content, at {one.sequence}"
            return Rejection("reused", path + "id", rule)
    return None


def _find_unlawful(
    events: Sequence[Event], data: Sequence[EventData], head: Head, reference: ReferenceData
) -> Rejection | None:
    """The first rule that an event breaks on the head that the events before it leave."""
    last = len(data) - 1
    for index, (event, one) in enumerate(zip(events, data, strict=True)):
        path = f"[{index}]." if last else ""
        rule = find_violation(head.standing, event.subject, event.time, one)
        if rule is None and isinstance(one, _NOT_YET):
            rule = f"{one.type} is not possible yet: no process destroys keys"
        if rule is not None:
            return Rejection("unlawful", f"{path}type", rule)
        if rule := find_unauthorized(head.holding, event.source, one, reference):
            return Rejection("unlawful", f"{path}source", rule)
        if wrong := find_wrong_body(head.holding, event.source, one, reference) or _find_wrong_generation(head, one):
            return wrong._replace(field=path + wrong.field)
        if index < last:
            head = advance(head, event, one)
    return None


def _find_wrong_generation(head: Head, data: EventData) -> Rejection | None:
    """A greater leap would use up the generations: then no code could be replaced any more."""
    if isinstance(data, AccessCodeReplaced) and data.generation > head.code_generation + 1:
        return Rejection(
            "unlawful", "generation", f"is not the next one: the code has generation {head.code_generation}"
        )
    return None


def _find_wrong_link(
    events: Sequence[Event], data: Sequence[EventData], state: AdmissionState, reference: ReferenceData
) -> Rejection | None:
    for index, (event, one) in enumerate(zip(events, data, strict=True)):
        if wrong := find_wrong_link(event, one, state.heads, reference):
            path = f"[{index}]." if len(data) > 1 else ""
            return wrong._replace(field=path + wrong.field)
    return None


def _find_conflict(proposal: Proposal, standing: Standing) -> Rejection | None:
    expected = proposal.expectedsequence
    if expected is None:
        return None
    if expected > standing.sequence:
        return Rejection("conflict", "expectedsequence", f"is ahead of the appeal, which is at {standing.sequence}")
    if standing.material > expected:
        return Rejection("conflict", "expectedsequence", f"a material event came after it, at {standing.material}")
    if standing.termed > expected and any(TABLE[event.type].term for event in proposal.events):
        return Rejection("conflict", "expectedsequence", f"a term event came after it, at {standing.termed}")
    return None
