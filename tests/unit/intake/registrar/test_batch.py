"""Deciding a batch without servers: each record becomes events or one rejection, in the order of arrival."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.sealing import KEYS, sealed_event
from tests.unit.intake.realm import REFERENCE

from natija_events.ids import new_appeal_number
from natija_events.kafka import partition_of
from natija_events.kafka.bounded_batches import SkippedBatch
from natija_events.reference.data import ReferenceData
from natija_events.types.intake import Registered, Supplemented
from natija_events.wire.envelope import Event
from natija_events.wire.proposal import write_proposal
from natija_events.wire.rejection import read_rejected
from natija_intake.registrar.admission import AdmissionState, PolledRecord
from natija_intake.registrar.batch import ORIGINALS, RUN_RECORDS, BatchDecider, DecidedBatch, LogEnd, read_batch
from natija_intake.registrar.heads import NO_HEAD, Head
from natija_intake.registrar.shards.locks import ShardLayout, fair_share
from natija_intake.registrar.shards.pipeline import PendingBatch, PendingBatches

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SOURCE = "/services/intake"
NUMBER = new_appeal_number("kg")


def event(data: Registered | Supplemented) -> Event:
    return sealed_event(SOURCE, NUMBER, NOW, data)


def opening() -> Event:
    return event(Registered(kind="complaint", form="written", channel="other", received=NOW, jurisdiction="KG"))


def polled(one: Event, offset: int) -> PolledRecord:
    key, value, headers = write_proposal([one])
    return PolledRecord(partition_of(key), offset, key, value, headers, timedelta(0))


def decide(
    *records: PolledRecord,
    log_end: LogEnd | None = None,
    now: datetime = NOW,
    reference: Callable[[datetime], ReferenceData] = lambda _: REFERENCE,
) -> DecidedBatch:
    log_ends = {partition_of(NUMBER.encode()): log_end or LogEnd()}
    decider = BatchDecider(AdmissionState(), log_ends, reference, KEYS, "kg", now)
    decider.decide_all(read_batch(records))
    return decider.decided


def test_later_proposal_sees_earlier_one() -> None:
    """The second event of an appeal is decided on the head that the first one left in the same batch."""
    decided = decide(polled(opening(), 0), polled(event(Supplemented()), 1))
    assert (len(decided.log), decided.rejections, decided.changed) == (2, [], {NUMBER})
    assert [one.sequence for one in decided.keys] == [1, 2]


def test_each_record_has_one_outcome() -> None:
    """A duplicate and a malformed record become rejections, and leave the log as it is."""
    first = opening()
    malformed = polled(first, 2)._replace(value=b"\xff")
    decided = decide(polled(first, 0), polled(first, 1), malformed)
    assert len(decided.log) == 1
    assert [why.reason for why, _ in decided.rejections] == ["duplicate", "unreadable"]
    assert len(decided.rejected) == 2


def malformed(offset: int) -> PolledRecord:
    return PolledRecord(partition_of(NUMBER.encode()), offset, None, b"\xff", [], timedelta(0))


def test_flood_becomes_one_record() -> None:
    """A run of records without a proposal is recorded once, with its offsets and the digests of all."""
    decided = decide(*(malformed(offset) for offset in range(5, 5 + RUN_RECORDS)))
    (record,) = decided.rejected
    read = read_rejected(record.partition, record.value, record.headers)
    assert (record.key, read.inboxoffsets, read.records) == (None, range(5, 5 + RUN_RECORDS), RUN_RECORDS)
    assert (read.bytes, read.original, len(read.digest)) == (RUN_RECORDS, None, 64)
    assert [count for _, count in decided.rejections] == [RUN_RECORDS]


def test_skipped_batch_becomes_one_record() -> None:
    """It names the offsets and the digest of the batch. Of a single large record, too."""
    for count, large, reason in ((50_000, True, "oversize"), (1, True, "oversize"), (3, False, "unreadable")):
        value = SkippedBatch()
        value.first, value.records, value.rule, value.large = 5, count, "is in a batch of ...", large
        value.size, value.digest = 540_000, "0f" * 32
        decided = decide(malformed(4 + count)._replace(value=value), polled(opening(), 5 + count))
        (record,) = decided.rejected
        read = read_rejected(record.partition, record.value, record.headers)
        assert (read.rejection.reason, read.inboxoffsets, read.records) == (reason, range(5, 5 + count), count)
        assert (read.bytes, read.original, len(decided.log)) == (540_000, None, 1)
        assert decided.rejections[0][1] == count


def test_short_run_keeps_originals() -> None:
    """Readable proposals end a run, and are decided. A batch keeps some originals, and the digests of the others."""
    run = RUN_RECORDS - 1
    decided = decide(
        *(malformed(offset) for offset in range(run)),
        polled(opening(), run),
        *(malformed(offset) for offset in range(run + 1, 2 * run + 1)),
    )
    assert (len(decided.log), len(decided.rejected)) == (1, 2 * run)
    found = [read_rejected(0, one.value, one.headers) for one in decided.rejected]
    assert [one.original is not None for one in found] == [True] * ORIGINALS + [False] * (2 * run - ORIGINALS)
    assert len({one.digest for one in found}) == 1


def test_retry_is_kept_by_digest() -> None:
    """It takes less room than the proposal, which is on the log. So does an id that is used again."""
    first = opening()
    request = Registered(kind="request", form="written", channel="other", received=NOW, jurisdiction="KG")
    reused = sealed_event(SOURCE, NUMBER, NOW, request, id=first.id)
    decided = decide(polled(first, 0), polled(first, 1), polled(reused, 2))
    assert [why.reason for why, _ in decided.rejections] == ["duplicate", "reused"]
    for record in decided.rejected:
        read = read_rejected(record.partition, record.value, record.headers)
        assert (read.original, len(read.digest), read.proposal.id) == (None, 64, first.id)
        assert len(record.value) < 150


def test_unreadable_keeps_its_identity() -> None:
    """Key, subject, source and id stay where they can be read, so the publisher finds its rejection."""
    event = opening()
    (record,) = decide(polled(event, 0)._replace(value=b"\xff")).rejected
    read = read_rejected(record.partition, record.value, record.headers)
    assert record.key == NUMBER.encode()
    assert read.proposal == (NUMBER, SOURCE, event.id)


def test_key_without_number_is_dropped() -> None:
    """It may hold anything, also a person's name."""
    (record,) = decide(polled(opening(), 0)._replace(key="Айгүл Асанова".encode())).rejected
    assert record.key is None


def test_recorded_time_never_decreases() -> None:
    """A clock that goes back does not move the recorded time of a partition back."""
    log_end = LogEnd(4, NOW + timedelta(hours=1))
    decide(polled(opening(), 0), log_end=log_end)
    assert (log_end.logsequence, log_end.recordedtime) == (5, NOW + timedelta(hours=1))


def test_newest_pending_batch_wins() -> None:
    """The heads after all pending batches are those of the newest batch that changed them."""
    pending = PendingBatches()
    for hash in ("first", "second"):
        state = AdmissionState({NUMBER: Head(hash=hash)})
        pending.append(PendingBatch(0.0, state, DecidedBatch(), {}, {}, 7))
    assert pending.state().head(NUMBER).hash == "second"
    pending.remove_oldest()
    pending.remove_oldest()
    assert pending.state().head(NUMBER) == NO_HEAD
    assert not pending


def test_fair_share_is_rounded_up() -> None:
    """Three members of a realm with four shards own two shards at most."""
    layout = ShardLayout(1, 4, True)
    assert [fair_share(layout, members) for members in (0, 1, 3, 4, 5)] == [4, 4, 2, 1, 1]


def test_proposal_is_held_to_its_time() -> None:
    """Reference data in force when it reached the inbox counts, and the event carries the version decided on."""
    ended = ReferenceData(version=8)

    def reference(instant: datetime) -> ReferenceData:
        return replace(REFERENCE, version=8) if instant < NOW else ended

    early = polled(opening(), 0)._replace(waited=timedelta(minutes=1))
    decided = decide(early, polled(event(Supplemented()), 1), reference=reference)
    assert dict(decided.log[0].headers)["ce_referenceversion"] == b"8"
    assert [why.reason for why, _ in decided.rejections] == ["forbidden"]
