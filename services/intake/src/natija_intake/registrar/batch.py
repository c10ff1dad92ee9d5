"""Deciding a batch: proposals in, records for the log and the rejected topic out. Pure, in the order they arrived.

A record goes read → admit → stamp → write. Each step passes on a value: a proposal, an admitted one, or a rejection.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from natija_events.ids import is_appeal_number
from natija_events.kafka.bounded_batches import SkippedBatch
from natija_events.reference.data import ReferenceData
from natija_events.wire.envelope import Stamp, write_headers
from natija_events.wire.hash_chain import event_hash
from natija_events.wire.record import RecordedEvent
from natija_events.wire.rejection import (
    InboxRecord,
    ProposalIdentity,
    RejectedProposal,
    Rejection,
    RejectionReason,
    inbox_record_digest,
    readable_identity,
    run_digest,
    seal_inbox_record,
    write_rejected,
)
from natija_events.wire.stored_key import HEADERS, write_stored_key
from natija_intake.registrar import admission
from natija_intake.registrar.admission import (
    AdmissionState,
    Admitted,
    IncomingProposal,
    NewKey,
    PolledRecord,
    RegisteredKey,
)
from natija_intake.registrar.heads import evolve
from natija_intake.registrar.sealed_values import RegistrarKeys

SOURCE = "/services/intake/registrar"
RUN_RECORDS = 20
"""So many adjacent records without a readable proposal become one rejected record."""
ORIGINALS = 20
"""A batch keeps so many originals of rejected proposals per partition. A flood must not multiply its bytes."""
_BY_DIGEST: frozenset[RejectionReason] = frozenset({"oversize", "duplicate", "reused"})
"""Of these only the digest is kept: a retry must not take more room than the appeal, which is on the log."""


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
    """A record to write to *partition* of the log, of rejected, or of the topic of keys."""

    partition: int
    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, bytes]]


@dataclass(slots=True)
class DecidedBatch:
    """The records of a batch for the topics, and what the registrar's tables need of them.

    *data_keys* are the records for the topic of keys. *changed* holds the appeals whose heads changed. *rejections*
    holds the reasons in the order of *rejected*, each with the number of proposals it stands for.
    """

    log: list[OutputRecord] = field(default_factory=list)
    rejected: list[OutputRecord] = field(default_factory=list)
    data_keys: list[OutputRecord] = field(default_factory=list)
    rejections: list[tuple[Rejection, int]] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    keys: list[NewKey] = field(default_factory=list)


ReadRecord = tuple[PolledRecord, IncomingProposal | Rejection]
"""A record of the inbox, and its proposal or why it has none."""


def read_batch(records: Iterable[PolledRecord]) -> list[ReadRecord]:
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
        keys: RegistrarKeys,
        realm: str,
        now: datetime,
    ) -> None:
        self.decided = DecidedBatch()
        self._originals = Counter[int]()
        self._state = state
        self._log_ends = log_ends
        self._reference = reference
        self._keys = keys
        self._realm = realm
        self._now = now

    def decide_all(self, read: Sequence[ReadRecord]) -> None:
        """Decide each record in its order. A long run without a readable proposal becomes one rejected record."""
        for (_, unreadable), group in groupby(read, key=lambda one: (one[0].partition, isinstance(one[1], Rejection))):
            run = list(group)
            if unreadable and (len(run) >= RUN_RECORDS or any(isinstance(one.value, SkippedBatch) for one, _ in run)):
                self._reject_run([(record, why) for record, why in run if isinstance(why, Rejection)])
            else:
                for record, incoming in run:
                    self.decide(record, incoming)

    def decide(self, record: PolledRecord, incoming: IncomingProposal | Rejection) -> None:
        """Register the proposal whole, or reject it whole."""
        recordedtime = self._log_ends[record.partition].next_recordedtime(self._now)
        if isinstance(incoming, Rejection):
            self._reject(record, readable_identity(_original(record)), incoming, recordedtime)
            return
        reference = self._reference(self._now - record.waited)
        result = admission.admit(incoming, record, self._state, reference, self._keys.realm, self._realm, recordedtime)
        if isinstance(result, Rejection):
            first = incoming.events[0]
            self._reject(record, ProposalIdentity(first.subject, first.source, first.id), result, recordedtime)
        else:
            self._register(record, result, recordedtime, reference.version)

    def _register(
        self, record: PolledRecord, admitted: Admitted, recordedtime: datetime, referenceversion: int
    ) -> None:
        log_end = self._log_ends[record.partition]
        (proposal, keys, digests), data, data_key = admitted
        appeal = proposal.subject
        head = self._state.head(appeal)
        for event, one, key, digest in zip(proposal.events, data, keys, digests, strict=True):
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
            registered = RecordedEvent(record.partition, -1, event, stamp, one, written)
            head = evolve(head, registered, hash=event_hash(written, event.data))
            self.decided.log.append(OutputRecord(record.partition, record.key, event.data, written))
            self._state.keys[appeal, key] = RegisteredKey(digest, stamp.sequence)
            self.decided.keys.append(NewKey(appeal, key, digest, stamp.sequence))
        self._state.heads[appeal] = head
        self.decided.changed.add(appeal)
        if data_key is not None:
            stored = write_stored_key(self._keys.storage, data_key)
            self.decided.data_keys.append(OutputRecord(record.partition, *stored, HEADERS))

    def _reject(self, record: PolledRecord, proposal: ProposalIdentity, why: Rejection, recordedtime: datetime) -> None:
        original = _original(record)
        sealed = None
        if why.reason not in _BY_DIGEST and self._originals[record.partition] < ORIGINALS:
            self._originals[record.partition] += 1
            sealed = seal_inbox_record(self._keys.storage.originals_key, record.partition, record.offset, original)
        rejected = RejectedProposal(
            rejection=why,
            partition=record.partition,
            inboxoffset=record.offset,
            recordedtime=recordedtime,
            proposal=proposal,
            digest=inbox_record_digest(original),
            bytes=len(record.value or b""),
            original=sealed,
        )
        self._write_rejected(record, rejected)

    def _reject_run(self, run: Sequence[tuple[PolledRecord, Rejection]]) -> None:
        """One rejected record for a flood of records that hold no proposal. It must not multiply their bytes."""
        (first, _), (last, why) = run[0], run[-1]
        rejected = RejectedProposal(
            rejection=why,
            partition=last.partition,
            inboxoffset=last.offset,
            recordedtime=self._log_ends[last.partition].next_recordedtime(self._now),
            proposal=ProposalIdentity(),
            digest=run_digest(_digest(one) for one, _ in run),
            bytes=sum(_size(one) for one, _ in run),
            original=None,
            firstinboxoffset=first.value.first if isinstance(first.value, SkippedBatch) else first.offset,
            records=sum(_stands_for(one) for one, _ in run),
        )
        self._write_rejected(last, rejected)

    def _write_rejected(self, record: PolledRecord, rejected: RejectedProposal) -> None:
        value, headers = write_rejected(rejected, SOURCE)
        # The key of a broken record may have any size and content, also a person's name: only a number is kept.
        key = record.key if rejected.records == 1 and _is_number(record.key) else None
        self.decided.rejected.append(OutputRecord(record.partition, key, value, headers))
        self.decided.rejections.append((rejected.rejection, rejected.records))


def _stands_for(record: PolledRecord) -> int:
    """The number of inbox records that *record* stands for."""
    return record.value.records if isinstance(record.value, SkippedBatch) else 1


def _digest(record: PolledRecord) -> str:
    return record.value.digest if isinstance(record.value, SkippedBatch) else inbox_record_digest(_original(record))


def _size(record: PolledRecord) -> int:
    return record.value.size if isinstance(record.value, SkippedBatch) else len(record.value or b"")


def _original(record: PolledRecord) -> InboxRecord:
    return InboxRecord(record.key, record.value, record.headers)


def _is_number(key: bytes | None) -> bool:
    """True for the key that a proposal should have."""
    try:
        return key is not None and is_appeal_number(key.decode("ascii"))
    except UnicodeDecodeError:
        return False
