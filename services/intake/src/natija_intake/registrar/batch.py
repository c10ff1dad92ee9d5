"""Deciding a batch: proposals in, records for the log and the rejected topic out. Pure, in the order they came in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from natija_chassis.realm.publishers import Publishers
from natija_events.encryption import Sealer
from natija_events.types.base import EventData
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
from natija_intake.registrar.admission import AdmissionState, PolledRecord, Refused, RegisteredId
from natija_intake.registrar.heads import evolve

SOURCE = "/services/intake/registrar"


@dataclass(slots=True)
class LogEnd:
    """The end of a log partition: the last *logsequence* and the *recordedtime* that goes with it."""

    logsequence: int = 0
    recordedtime: datetime | None = None

    def next_recordedtime(self, now: datetime) -> datetime:
        """The time to record at: never before what is recorded already, whatever the clock does."""
        self.recordedtime = now if self.recordedtime is None else max(now, self.recordedtime)
        return self.recordedtime


class OutputRecord(NamedTuple):
    """A record to write: on *partition*, of the log or of rejected."""

    partition: int
    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]]


@dataclass(slots=True)
class DecidedBatch:
    """What a batch came to: records for both topics, and the same registered events typed (offsets still unknown)."""

    log: list[OutputRecord] = field(default_factory=list)
    rejected: list[OutputRecord] = field(default_factory=list)
    events: list[RecordedEvent] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    ids: list[tuple[str, UUID, bytes, int]] = field(default_factory=list)


def read_batch(records: Iterable[PolledRecord]) -> list[tuple[PolledRecord, Proposal | Rejection]]:
    """Read each record: its proposal, or why there is none."""
    return [(record, _read(record)) for record in records]


def _read(record: PolledRecord) -> Proposal | Rejection:
    try:
        return admission.read(record)
    except Refused as refused:
        return refused.rejection


class BatchDecider:
    """Decides proposals one after the other, each on what the ones before it left."""

    def __init__(
        self,
        ledger: AdmissionState,
        partitions: dict[int, LogEnd],
        publishers: Publishers,
        sealer: Sealer,
        now: datetime,
    ) -> None:
        self._ledger = ledger
        self._partitions = partitions
        self._publishers = publishers
        self._sealer = sealer
        self._now = now
        self.decided = DecidedBatch()

    def decide(self, record: PolledRecord, read: Proposal | Rejection) -> None:
        """Register the proposal whole, or reject it whole."""
        proposal = None if isinstance(read, Rejection) else read
        try:
            if isinstance(read, Rejection):
                raise Refused(*read)
            recordedtime = self._partitions[record.partition].next_recordedtime(self._now)
            datas = admission.admit(read, record, self._ledger, self._publishers, recordedtime)
        except Refused as refused:
            self._reject(record, proposal, refused.rejection)
        else:
            self._register(record, read, datas, recordedtime)

    def _register(
        self, record: PolledRecord, proposal: Proposal, datas: Sequence[EventData], recordedtime: datetime
    ) -> None:
        partition = self._partitions[record.partition]
        head = self._ledger.head(proposal.subject)
        for event, data in zip(proposal.events, datas, strict=True):
            partition.logsequence += 1
            stamp = Stamp(head.standing.sequence + 1, partition.logsequence, recordedtime, record.offset, head.hash)
            written = write_headers(event, stamp)
            registered = RecordedEvent(record.partition, -1, event, stamp, data, written)
            head = evolve(head, registered, hash=event_hash(written, event.data))
            self.decided.log.append(OutputRecord(record.partition, record.key, event.data, written))
            self.decided.events.append(registered)
            self._remember(registered)
        self._ledger.heads[proposal.subject] = head
        self.decided.touched.add(proposal.subject)

    def _remember(self, registered: RecordedEvent) -> None:
        digest = admission.digest(registered.event)
        self._ledger.ids[registered.subject, registered.id] = RegisteredId(digest, registered.sequence)
        self.decided.ids.append((registered.subject, registered.id, digest, registered.sequence))

    def _reject(self, record: PolledRecord, proposal: Proposal | None, why: Rejection) -> None:
        original = InboxRecord(record.key, record.value, record.headers)
        sealed = (
            None
            if why.reason == "oversize"
            else seal_inbox_record(self._sealer, record.partition, record.offset, original)
        )
        rejected = RejectedProposal(
            rejection=why,
            partition=record.partition,
            inboxoffset=record.offset,
            recordedtime=self._partitions[record.partition].next_recordedtime(self._now),
            subject=None if proposal is None else proposal.subject,
            proposalid=None if proposal is None else proposal.events[0].id,
            digest=inbox_record_digest(original),
            bytes=len(record.value or b""),
            original=sealed,
        )
        value, written = write_rejected(rejected, SOURCE)
        # A key of a broken record may be of any size and content: the subject stands in its place, or nothing.
        key = None if proposal is None else proposal.subject.encode()
        self.decided.rejected.append(OutputRecord(record.partition, key, value, written))
        self.decided.rejections.append(why)
