"""Admission: which proposals may be written to the log. Pure: heads and a time in, events or a rejection out.

A rejection is a value: each check returns the `Rejection` it finds, or None. The checks run in the order of the reason
codes: unreadable and oversize, misplaced, forbidden, invalid, duplicate and reused, unlawful, conflict.
"""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from natija_events import limits
from natija_events.kafka import partition_of
from natija_events.lifecycle.transitions import CLOCK_SKEW, HISTORY, INITIAL, TABLE, Standing, evolve, find_violation
from natija_events.reference.data import ReferenceData
from natija_events.schema.registry import REGISTRY, Invalid
from natija_events.types.base import EventData
from natija_events.types.intake import Registered
from natija_events.wire.envelope import Event, Headers, Proposal, Unreadable, read_proposal, rfc3339
from natija_events.wire.rejection import Rejection
from natija_intake.registrar.coded_fields import find_foreign_number, find_wrong_name
from natija_intake.registrar.heads import NO_HEAD, Head
from natija_intake.registrar.signature_check import find_unproven


class PolledRecord(NamedTuple):
    """A record of the inbox. *appended* is when it reached the inbox, by the broker's clock, and *waited* how long it
    was there until now."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    appended: datetime
    waited: timedelta


class Admitted(NamedTuple):
    """A proposal that may be registered: *data* holds the typed data of its events, in their order."""

    proposal: Proposal
    data: Sequence[EventData]


class RegisteredId(NamedTuple):
    """The registered event that has an id: the digest of its content, and its sequence."""

    digest: bytes
    sequence: int


@dataclass(slots=True)
class AdmissionState:
    """The heads and event ids of the appeals in a batch. Each registered event is added at once."""

    heads: MutableMapping[str, Head] = field(default_factory=dict)
    ids: MutableMapping[tuple[str, UUID], RegisteredId] = field(default_factory=dict)

    def head(self, appeal: str) -> Head:
        """The appeal's head; the initial head for an unknown appeal."""
        return self.heads.get(appeal, NO_HEAD)


def read(record: PolledRecord) -> Proposal | Rejection:
    """The proposal in a record of the inbox, or why it has none: oversize or unreadable."""
    if limits.record_bytes(record.key, record.value, record.headers) > limits.PROPOSAL_BYTES:
        return Rejection("oversize", "data", f"is larger than {limits.PROPOSAL_BYTES} bytes with its headers")
    try:
        return read_proposal(record.value, record.headers)
    except Unreadable as error:
        return Rejection("unreadable", error.field, error.rule)


def admit(
    proposal: Proposal,
    record: PolledRecord,
    state: AdmissionState,
    reference: ReferenceData,
    realm: str,
    now: datetime,
) -> Admitted | Rejection:
    """Run every check on the proposal in *realm* as of *now*. The first rule it breaks is the rejection."""
    if misplaced := _find_misplaced(proposal, record):
        return misplaced
    if forbidden := _find_forbidden_proposal(proposal, record, reference, realm):
        return forbidden
    if foreign := find_foreign_number(proposal.subject, realm):
        return foreign
    admitted = examine(proposal, reference, now, record.waited)
    if isinstance(admitted, Rejection):
        return admitted
    standing = state.head(proposal.subject).standing
    return (
        _find_known_id(proposal, state)
        or _find_unlawful(proposal, admitted.data, standing)
        or _find_conflict(proposal, standing)
        or admitted
    )


def examine(proposal: Proposal, reference: ReferenceData, now: datetime, waited: timedelta) -> Admitted | Rejection:
    """The checks of the data, which need no head."""
    data: list[EventData] = []
    for index, event in enumerate(proposal.events):
        path = f"[{index}]." if len(proposal.events) > 1 else ""
        try:
            data.append(REGISTRY.admit(event.type, event.data))
        except Invalid as error:
            return Rejection("invalid", path + error.field, error.rule)
        if misdated := _find_misdated(event, data[-1], reference, now, waited, path):
            return misdated
        if wrong := find_wrong_name(event, data[-1], reference):
            return wrong._replace(field=path + wrong.field)
    return _find_missing_expectation(proposal) or Admitted(proposal, data)


def examine_new(event: Event, data: EventData, reference: ReferenceData, now: datetime) -> Rejection | None:
    """The registrar's checks on an event that opens an appeal; None when it passes. *data* is an instance of the
    contract's model, so its schema is not checked again."""
    return (
        _find_forbidden(event, reference)
        or _find_misdated(event, data, reference, now, timedelta(0))
        or find_wrong_name(event, data, reference)
        or _find_unlawful(Proposal((event,)), (data,), INITIAL)
    )


def digest(event: Event) -> bytes:
    """Digest of an event's content: an id with another digest is another event. The trace of a retry may differ."""
    attributes = "\x1f".join((event.source, event.type, rfc3339(event.time)))
    return sha256(attributes.encode() + b"\x1e" + event.data).digest()[:16]


def _find_misplaced(proposal: Proposal, record: PolledRecord) -> Rejection | None:
    if record.key != proposal.subject.encode():
        return Rejection("misplaced", "key", "is not the subject")
    if partition_of(record.key) != record.partition:
        return Rejection("misplaced", "partition", "is not the one that murmur2 gives for the key")
    return None


def _find_forbidden_proposal(
    proposal: Proposal, record: PolledRecord, reference: ReferenceData, realm: str
) -> Rejection | None:
    for event in proposal.events:
        if forbidden := _find_forbidden(event, reference):
            return forbidden
    return find_unproven(proposal, reference, realm, record.appended)


def _find_forbidden(event: Event, reference: ReferenceData) -> Rejection | None:
    roles = reference.roles(event.source)
    if not roles:
        return Rejection("forbidden", "source", "is not a publisher of this realm")
    row = TABLE.get(event.type)
    if row is not None and HISTORY not in roles and roles.isdisjoint(row.publishers):
        return Rejection("forbidden", "type", f"{row.type} may not be proposed by this publisher")
    return None


def _find_misdated(
    event: Event, data: EventData, reference: ReferenceData, now: datetime, waited: timedelta, path: str = ""
) -> Rejection | None:
    """Only a publisher of histories may name another register, or date an event back without limit."""
    history = HISTORY in reference.roles(event.source)
    if isinstance(data, Registered) and data.register_name is not None and not history:
        return Rejection("forbidden", path + "register_name", "may be set only by a publisher of histories")
    if event.time > now + CLOCK_SKEW:
        return Rejection("invalid", path + "time", "is in the future")
    limit = TABLE[data.type].backdating
    if not history and limit is not None and event.time < now - waited - limit - CLOCK_SKEW:
        return Rejection("invalid", path + "time", f"is dated back by more than {limit + CLOCK_SKEW}")
    return None


def _find_missing_expectation(proposal: Proposal) -> Rejection | None:
    """A change of an appeal must name the sequence it assumes. An event that opens an appeal assumes none."""
    if proposal.expectedsequence is not None or proposal.events[0].type == Registered.type:
        return None
    for event in proposal.events:
        if TABLE[event.type].expected:
            return Rejection("invalid", "expectedsequence", f"is required for {event.type}")
    return None


def _find_known_id(proposal: Proposal, state: AdmissionState) -> Rejection | None:
    known = [state.ids.get((event.subject, event.id)) for event in proposal.events]
    if not any(known):
        return None
    same = all(
        one is not None and one.digest == digest(event) for one, event in zip(known, proposal.events, strict=True)
    )
    if same and known[0] is not None:
        return Rejection("duplicate", "id", "is already registered with the same content", known[0].sequence)
    return Rejection("reused", "id", "is already registered on this appeal with other content")


def _find_unlawful(proposal: Proposal, data: Sequence[EventData], standing: Standing) -> Rejection | None:
    last = len(data) - 1
    for index, (event, one) in enumerate(zip(proposal.events, data, strict=True)):
        rule = find_violation(standing, event.subject, event.time, one)
        if rule is not None:
            return Rejection("unlawful", f"[{index}]" if last else "type", rule)
        if index < last:
            standing = evolve(standing, event.type, event.time, one)
    return None


def _find_conflict(proposal: Proposal, standing: Standing) -> Rejection | None:
    expected = proposal.expectedsequence
    if expected is None:
        return None
    if expected > standing.sequence:
        return Rejection("conflict", "expectedsequence", f"is ahead of the appeal, which is at {standing.sequence}")
    if standing.material > expected:
        return Rejection("conflict", "expectedsequence", f"a material event came after it, at {standing.material}")
    return None
