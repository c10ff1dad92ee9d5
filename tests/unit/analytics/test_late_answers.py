"""Late answers of a period, by the fold alone: the comparison that Karaganda region published."""

from collections import Counter, defaultdict

import pytest
from tests.unit.analytics import karaganda
from tests.unit.events.histories import Log

from natija_chassis.reports.period import Period
from natija_events.terms.facts import TermFact, facts_of
from natija_events.terms.lateness import judge, judge_answer
from natija_events.types.deadlines import TermSet
from natija_events.wire import record
from natija_events.wire.envelope import write_headers

LOG = karaganda.build_register()


def facts(log: Log) -> dict[str, list[TermFact]]:
    """The facts of each appeal, the latest first: the order in which they come does not matter."""
    return {appeal: [fact for event in reversed(log.of(appeal)) for fact in facts_of(event)] for appeal in log.appeals}


FACTS = facts(LOG)


def late_answers(period: Period, of: dict[str, list[TermFact]] = FACTS) -> dict[str, int]:
    """By local body, as of the end of *period*."""
    first, end = period.bounds()
    answers = [judge_answer(appeal, end) for appeal in of.values()]
    return dict(Counter(one.body for one in answers if one and one.late and first <= one.time < end and one.body))


@pytest.mark.parametrize(
    ("period", "expected", "total"),
    [(karaganda.YEAR, karaganda.LATE_IN_YEAR, 91), (karaganda.QUARTER, karaganda.LATE_IN_QUARTER, 40)],
    ids=["2021", "Q1 2022"],
)
def test_karaganda_counts_its_late_answers(period: Period, expected: dict[str, int], total: int) -> None:
    """By local body. Those of the central one are not among them."""
    found = late_answers(period)
    assert found.pop(karaganda.CENTRAL) == karaganda.CENTRAL_LATE[period]
    assert found == karaganda.local_bodies(expected)
    assert sum(found.values()) == total


def test_both_laws_gave_late_terms() -> None:
    """Law 221 counts calendar days, the Code working days."""
    end = karaganda.QUARTER.bounds()[1]
    answers = {appeal: judge_answer(of, end) for appeal, of in FACTS.items()}
    late = {appeal for appeal, answer in answers.items() if answer and answer.late}
    terms = [
        event.data.terms or () for event in LOG.events if isinstance(event.data, TermSet) and event.subject in late
    ]
    assert {term.policy for of in terms for term in of} == {"kz-law-221/1", "kz-appc/1"}


def test_replay_counts_the_same() -> None:
    """From the records as they stand on the log; and a register that is built again has the same facts."""
    replayed: defaultdict[str, list[TermFact]] = defaultdict(list)
    for one in LOG.events:
        headers = write_headers(one.event, one.stamp)
        replayed[one.subject] += facts_of(
            record.read_recorded_event(one.partition, one.offset, one.event.data, headers)
        )
    assert all(late_answers(one, replayed) == late_answers(one) for one in (karaganda.YEAR, karaganda.QUARTER))
    assert facts(karaganda.build_register()) == FACTS


def test_open_appeals_are_another_count() -> None:
    """At the end of the quarter. Appeals that were closed late without a late answer are a third one."""
    first, end = karaganda.QUARTER.bounds()
    found = [judge(appeal, end) for appeal in FACTS.values()]
    assert sum(one.closed is None and one.overdue for one in found) == karaganda.OPEN_PER_BODY * 14
    closed_late = [one for one in found if one.closed and first <= one.closed < end and one.overdue]
    assert len(closed_late) > sum(late_answers(karaganda.QUARTER).values()) + 14
