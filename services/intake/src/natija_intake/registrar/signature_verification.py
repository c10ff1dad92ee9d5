"""Proof of who said what, from the log and the reference topic alone: the registrar and its database are not asked.

The events of a proposal are neighbors on the log, with the same appeal, inbox offset and signature. Together they are
what the publisher signed.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from natija_events.kafka import KafkaConfig, partition_of, read_batches
from natija_events.reference.history import ReferenceHistory
from natija_events.signatures import verify_signature
from natija_events.topics import LOG, PARTITIONS
from natija_events.wire.envelope import Event, Stamp
from natija_events.wire.log_record import read_log_record
from natija_events.wire.values import Unreadable

SignatureProblem = Literal[
    "is not signed, and its publisher signs",
    "is by a key that its publisher does not have",
    "is recorded before its key was valid",
    "does not prove its events: one was changed, inserted or taken out",
    "is not a registered event",
]


class Statement(NamedTuple):
    """One proposal on the log: who said it, as its *signer* proves; None when it is unsigned, or has a *problem*."""

    partition: int
    offset: int
    appeal: str | None
    sequences: tuple[int, ...]
    types: tuple[str, ...]
    source: str
    publisherkey: str | None
    signer: str | None
    problem: SignatureProblem | None

    @property
    def vouched(self) -> bool:
        """Whether another publisher signed for the source."""
        return self.signer not in (None, self.source)


class LoggedEvent(NamedTuple):
    """An event, its stamp, and its place on the log."""

    partition: int
    offset: int
    event: Event
    stamp: Stamp


@dataclass(slots=True)
class SignatureReport:
    """Counts of events by source, signer, vouched or not; the problems; with an appeal, all its *statements*."""

    events: int = 0
    proposals: int = 0
    by_signer: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    problems: list[Statement] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)

    def add(self, statement: Statement) -> None:
        """Count one proposal."""
        self.proposals += 1
        self.events += len(statement.sequences)
        if statement.problem is None:
            self.by_signer[statement.source, statement.signer] += len(statement.sequences)
        else:
            self.problems.append(statement)


class SignatureVerifier:
    """Verifies one partition of the log, record by record. The last proposal is complete once `finish` is called.

    The publishers of a proposal are those in force when it was recorded. It reached the inbox before, so a key that was
    taken off the list in between is not found: a key gets an end instead.
    """

    def __init__(self, history: ReferenceHistory, realm: str) -> None:
        self._history = history
        self._realm = realm
        self._open: list[LoggedEvent] = []

    def add(self, records: Iterable[Any]) -> list[Statement]:
        """The statements that *records* complete."""
        found: list[Statement] = []
        for record in records:
            try:
                logged = LoggedEvent(record.partition, record.offset, *read_log_record(record.value, record.headers))
            except Unreadable:
                found.append(
                    Statement(
                        record.partition, record.offset, None, (), (), "", None, None, "is not a registered event"
                    )
                )
                continue
            if self._open and not _same_proposal(self._open[-1], logged):
                found += self.finish()
            self._open.append(logged)
        return found

    def finish(self) -> list[Statement]:
        """The statement of the proposal that was read last."""
        proposal, self._open = self._open, []
        return [self._statement(proposal)] if proposal else []

    def _statement(self, proposal: Sequence[LoggedEvent]) -> Statement:
        partition, offset, first, _ = proposal[0]
        signer, problem = self._judge(proposal)
        return Statement(
            partition, offset, first.subject, tuple(one.stamp.sequence for one in proposal),
            tuple(one.event.type for one in proposal), first.source, first.publisherkey, signer, problem,
        )  # fmt: skip

    def _judge(self, proposal: Sequence[LoggedEvent]) -> tuple[str | None, SignatureProblem | None]:
        first, recorded = proposal[0].event, proposal[0].stamp.recordedtime
        reference = self._history.at(recorded)
        if first.signature is None or first.publisherkey is None:
            publisher = reference.publisher(first.source)
            unsigned = publisher is not None and publisher.unsigned
            return None, None if unsigned else "is not signed, and its publisher signs"
        signer = reference.signer(first.source, first.publisherkey)
        if signer is None:
            return None, "is by a key that its publisher does not have"
        # It reached the inbox before it was recorded, so only the beginning of the key's time can be judged.
        if recorded < signer.key.valid_from:
            return None, "is recorded before its key was valid"
        if not verify_signature(self._realm, [one.event for one in proposal], signer.key.raw):
            return None, "does not prove its events: one was changed, inserted or taken out"
        return signer.source, None


def _same_proposal(one: LoggedEvent, next: LoggedEvent) -> bool:
    return (
        one.stamp.inboxoffset == next.stamp.inboxoffset
        and one.event.subject == next.event.subject
        and one.event.signature == next.event.signature
        and one.stamp.sequence + 1 == next.stamp.sequence
    )


async def verify_signatures(
    kafka: KafkaConfig, realm: str, history: ReferenceHistory, *, appeal: str | None = None
) -> SignatureReport:
    """Verify the log, or only what was said about *appeal*. Raises errors of Kafka."""
    partitions = range(PARTITIONS) if appeal is None else [partition_of(appeal.encode())]
    verifiers = {partition: SignatureVerifier(history, realm) for partition in partitions}
    key, report = None if appeal is None else appeal.encode(), SignatureReport()
    async for batch in read_batches(kafka, LOG.name(realm), dict.fromkeys(partitions, 0)):
        wanted = batch if key is None else [record for record in batch if record.key == key]
        _count(report, verifiers[batch[0].partition].add(wanted), appeal)
    for verifier in verifiers.values():
        _count(report, verifier.finish(), appeal)
    return report


def _count(report: SignatureReport, statements: Iterable[Statement], appeal: str | None) -> None:
    for statement in statements:
        report.add(statement)
        if appeal is not None:
            report.statements.append(statement)
