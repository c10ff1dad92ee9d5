"""Queries that judge terms again: a comparison of policies, and a worklist of a past day, among a million appeals."""

import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from tests.bench.measurement import LONG_RUNS, Figure
from tests.bench.setup import BenchSetup, engine_of

from natija_deadlines.policies.policy import Policy, load_policies
from natija_deadlines.policies.rules import LengthRule
from natija_deadlines.what_if.comparison import compare
from natija_deadlines.worklists import queries
from natija_deadlines.worklists.queries import ListPlace
from natija_deadlines.worklists.selection import Selection

APPEALS, DAYS = 1_000_000, 700
"""Rows that SQL makes; no event stands behind them. A sixth is forwarded, a third answered late, one in fifty never."""
WANTED, WANTED_MS = 20_000.0, 10_000.0
"""Appeals a second of what-if, and the page of a list."""
_PERIOD = timedelta(days=140)
_PAGE = 50
_FIRST = datetime.fromisoformat("2023-01-02T00:00:00+00:00")
_FILL = (
    "select setseed(0.5)",
    """
    create temporary table lives as
    select *, greatest(received, forwarded) - ln(1 - random()) * interval '11 days' as answered,
        coalesce(forwarded, received) + interval '21 days' as last_due, random() > 0.02 as closed
    from (
        select 'made-' || n as appeal, received, received + interval '21 days' as due,
            'body-' || n % 200 as body, 'body-' || n * 7 % 200 as next_body,
            case when random() < 0.15 then received + interval '1 day' + random() * interval '24 days' end as forwarded
        from (
            select n, cast(:first as timestamptz) + random() * :days * interval '1 day' as received
            from generate_series(1, :appeals) as n
        ) as received
    ) as forwarded
    """,
    """
    insert into term_facts (
        appeal, sequence, place, time, recordedtime, change, name, term, due, holder, origin_sequence, ends, pauses,
        counts
    )
    select appeal, sequence, 0, time, time, change, 'appeal.' || name, term, fact.due, holder, origin,
        case when change = 'set' then array['end', 'appeal.forwarded'] end,
        case when change = 'set' then cast(array[] as text[]) end, case when change = 'set' then true end
    from lives cross join lateral (values
        (1, received, 'opened', 'registered', null, null, body, null, true),
        (2, received, 'set', 'term-set', 'answer-1', due, body, 1, true),
        (3, received, 'stepped', 'routed', null, null, body, null, true),
        (4, due, 'missed', 'missed', 'answer-1', due, null, null, forwarded > due),
        (5, forwarded, 'stepped', 'forwarded', null, null, next_body, null, forwarded is not null),
        (6, forwarded, 'set', 'term-set', 'answer-2', last_due, next_body, 5, forwarded is not null),
        (7, last_due, 'missed', 'missed', case when forwarded is null then 'answer-1' else 'answer-2' end, last_due,
            null, null, answered > last_due or not closed),
        (8, answered, 'ended', 'answered', null, null, null, null, closed)
    ) as fact (sequence, time, change, name, term, due, holder, origin, happened)
    where happened
    """,
    """
    insert into appeals (
        appeal, state, resume, opened, sequence, material, termed, running, jurisdiction, kind, fed, received, holder,
        opening, held_from, starts, terms, due, breach, final_time, final_recordedtime
    )
    select appeal, case when closed then 'ANSWERED' else 'IN_WORK' end, '{}', received, 8, 8, 8, not closed, 'KG',
        'application', false, received, coalesce(next_body, body), 1, 1, '[]', '[]', last_due,
        case when forwarded > due then due when answered > last_due or not closed then last_due end,
        case when closed then greatest(answered, last_due) end, case when closed then greatest(answered, last_due) end
    from lives
    """,
)
_BARE = text("""
    select term_facts.* from appeals join term_facts using (appeal) where received >= :first and received < :last
""")


async def bench(setup: BenchSetup) -> Figure:
    """The comparison with a policy of ten days instead of fifteen; beside it `past_worklist`."""
    with setup.progress_bar("what-if", 2 + 3 * LONG_RUNS) as step:
        realm = await setup.realms()
        for service in ("registrar", "deadlines"):
            child = await realm.serve(service)
        await child.stop()  # its tables are there; no timer may disturb
        engine = engine_of(realm, "deadlines")
        await _fill(engine)
        step()
        page = await _median(engine, _worklist, step)
        bare = await _median(engine, _read, step)
        seconds = await _median(engine, _compare, step)
        appeals = await _considered(engine)
        await engine.dispose()
        step()
    setup.figures["past_worklist"] = Figure(
        "past_worklist", page * 1000, WANTED_MS, "ms", bound=1.0, better="less",
        note=f"the {_PAGE} longest in breach a year ago, among {APPEALS:,} appeals",
    )  # fmt: skip
    return Figure(
        "what_if", appeals / seconds, WANTED, "appeals/s", bound=1.0,
        note=f"{appeals:,} of {APPEALS:,} appeals; to read their facts alone: {appeals / bare:,.0f}/s",
    )  # fmt: skip


async def _fill(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for statement in _FILL:
            given = {"first": _FIRST, "days": DAYS, "appeals": APPEALS} if ":first" in statement else {}
            await connection.execute(text(statement), given)
    async with engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text("vacuum analyze"))


async def _median(
    engine: AsyncEngine, work: Callable[[AsyncConnection], Awaitable[Any]], step: Callable[[], None]
) -> float:
    """Seconds of *work*, each time in a transaction of its own."""
    found = []
    for _ in range(LONG_RUNS):
        began = time.perf_counter()
        async with engine.begin() as connection:
            await work(connection)
        found.append(time.perf_counter() - began)
        step()
    return median(found)


async def _worklist(connection: AsyncConnection) -> None:
    selection = Selection(_FIRST + timedelta(days=DAYS / 2), past=True)
    rows = await queries.page(connection, selection, None, ListPlace(), _PAGE)
    assert len(rows) == _PAGE


async def _read(connection: AsyncConnection) -> None:
    list(await connection.execute(_BARE, {"first": _FIRST, "last": _FIRST + _PERIOD}))


async def _compare(connection: AsyncConnection) -> None:
    policies = load_policies()
    found = await compare(
        connection, _shorter(policies.by_jurisdiction["KG"][0]), policies.calendars["KG"], _FIRST, _FIRST + _PERIOD,
        _FIRST + timedelta(days=DAYS),
    )  # fmt: skip
    assert sum(one.late_after for one in found.by_body()) > sum(one.late_before for one in found.by_body()) > 0


def _shorter(policy: Policy) -> Policy:
    answer = policy.answer.model_copy(update={"lengths": (LengthRule(amount=10, unit="working"),)})
    return policy.model_copy(update={"terms": {**policy.terms, "answer": answer}})


async def _considered(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        query = text("select count(*) from appeals where received >= :first and received < :last")
        return int(await connection.scalar(query, {"first": _FIRST, "last": _FIRST + _PERIOD}) or 0)
