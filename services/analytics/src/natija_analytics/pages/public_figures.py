"""The public part of a snapshot, for the page and its files alike. None stands for too few appeals to show."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from natija_analytics.pages.snapshots import Snapshot
from natija_analytics.reports.definitions import Subject
from natija_analytics.reports.late_answers import AnswerSums
from natija_analytics.reports.small_counts import PublicCount, PublicLine, public_count, public_counts, public_lines


class PublicAnswers(NamedTuple):
    """The answers of a *body* (None: of none), and the late ones among them."""

    body: str | None
    answered: PublicCount
    late: PublicCount


def received(snapshot: Snapshot) -> PublicCount:
    """The appeals received, of the forms that count."""
    return public_count(snapshot.received)


def lines(snapshot: Snapshot, subject: Subject) -> list[PublicLine] | None:
    """The lines of the report by *subject*."""
    return None if received(snapshot).small else public_lines(snapshot.reports[subject])


def months(snapshot: Snapshot) -> list[tuple[date, PublicCount]] | None:
    """The appeals received in each month."""
    shown = None if received(snapshot).small else public_counts(list(snapshot.months.values()))
    return None if shown is None else list(zip(snapshot.months, shown, strict=True))


def answer_totals(snapshot: Snapshot) -> tuple[PublicCount, PublicCount]:
    """The answers given, and the late ones among them."""
    answered = sum(one.answered for one in snapshot.answers)
    late = sum(one.answered_late for one in snapshot.answers)
    if _is_open(snapshot):
        return PublicCount(answered), PublicCount(late)
    return public_count(answered), public_count(late)


def answers(snapshot: Snapshot) -> list[PublicAnswers] | None:
    """The answers given, and the late ones among them, by body."""
    sums: Sequence[AnswerSums] = snapshot.answers
    if _is_open(snapshot):
        return [PublicAnswers(one.key, PublicCount(one.answered), PublicCount(one.answered_late)) for one in sums]
    if any(total.small for total in answer_totals(snapshot)):
        return None
    answered = public_counts([one.answered for one in sums])
    late = public_counts([one.answered_late for one in sums])
    if answered is None or late is None:
        return None
    return [PublicAnswers(one.key, *counts) for one, *counts in zip(sums, answered, late, strict=True)]


def _is_open(snapshot: Snapshot) -> bool:
    """Whether small counts are shown: a body answers in public for its work, but one region can have few people."""
    return not snapshot.filter.region
