"""Pages of the desk among a million appeals: how long the slowest of twenty takes, beside the bare query."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import quantiles

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests import officials
from tests.bench.measurement import Figure
from tests.bench.setup import BenchSetup, engine_of
from tests.officials import Visitor
from tests.stack import Realm

from natija_routing.desk.cases import projection, queues
from natija_routing.desk.cases.queues import QUEUES, Filters, Queue, QueueDay, QueuePlace, Viewer

APPEALS = 1_000_000
"""Rows of five bodies, one of ten open. They are made by SQL: no event stands behind them."""
VISITS = 100
"""Of each page, one after the other."""
WANTED_MS = 300.0
_BODY = "ministry-health"
_POST = f"{_BODY}/executor"
_FILL = text("""
    insert into cases (
        appeal, state, resume, opened, sequence, material, termed, received, kind, topic, confidential, holder, fed,
        executor, term, due, extensions, breach, closed, outcome, body, stage
    )
    select 'KG-' || lpad(n::text, 16, '0'), case when open then 'IN_WORK' else 'ANSWERED' end, '{}', received, 3, 2, 3,
        received, 'application', 'roads', false, body, false, body || '/executor', 'answer-1',
        received + interval '14 days', 0, case when open and n % 7 = 0 then received + interval '14 days' end,
        case when not open then received + interval '9 days' end, case when not open then 'explained' end, body,
        case when open then (array['arrived', 'work', 'approval', 'signing'])[1 + n / 10 % 4] else 'closed' end
    from (
        select n, n % 10 = 0 as open, now() - interval '13 days' + (n % 1209600) * interval '1 second' as received,
            (array['ministry-health', 'ministry-labour', 'ministry-transport', 'ministry-economy', 'ministry-justice'])
                [1 + n / 100 % 5] as body
        from generate_series(1, :rows) as n
    ) as made
""")


async def bench(setup: BenchSetup) -> Figure:
    """The 95th percentile of all pages; the note has that of each, and of its query alone."""
    with setup.progress_bar("desk_pages", 3) as step, officials.provider() as issuer:
        realm = await setup.realms()
        variables = await officials.provision(realm, issuer, {_POST: ["executor", "registrar"]})
        await realm.serve("registrar")
        await asyncio.gather(realm.serve("intake"), realm.serve("desk", **variables))
        engine = engine_of(realm, "desk")
        await _fill(engine)
        step()
        bare = {name: await timed(run) for name, run in _queries(engine).items()}
        step()
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            number = await _file_appeal(realm, http)
            who = await Visitor(http, realm.url("desk").replace("127.0.0.1", "localhost")).sign_in(_POST)
            shown = {name: await timed(partial(_open, who, path)) for name, path in _paths(number).items()}
        await engine.dispose()
        step()
    slowest = p95([one for times in shown.values() for one in times])
    each = ", ".join(
        f"{name} {p95(times):.0f}" + (f" (query {p95(bare[name]):.1f})" if name in bare else "")
        for name, times in shown.items()
    )
    note = f"among {APPEALS:,} appeals; p95 of each page in ms: {each}"
    return Figure("desk_pages", slowest, WANTED_MS, "ms p95", bound=1.0, better="less", note=note)


async def _fill(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(_FILL, {"rows": APPEALS})
    async with engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text("vacuum analyze cases"))


def _queries(engine: AsyncEngine) -> Mapping[str, Callable[[], Awaitable[object]]]:
    """The query of each queue, as its page sends it."""
    now = datetime.now(UTC)
    viewer, day = Viewer(_BODY, (_POST,)), QueueDay(now, now + timedelta(hours=12))
    cases = projection.build()

    def query(queue: Queue) -> Callable[[], Awaitable[object]]:
        async def run() -> object:
            async with engine.connect() as connection:
                return await queues.page(connection, cases, queue, viewer, Filters(), day, None, 25)

        return run

    return {queue: query(queue) for queue in QUEUES}


def _paths(number: str) -> Mapping[str, str]:
    """The pages: each queue, the middle of a long one, a queue with a filter, and an appeal with its texts."""
    middle = QueuePlace(datetime.now(UTC) + timedelta(days=7), "KG-0")
    found: dict[str, str] = {queue: f"/ky/desk?queue={queue}" for queue in QUEUES}
    return found | {
        "middle": f"/ky/desk?queue=work&after={middle}",
        "filter": f"/ky/desk?queue=waiting&topic=roads&executor={_POST.replace('/', '%2F')}",
        "appeal": f"/ky/desk/appeals/{number}",
    }


async def timed(run: Callable[[], Awaitable[object]]) -> Sequence[float]:
    """Milliseconds of each of many runs, after one that is not counted."""
    await run()
    times = []
    for _ in range(VISITS):
        began = time.perf_counter()
        await run()
        times.append((time.perf_counter() - began) * 1000)
    return times


async def _open(who: Visitor, path: str) -> None:
    answer = await who.get(path)
    assert answer.status_code == 200, answer.text


async def _file_appeal(realm: Realm, http: httpx.AsyncClient) -> str:
    given = {"kind": "application", "channel": "electronic", "text": "Cold water since October", "addressee": _BODY}
    answer = await http.post(f"{realm.url('intake')}/appeals", json=given)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


def p95(times: Sequence[float]) -> float:
    """The 95th percentile of *times*."""
    return quantiles(times, n=20)[18]
