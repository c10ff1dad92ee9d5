"""Deciding a batch: proposals in, records for the log and the rejected topic out. Pure, in the order they arrived.

A record goes read → admit → stamp → write. Each step passes on a value: a proposal, an admitted one, or a rejection.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from natija_events.encryption import Sealer
from natija_events.reference.data import ReferenceData
from natija_events.wire.envelope import Proposal, Stamp, write_headers
from natija_events.wire.hash_chain import event_hash
from natija_events.wire.record import RecordedEvent
from natija_events.wire.rejection import (
    InboxRecord,
    RejectedProposal,
    Rejection,
    inbox_record_digest,
    seal_inbox_record,
    write_rejected,
)
from natija_intake.registrar import admission
from natija_intake.registrar.admission import AdmissionState, Admitted, PolledRecord, RegisteredId
from natija_intake.registrar.heads import evolve

SOURCE = "/services/intake/registrar"


@dataclass(slots=True)
class LogEnd:
    """The end of a log partition: the last *logsequence* and its *recordedtime*."""

    logsequence: int = 0
    recordedtime: datetime | None = None

    def next_recordedtime(self, now: datetime) -> datetime:
        """The time to record at: never before the last recorded time, whatever the clock does."""
        self.recordedtime = now if self.recordedtime is None else max(now, self.recordedtime)
        return self.recordedtime


class OutputRecord(NamedTuple):
    """A record to write to *partition* of the log or of rejected."""

    partition: int
    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]]


class NewId(NamedTuple):
    """The id of an event that this batch registers, as a row of ``event_ids``."""

    appeal: str
    id: UUID
    digest: bytes
    sequence: int


@dataclass(slots=True)
class DecidedBatch:
    """The records of a batch for both topics, and what the registrar's tables need of them.

    *changed* holds the appeals whose heads changed, *rejections* the reasons, in the order of *rejected*.
    """

    log: list[OutputRecord] = field(default_factory=list)
    rejected: list[OutputRecord] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    ids: list[NewId] = field(default_factory=list)


def read_batch(records: Iterable[PolledRecord]) -> list[tuple[PolledRecord, Proposal | Rejection]]:
    """Read each record: its proposal, or why it has none."""
    return [(record, admission.read(record)) for record in records]


class BatchDecider:
    """Decides the proposals of one batch in their order, each on the state that the ones before it left.

    *state* and *log_ends* (by partition) are updated in place; *decided* collects the result. *reference* gives the
    reference data at an instant, all of one snapshot. A proposal is held to what was in force when it was sent.
    """

    def __init__(
        self,
        state: AdmissionState,
        log_ends: dict[int, LogEnd],
        reference: Callable[[datetime], ReferenceData],
        sealer: Sealer,
        realm: str,
        now: datetime,
    ) -> None:
        self.decided = DecidedBatch()
        self._state = state
        self._log_ends = log_ends
        self._reference = reference
        self._sealer = sealer
        self._realm = realm
        self._now = now

    def decide(self, record: PolledRecord, proposal: Proposal | Rejection) -> None:
        """Register the proposal whole, or reject it whole."""
        recordedtime = self._log_ends[record.partition].next_recordedtime(self._now)
        if isinstance(proposal, Rejection):
            self._reject(record, None, proposal, recordedtime)
            return
        reference = self._reference(self._now - record.waited)
        result = admission.admit(proposal, record, self._state, reference, self._realm, recordedtime)
        if isinstance(result, Rejection):
            self._reject(record, proposal, result, recordedtime)
        else:
            self._register(record, result, recordedtime, reference.version)

    def _register(
        self, record: PolledRecord, admitted: Admitted, recordedtime: datetime, referenceversion: int
    ) -> None:
        log_end = self._log_ends[record.partition]
        appeal = admitted.proposal.subject
        head = self._state.head(appeal)
        for event, data in zip(admitted.proposal.events, admitted.data, strict=True):
            log_end.logsequence += 1
            stamp = Stamp(
                sequence=head.standing.sequence + 1,
                logsequence=log_end.logsequence,
                recordedtime=recordedtime,
                inboxoffset=record.offset,
                referenceversion=referenceversion,
                previoushash=head.hash,
            )
            written = write_headers(event, stamp)
            registered = RecordedEvent(record.partition, -1, event, stamp, data, written)
            head = evolve(head, registered, hash=event_hash(written, event.data))
            self.decided.log.append(OutputRecord(record.partition, record.key, event.data, written))
            self._remember_id(registered)
        self._state.heads[appeal] = head
        self.decided.changed.add(appeal)

    def _remember_id(self, registered: RecordedEvent) -> None:
        digest = admission.digest(registered.event)
        self._state.ids[registered.subject, registered.id] = RegisteredId(digest, registered.sequence)
        self.decided.ids.append(NewId(registered.subject, registered.id, digest, registered.sequence))

    def _reject(self, record: PolledRecord, proposal: Proposal | None, why: Rejection, recordedtime: datetime) -> None:
        original = InboxRecord(record.key, record.value, record.headers)
        sealed = None
        if why.reason != "oversize":
            sealed = seal_inbox_record(self._sealer, record.partition, record.offset, original)
        rejected = RejectedProposal(
            rejection=why,
            partition=record.partition,
            inboxoffset=record.offset,
            recordedtime=recordedtime,
            subject=None if proposal is None else proposal.subject,
            proposalid=None if proposal is None else proposal.events[0].id,
            digest=inbox_record_digest(original),
            bytes=len(record.value or b""),
            original=sealed,
        )
        value, written = write_rejected(rejected, SOURCE)
        # The key of a broken record may have any size and content: the subject replaces it, or it stays empty.
        key = None if proposal is None else proposal.subject.encode()
        self.decided.rejected.append(OutputRecord(record.partition, key, value, written))
        self.decided.rejections.append(why)
