"""As of T, on a real PostgreSQL: the database says of every appeal what a plain fold says."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.unit.analytics import karaganda
from tests.unit.events.histories import START, Log, appeal_lateness, appeal_number, hour, random_log, registered
from tests.unit.events.histories import AppealLateness as Expected

from natija_analytics.projection import projection
from natija_analytics.reports import breaches as reports
from natija_analytics.reports import late_answers, overdue
from natija_analytics.reports.late_answers import AnswerSums
from natija_analytics.reports.overdue import AppealLateness, LatenessSums, NoTermSums
from natija_chassis.reports.period import Period
from natija_events.terms.facts import facts_of
from natija_events.terms.lateness import ANSWER_KINDS, judge_answer
from natija_events.terms.lateness_sql import breaches_sql
from natija_events.types.deadlines import Missed, Term, TermAnnulled, TermExtended, TermOrigin, TermSet
from natija_events.types.intake import DuplicateLinked, DuplicateUnlinked
from natija_events.types.routing import Answered, Forwarded, Routed


async def project(engine: AsyncEngine, log: Log) -> None:
    async with engine.begin() as connection:
        await projection.build().apply(connection, log.events)


async def lateness(engine: AsyncEngine, at: datetime, known: datetime | None = None) -> list[AppealLateness]:
    async with engine.connect() as connection:
        return [late async for late in overdue.by_appeal(connection, at, known)]


TIMES = [hour(number) for number in (-1, 0, 3.5, 7, 12, 17.5, 24, 60)]


@pytest.mark.parametrize("known", [None, hour(1001), hour(1003)])
@pytest.mark.parametrize("appeals", [500, pytest.param(1500, marks=pytest.mark.thorough)])
async def test_query_equals_the_fold(engine: AsyncEngine, known: datetime | None, appeals: int) -> None:
    """Over random histories: body, term, closure and lateness of every appeal, and the sums."""
    log = random_log(appeals, seed=20190101)
    await project(engine, log)
    late = 0
    for at in TIMES:
        expected = appeal_lateness(log, at, known)
        found = await lateness(engine, at, known)
        assert [(one.number, one.body, one.due, one.closed, one.overdue) for one in found] == [
            (one.number, one.body, one.due, one.closed, one.overdue) for one in expected
        ]
        assert await breaches(engine, at, known) == {
            (one.number, *breach) for one in expected for breach in one.breaches
        }
        late += sum(one.overdue for one in expected)
        for key in overdue.KEYS:
            await _sums_up(engine, at, known, key, expected)
    assert late > 500


async def test_late_answers_equal_the_fold(engine: AsyncEngine) -> None:
    """Over the register of Karaganda, and over random histories."""
    register, other = karaganda.build_register(), random_log(500, seed=20220331)
    await project(engine, register)
    await project(engine, other)
    late = 0
    for period in (karaganda.YEAR, karaganda.QUARTER, *(Period(START.date(), START.date(), zone) for zone in ZONES)):
        for key in overdue.KEYS:
            sums = expected_answers((register, other), period, key)
            assert {one.key: list(one[1:]) for one in await answers(engine, period, key)} == sums
            late += sum(of_key[1] for of_key in sums.values())
    assert late > 450  # of them 426 of Karaganda


@pytest.mark.parametrize("known", [None, hour(1001)])
async def test_breaches_equal_the_fold(engine: AsyncEngine, known: datetime | None) -> None:
    """By body and kind and by kind alone, over random histories; the appeals without a term, and the forwards back."""
    log = random_log(500, seed=20261128)
    await project(engine, log)
    total = 0
    for at in TIMES:
        expected = appeal_lateness(log, at, known)
        for key in reports.KEYS:
            async with engine.connect() as connection:
                found = await reports.by_key(connection, at, key, known)
            sums: defaultdict[tuple[str | None, str], list[int]] = defaultdict(lambda: [0, 0, 0])
            for one in expected:
                for breach in one.breaches:
                    of = sums[None if key == "kind" or breach.kind == "overall" else breach.holder, breach.kind]
                    of[0], of[1 if one.closed is None else 2] = of[0] + 1, of[1 if one.closed is None else 2] + 1
            assert {one[:2]: list(one[2:]) for one in found.sums} == sums
            without = [one.closed is not None for one in expected if not (one.overdue or one.due)]
            assert found.no_term == NoTermSums(0, sum(without), len(without) - sum(without))
            assert found.forwarded_back == sum(was_forwarded_back(log, one.number, at, known) for one in expected)
            total += sum(one.breaches for one in found.sums) + found.forwarded_back
    assert total > 500


def was_forwarded_back(log: Log, number: str, at: datetime, known: datetime | None) -> bool:
    held = set[str]()
    seen = [one for one in log.of(number) if one.time <= at and (known is None or one.recordedtime <= known)]
    for event in sorted(seen, key=lambda one: (one.time, one.sequence)):
        for fact in facts_of(event):
            if fact.term is None and fact.holder is not None:
                if isinstance(event.data, Forwarded) and fact.holder in held:
                    return True
                held.add(fact.holder)
    return False


async def test_every_kind_has_its_breaches(engine: AsyncEngine) -> None:
    """Registered late at A, forwarded late to B and back to A, answered late: the overall term is of no body."""
    log, appeal = Log(), appeal_number(0)

    def set(hours: float, *terms: tuple[str, str | None, int, float]) -> None:
        found = tuple(
            Term(id=id, holder=holder, origin=TermOrigin(sequence=origin, instant=hour(0)), due=hour(due),
                 ends=("end", "appeal.forwarded") if id.startswith("answer") else ("end",))
            for id, holder, origin, due in terms
        )  # fmt: skip
        log.add(appeal, hour(hours), TermSet(terms=found))

    log.add(appeal, hour(0), registered(hour(-9), addressee="A"))
    set(0, ("registration-1", "A", 1, -1), ("answer-1", None, 1, 10))
    log.add(appeal, hour(5), Forwarded(body="B"))
    set(5, ("answer-2", None, 3, 15), ("overall-1", None, 1, 10), ("forward-1", "A", 1, 2))
    log.add(appeal, hour(12), Forwarded(body="A"))
    log.add(appeal, hour(13), Answered(outcome="explained"))
    await project(engine, log)
    async with engine.connect() as connection:
        found = await reports.by_key(connection, hour(20), "body")
        assert found.sums == [
            ("A", "registration", 1, 0, 1), ("A", "forward", 1, 0, 1), (None, "overall", 1, 0, 1)
        ]  # fmt: skip
        assert (found.no_term, found.forwarded_back) == (NoTermSums(0, 0, 0), 1)
        by_kind = await reports.by_key(connection, hour(11), "kind")
        assert by_kind.sums == [
            (None, "registration", 1, 1, 0), (None, "overall", 1, 1, 0), (None, "forward", 1, 1, 0)
        ]  # fmt: skip


async def test_karaganda_counts_its_late_answers(engine: AsyncEngine) -> None:
    """40 of local bodies in the first quarter of 2022, 91 in 2021; and again when the log is read in other batches."""
    log = karaganda.build_register()
    for size in (len(log.events), 97):
        async with engine.begin() as connection:
            await connection.execute(text("truncate history, facts, term_facts"))
            for start in range(0, len(log.events), size):
                await projection.build().apply(connection, log.events[start : start + size])
        for period, expected, total in (
            (karaganda.YEAR, karaganda.LATE_IN_YEAR, 91),
            (karaganda.QUARTER, karaganda.LATE_IN_QUARTER, 40),
        ):
            found = {one.key: one.answered_late for one in await answers(engine, period, "body") if one.answered_late}
            assert found.pop(karaganda.CENTRAL) == karaganda.CENTRAL_LATE[period]
            assert found == karaganda.local_bodies(expected)
            assert sum(found.values()) == total


DUES = ("set", "resumed", "extended", "corrected")
ZONES = ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago")
"""Their first day of 2019 ends in the middle of the random histories, too."""


async def answers(engine: AsyncEngine, period: Period, key: overdue.Key) -> list[AnswerSums]:
    async with engine.connect() as connection:
        return await late_answers.by_key(connection, period, key)


def expected_answers(logs: Iterable[Log], period: Period, key: overdue.Key) -> dict[str | None, list[int]]:
    """The verdict of the fold on each appeal, summed up."""
    first, end = period.bounds()
    sums: defaultdict[str | None, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for log in logs:
        for appeal in appeal_lateness(log, end):
            facts = [fact for event in log.of(appeal.number) for fact in facts_of(event)]
            given = judge_answer(facts, end)
            if given is not None and first <= given.time < end:
                had = any(
                    (one.term or "").startswith("answer-") for one in facts if one.change in DUES and one.time <= end
                )
                sums[getattr(appeal, key)][3] += not had
                sums[getattr(appeal, key)][0] += 1
                sums[given.body if key == "body" else getattr(appeal, key)][1] += given.late
    return sums


async def breaches(engine: AsyncEngine, at: datetime, known: datetime | None) -> set[tuple[Any, ...]]:
    """Every breach of an appeal that was received by then."""
    query = text(
        f"with {breaches_sql()} select appeal, term, breaches.due, holder"
        " from breaches join facts using (appeal) where received <= :at"
    )
    async with engine.connect() as connection:
        await connection.execute(overdue.PLAN)
        return {tuple(row) for row in await connection.execute(query, {"at": at, "known": known})}


async def _sums_up(
    engine: AsyncEngine, at: datetime, known: datetime | None, key: overdue.Key, expected: list[Expected]
) -> None:
    sums: defaultdict[str | None, list[int]] = defaultdict(lambda: [0] * 8)
    for one in expected:
        value, closed = getattr(one, key), one.closed is not None
        sums[value][0] += 1
        sums[value][1 if one.overdue or one.due else 4] += 1
        if not (one.overdue or one.due):
            sums[value][6 if closed else 7] += 1
        kinds = ("answer",) if key == "body" else ANSWER_KINDS
        late = [breach for breach in one.breaches if breach.kind in kinds]
        for held in {breach.holder if key == "body" else value for breach in late}:
            sums[held][2 if closed else 3] += 1
    async with engine.connect() as connection:
        found = await overdue.by_key(connection, at, key, known)
    assert {one.key: list(one[1:]) for one in found} == sums


async def one_appeal(engine: AsyncEngine, *events: tuple[float, object]) -> None:
    log = Log()
    log.add(appeal_number(0), hour(0), registered(hour(0), region="chuy", external_id="7"))
    for at, data in events:
        log.add(appeal_number(0), hour(at), data)  # type: ignore[arg-type]
    await project(engine, log)


async def is_overdue(engine: AsyncEngine, at: float) -> bool:
    (late,) = await lateness(engine, hour(at))
    return late.overdue


async def test_open_appeal_is_late_after_due(engine: AsyncEngine) -> None:
    await one_appeal(engine, (0, TermSet(due=hour(10))))
    assert not await is_overdue(engine, 10)
    assert await is_overdue(engine, 10.001)


async def test_answer_at_due_is_in_time(engine: AsyncEngine) -> None:
    await one_appeal(engine, (0, TermSet(due=hour(10))), (10, Answered(outcome="explained")))
    assert not await is_overdue(engine, 99)


async def test_late_answer_is_closed_late(engine: AsyncEngine) -> None:
    """From the answer on; before it the appeal is open and overdue."""
    await one_appeal(engine, (0, TermSet(due=hour(10))), (11, Answered(outcome="explained")))
    async with engine.connect() as connection:
        assert await overdue.by_key(connection, hour(9), "region") == [LatenessSums("chuy", 1, 1, 0, 0, 0)]
        assert await overdue.by_key(connection, hour(10.5), "region") == [LatenessSums("chuy", 1, 1, 0, 1, 0)]
        assert await overdue.by_key(connection, hour(11), "region") == [LatenessSums("chuy", 1, 1, 1, 0, 0)]


async def test_later_extension_cures_nothing(engine: AsyncEngine) -> None:
    """The term had passed while the appeal was open."""
    await one_appeal(
        engine,
        (0, TermSet(due=hour(10))),
        (11, TermExtended(term="answer-1", due=hour(20))),
        (15, Answered(outcome="explained")),
    )
    assert not await is_overdue(engine, 10)
    assert await is_overdue(engine, 12)
    assert await is_overdue(engine, 15)


async def test_extension_in_time_moves_due(engine: AsyncEngine) -> None:
    await one_appeal(
        engine,
        (0, TermSet(due=hour(10))),
        (10, TermExtended(term="answer-1", due=hour(20))),
        (20, Answered(outcome="explained")),
    )
    assert not await is_overdue(engine, 99)


async def test_recorded_breach_stands_until_annulled(engine: AsyncEngine) -> None:
    await one_appeal(
        engine,
        (0, TermSet(due=hour(10))),
        (9, Answered(outcome="explained")),
        (10, Missed(term="answer-1", due=hour(10))),
        (20, TermAnnulled(term="answer-1", due=hour(10), reason="calendar")),
    )
    assert await is_overdue(engine, 19)
    assert not await is_overdue(engine, 20)


async def test_term_set_after_the_end_counts(engine: AsyncEngine) -> None:
    """The answer came after the due instant, and the term was not set before: its calendar was missing."""
    await one_appeal(engine, (15, Answered(outcome="explained")), (20, TermSet(due=hour(10))))
    assert not await is_overdue(engine, 19)
    assert await is_overdue(engine, 20)


async def test_breach_is_of_its_holder(engine: AsyncEngine) -> None:
    """A missed the term and forwarded; B answered the next day."""
    await one_appeal(
        engine,
        (0, Routed(body="A")),
        (0, answer_term("answer-1", 1, hour(10))),
        (10, Missed(term="answer-1", due=hour(10))),
        (20, Forwarded(body="B")),
        (20, answer_term("answer-2", 5, hour(40), holder="B")),
        (21, Answered(outcome="explained")),
    )
    async with engine.connect() as connection:
        assert await overdue.by_key(connection, hour(60), "body") == [
            LatenessSums("A", 0, 0, 1, 0, 0),
            LatenessSums("B", 1, 1, 0, 0, 0),
        ]


def answer_term(id: str, sequence: int, due: datetime, holder: str | None = None) -> TermSet:
    origin = TermOrigin(sequence=sequence, instant=hour(0))
    return TermSet(terms=(Term(id=id, holder=holder, origin=origin, due=due, ends=("end", "appeal.forwarded")),))


async def test_late_record_counts_by_time(engine: AsyncEngine) -> None:
    """It happened before, but was recorded later."""
    await one_appeal(engine, (12, TermSet(due=hour(10))), (5, TermSet(due=hour(30))))
    assert not await is_overdue(engine, 11)
    assert await is_overdue(engine, 13)


async def test_forward_keeps_a_breach(engine: AsyncEngine) -> None:
    """The new body has a term of its own."""
    await one_appeal(
        engine,
        (0, TermSet(due=hour(10))),
        (1, Routed(body="A")),
        (11, Forwarded(body="B")),
        (12, answer_term("answer-2", 4, hour(50))),
    )
    (late,) = await lateness(engine, hour(13))
    assert (late.body, late.due, late.overdue) == ("B", hour(50), True)


async def test_merged_appeal_is_late_once_open(engine: AsyncEngine) -> None:
    """Its term passed while it was merged."""
    await one_appeal(
        engine,
        (0, TermSet(due=hour(10))),
        (5, DuplicateLinked(of="KG-0000-0000-0000-00")),
        (20, DuplicateUnlinked(signer="s")),
    )
    assert not await is_overdue(engine, 19)
    assert await is_overdue(engine, 21)


async def test_unreceived_appeal_does_not_count(engine: AsyncEngine) -> None:
    await one_appeal(engine)
    assert await lateness(engine, hour(-1)) == []
    (late,) = await lateness(engine, hour(0))
    assert late == AppealLateness(appeal_number(0), "7", None, None, None, False, "not-set")
