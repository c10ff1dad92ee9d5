"""Admission: which proposals may stand on the log. Pure: heads and a time in, events to register or a reason out.

The checks come in the order of the reason codes: unreadable and oversize, misplaced, forbidden, invalid, duplicate and
reused, unlawful, conflict.
"""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from natija_chassis.realm.publishers import Publishers
from natija_events import limits
from natija_events.kafka import partition_of
from natija_events.lifecycle.transitions import CLOCK_SKEW, HISTORY, INITIAL, TABLE, Standing, evolve, find_violation
from natija_events.schema.registry import REGISTRY, Invalid
from natija_events.types.base import EventData
from natija_events.types.intake import Registered
from natija_events.wire import rejection
from natija_events.wire.envelope import Event, Headers, Proposal, Unreadable, read_proposal, rfc3339
from natija_events.wire.rejection import Rejection
from natija_intake.registrar.heads import NO_HEAD, Head


class PolledRecord(NamedTuple):
    """A record of the inbox. *waited* is how long it stood there until now, in wall time."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    waited: timedelta


class Refused(Exception):
    """A proposal breaks a rule."""

    def __init__(self, reason: rejection.RejectionReason, field: str, rule: str, sequence: int | None = None) -> None:
        super().__init__(reason)
        self.rejection = Rejection(reason, field, rule, sequence)


class RegisteredId(NamedTuple):
    """What an event id of an appeal stands for already."""

    digest: bytes
    sequence: int


@dataclass(slots=True)
class AdmissionState:
    """What admission knows of the appeals in a batch. Whoever registers an event writes it down here at once."""

    heads: MutableMapping[str, Head] = field(default_factory=dict)
    ids: MutableMapping[tuple[str, UUID], RegisteredId] = field(default_factory=dict)

    def head(self, appeal: str) -> Head:
        """The appeal's head; of an unknown appeal, that of nothing."""
        return self.heads.get(appeal, NO_HEAD)


def read(record: PolledRecord) -> Proposal:
    """The proposal in a record of the inbox. Raises `Refused`: oversize or unreadable."""
    if limits.record_bytes(record.key, record.value, record.headers) > limits.PROPOSAL_BYTES:
        raise Refused("oversize", "data", f"is larger than {limits.PROPOSAL_BYTES} bytes with its headers")
    try:
        return read_proposal(record.value, record.headers)
    except Unreadable as error:
        raise Refused("unreadable", error.field, error.rule) from None


def admit(
    proposal: Proposal, record: PolledRecord, ledger: AdmissionState, publishers: Publishers, now: datetime
) -> Sequence[EventData]:
    """The data of the proposal's events, all fit to be registered now. Raises `Refused` at the first rule broken."""
    _placed(proposal, record)
    datas = examine(proposal, publishers, now, record.waited)
    _new(proposal, ledger)
    standing = ledger.head(proposal.subject).standing
    _lawful(proposal, datas, standing)
    _on_time(proposal, standing)
    return datas


def examine(proposal: Proposal, publishers: Publishers, now: datetime, waited: timedelta) -> Sequence[EventData]:
    """The checks that need no head: forbidden and invalid. Raises `Refused`."""
    for event in proposal.events:
        _permitted(event, publishers)
    datas = [_valid(proposal, index, publishers, now, waited) for index in range(len(proposal.events))]
    _expectation(proposal)
    return datas


def examine_new(event: Event, data: EventData, publishers: Publishers, now: datetime) -> None:
    """The checks on an event that opens an appeal, as the registrar will make them. Its *data* are of the contract's
    model, and valid by that. Raises `Refused`."""
    _permitted(event, publishers)
    _timely(event, data, publishers, now, timedelta(0))
    _lawful(Proposal((event,)), (data,), INITIAL)


def digest(event: Event) -> bytes:
    """What an event id stands for: the same id with another digest is another event. A retry may have another trace."""
    said = "\x1f".join((event.source, event.type, rfc3339(event.time)))
    return sha256(said.encode() + b"\x1e" + event.data).digest()[:16]


def _placed(proposal: Proposal, record: PolledRecord) -> None:
    if record.key != proposal.subject.encode():
        raise Refused("misplaced", "key", "is not the subject")
    if partition_of(record.key) != record.partition:
        raise Refused("misplaced", "partition", "is not the one that murmur2 gives for the key")


def _permitted(event: Event, publishers: Publishers) -> None:
    roles = publishers.roles(event.source)
    if not roles:
        raise Refused("forbidden", "source", "is no publisher of this realm")
    row = TABLE.get(event.type)
    if row is not None and HISTORY not in roles and roles.isdisjoint(row.publishers):
        raise Refused("forbidden", "type", f"{row.type} is not this publisher's to propose")


def _valid(proposal: Proposal, index: int, publishers: Publishers, now: datetime, waited: timedelta) -> EventData:
    event = proposal.events[index]
    at = f"[{index}]." if len(proposal.events) > 1 else ""
    try:
        data = REGISTRY.admit(event.type, event.data)
    except Invalid as error:
        raise Refused("invalid", at + error.field, error.rule) from None
    _timely(event, data, publishers, now, waited, at)
    return data


def _timely(
    event: Event, data: EventData, publishers: Publishers, now: datetime, waited: timedelta, at: str = ""
) -> None:
    """Only histories tell of other registers, and of what was long ago."""
    history = HISTORY in publishers.roles(event.source)
    if isinstance(data, Registered) and data.register_name is not None and not history:
        raise Refused("forbidden", at + "register_name", "only a publisher of histories sets it")
    if event.time > now + CLOCK_SKEW:
        raise Refused("invalid", at + "time", "is in the future")
    limit = TABLE[data.type].backdating
    if not history and limit is not None and event.time < now - waited - limit - CLOCK_SKEW:
        raise Refused("invalid", at + "time", f"is dated back by more than {limit + CLOCK_SKEW}")


def _expectation(proposal: Proposal) -> None:
    """Who changes an appeal must say what it assumed. What opens one assumes nothing."""
    if proposal.expectedsequence is not None or proposal.events[0].type == Registered.type:
        return
    for event in proposal.events:
        if TABLE[event.type].expected:
            raise Refused("invalid", "expectedsequence", f"is required for {event.type}")


def _new(proposal: Proposal, ledger: AdmissionState) -> None:
    known = [ledger.ids.get((event.subject, event.id)) for event in proposal.events]
    if all(known is None for known in known):
        return
    same = all(
        one is not None and one.digest == digest(event) for one, event in zip(known, proposal.events, strict=True)
    )
    if same and known[0] is not None:
        raise Refused("duplicate", "id", "is registered already, and stands for the same", known[0].sequence)
    raise Refused("reused", "id", "stands for something else on this appeal")


def _lawful(proposal: Proposal, datas: Sequence[EventData], standing: Standing) -> None:
    last = len(datas) - 1
    for index, (event, data) in enumerate(zip(proposal.events, datas, strict=True)):
        rule = find_violation(standing, event.subject, event.time, data)
        if rule is not None:
            raise Refused("unlawful", f"[{index}]" if last else "type", rule)
        if index < last:
            standing = evolve(standing, event.type, event.time, data)


def _on_time(proposal: Proposal, standing: Standing) -> None:
    expected = proposal.expectedsequence
    if expected is None:
        return
    if expected > standing.sequence:
        raise Refused("conflict", "expectedsequence", f"is ahead of the appeal, which is at {standing.sequence}")
    if standing.material > expected:
        raise Refused("conflict", "expectedsequence", f"a material event came after it, at {standing.material}")
