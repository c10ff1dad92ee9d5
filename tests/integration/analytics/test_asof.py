"""As of T, on a real PostgreSQL: the database says of every appeal what a plain fold says."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine
from tests.unit.analytics.histories import Log, appeal_lateness, appeal_number, hour, random_log, registered

from natija_analytics.projection import projection
from natija_analytics.reports import overdue
from natija_analytics.reports.overdue import AppealLateness, LatenessSums
from natija_events.types.deadlines import Missed, TermExtended, TermSet
from natija_events.types.intake import DuplicateLinked, DuplicateUnlinked
from natija_events.types.routing import Answered, Forwarded, Routed


async def project(engine: AsyncEngine, log: Log) -> None:
    async with engine.begin() as connection:
        await projection.build().apply(connection, log.events)


async def lateness(engine: AsyncEngine, at: datetime) -> list[AppealLateness]:
    async with engine.connect() as connection:
        return [late async for late in overdue.by_appeal(connection, at)]


async def test_query_equals_the_fold(engine: AsyncEngine) -> None:
    """Over random histories: body, term, closure and lateness of every appeal, and the sums."""
    log = random_log(3000, seed=20190101)
    await project(engine, log)
    late = 0
    for at in [hour(number) for number in (-1, 0, 2, 3.5, 7, 12, 17.5, 24, 30, 60)]:
        expected = appeal_lateness(log, at)
        found = await lateness(engine, at)
        assert [(one.number, one.body, one.due, one.closed, one.overdue) for one in found] == [
            (one.number, one.body, one.due, one.closed, one.overdue) for one in expected
        ]
        late += sum(one.overdue for one in expected)
        for key in overdue.KEYS:
            await _sums_up(engine, at, key, [(getattr(one, key), one) for one in expected])
    assert late > 1000


async def _sums_up(
    engine: AsyncEngine, at: datetime, key: overdue.Key, expected: list[tuple[str | None, object]]
) -> None:
    sums: dict[str | None, list[int]] = {}
    for value, one in expected:
        counts = sums.setdefault(value, [0, 0, 0, 0])
        late, closed = one.overdue, one.closed is not None  # type: ignore[attr-defined]
        for place, holds in enumerate((True, late or one.due, late and closed, late and not closed)):  # type: ignore[attr-defined]
            counts[place] += bool(holds)
    async with engine.connect() as connection:
        found = await overdue.by_key(connection, at, key)
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
        assert await overdue.by_key(connection, hour(9), "region") == [LatenessSums("chuy", 1, 1, 0, 0)]
        assert await overdue.by_key(connection, hour(10.5), "region") == [LatenessSums("chuy", 1, 1, 0, 1)]
        assert await overdue.by_key(connection, hour(11), "region") == [LatenessSums("chuy", 1, 1, 1, 0)]


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


async def test_missed_event_makes_nothing_late(engine: AsyncEngine) -> None:
    """Late is computed from the term and the answer."""
    await one_appeal(
        engine,
        (0, TermSet(due=hour(10))),
        (9, Answered(outcome="explained")),
        (10, Missed(term="answer-1", due=hour(10))),
    )
    assert not await is_overdue(engine, 99)


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
        (12, TermSet(due=hour(50))),
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
    assert late == AppealLateness(appeal_number(0), "7", None, None, None, False)
