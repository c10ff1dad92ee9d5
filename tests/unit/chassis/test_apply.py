"""Which records of a batch are beyond the checkpoint, and whether one is missing."""

import pytest

from natija_chassis.projections.apply import advance
from natija_chassis.projections.checkpoints import Checkpoint, Gap
from natija_chassis.projections.log_records import LogRecord


def entry(partition: int, offset: int, logsequence: int | None) -> LogRecord:
    return LogRecord(partition, offset, "KG-1", logsequence, None, ValueError())


HELD = {0: Checkpoint(0, 10, 5), 1: Checkpoint(1)}


def test_records_below_checkpoint_are_skipped() -> None:
    """At the checkpoint, too."""
    batch = [entry(0, 8, 4), entry(0, 10, 5), entry(0, 11, 6), entry(0, 13, 7)]
    fresh, moved = advance(HELD, batch)
    assert [one.offset for one in fresh] == [11, 13]
    assert moved == [Checkpoint(0, 13, 7)]


def test_old_batch_moves_no_checkpoint() -> None:
    assert advance(HELD, [entry(0, 10, 5)]) == ([], [])


def test_partitions_advance_independently() -> None:
    fresh, moved = advance(HELD, [entry(0, 12, 6), entry(1, 0, 1), entry(1, 1, 2)])
    assert len(fresh) == 3
    assert moved == [Checkpoint(0, 12, 6), Checkpoint(1, 1, 2)]


@pytest.mark.parametrize("batch", [[entry(0, 12, 7)], [entry(0, 12, 6), entry(0, 13, 8)], [entry(1, 4, 2)]])
def test_jump_in_logsequence_is_gap(batch: list[LogRecord]) -> None:
    """At the checkpoint and inside a batch."""
    with pytest.raises(Gap):
        advance(HELD, batch)


def test_unreadable_logsequence_counts_as_next() -> None:
    _, moved = advance(HELD, [entry(0, 12, None), entry(0, 13, 7)])
    assert moved == [Checkpoint(0, 13, 7)]
