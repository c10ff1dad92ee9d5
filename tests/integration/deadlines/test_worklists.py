"""Worklists on a real PostgreSQL: from the rows as of now, and from the facts as of any time, they are the same.

The rows follow the order of the log, the facts the order in which things happened. So the histories here are in both.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from icalendar import Calendar
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from tests.integration.deadlines.test_projection import PROJECTION, life
from tests.unit.deadlines.history import at, history, registered
from tests.unit.events.histories import hour, random_log

from natija_chassis.clock import FixedClock
from natija_chassis.http import api_keys
from natija_chassis.http.app import create_apps
from natija_chassis.process.health import Health
from natija_chassis.settings import Settings
from natija_deadlines import api
from natija_deadlines.terms.state import AppealTerms, evolve
from natija_deadlines.worklists.queries import ListPlace, Sums
from natija_deadlines.worklists.rows import Row
from natija_deadlines.worklists.selection import Selection, Within
from natija_deadlines.worklists.worklist import Worklists
from natija_events.ids import derived_appeal_number
from natija_events.reference.data import ReferenceData
from natija_events.terms.lateness import lateness
from natija_events.types.deadlines import TermSet
from natija_events.types.routing import Answered, ExecutorChanged, Forwarded, Routed
from natija_events.wire.record import RecordedEvent

LISTS = Worklists(PROJECTION)
Lives = list[list[RecordedEvent]]


@pytest_asyncio.fixture(loop_scope="session")
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Its transaction is rolled back."""
    async with engine.connect() as made:
        yield made
        await made.rollback()


def is_in_order(events: Sequence[RecordedEvent]) -> bool:
    """Whether it was received first, and the log has the events in the order in which they happened."""
    times = [event.time for event in events]
    return times == sorted(times) and events[0].data.received <= times[0]  # type: ignore[union-attr]  # registered


FIXED = [life(number) for number in range(0, 1024, 7)]
RANDOM_LOG = random_log(600, seed=20261128)
RANDOM = [events for appeal in RANDOM_LOG.appeals if is_in_order(events := RANDOM_LOG.of(appeal))]
FED = history(
    ("2019-06-21", registered("2019-06-21", register_name="old", external_id="1", addressee="city")),
    ("2019-06-21", TermSet(due=at("2019-06-25"))),
    appeal=derived_appeal_number("KG", "fed"),
)


async def put(connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
    await PROJECTION.apply(connection, sorted(events, key=lambda event: event.sequence))


async def listed(connection: AsyncConnection, selection: Selection) -> list[Row]:
    return [row async for row in LISTS.rows(connection, selection)]


def without_executors(rows: Sequence[Row]) -> list[Row]:
    return [row._replace(executor=None) for row in rows]


Judged = dict[str, tuple[str | None, datetime | None, datetime | None]]


def judged(lives: Lives, now: datetime) -> Judged:
    """All open appeals as a plain fold judges them: the holder, the due instant, and the first breach of an answer."""
    found = {}
    for events in lives:
        late, state = lateness(events, now), AppealTerms(events[0].subject)
        for event in events:
            state = evolve(state, event) if event.time <= now else state
        if late is not None and late.closed is None:
            breach = min((one.due for one in late.breaches if one.kind == "answer"), default=None)
            found[state.appeal] = (state.holder, late.due, breach)
    return found


@pytest.mark.parametrize(
    ("lives", "now"),
    [
        *((FIXED, at(now)) for now in ("2019-07-08T09:00", "2019-07-11T18:00:01", "2019-07-29", "2019-08-02")),
        *((RANDOM, hour(number)) for number in (6.5, 12.5, 40)),
    ],
)
async def test_now_and_past_equal_the_fold(connection: AsyncConnection, lives: Lives, now: datetime) -> None:
    """Of all appeals, at the same instant. Later events change nothing in a list of the past."""
    events = [event for one in [*lives, FED] for event in one]
    await put(connection, [event for event in events if event.time <= now])
    selections = [Selection(now, within) for within in (None, "today", "week")]
    present = [await listed(connection, one) for one in selections]
    past = [await listed(connection, one._replace(past=True)) for one in selections]
    assert [without_executors(rows) for rows in present] == past
    fold = judged([*lives, FED], now)
    in_breach, *due = [{row.appeal: (row.body, row.due, row.breach) for row in rows} for rows in present]
    assert in_breach
    assert in_breach == {appeal: one for appeal, one in fold.items() if one[2] is not None}
    ends = [end_of(within, now) for within in ("today", "week")]
    for found, end in zip(due, ends, strict=True):
        assert found == {appeal: one for appeal, one in fold.items() if one[1] is not None and now < one[1] <= end}
    for rows, selection in zip(present, selections, strict=True):
        await check_sums(connection, rows, selection)

    await put(connection, [event for event in events if event.time > now])
    assert [await listed(connection, one._replace(past=True)) for one in selections] == past


def end_of(within: Within, now: datetime) -> datetime:
    """By the clocks of Bishkek, where it is six hours later."""
    local = now.astimezone(at("2019-01-01T00:00+06:00").tzinfo)
    days = 1 if within == "today" else 8 - local.isoweekday()
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + days * (at("2019-01-02") - at("2019-01-01"))


async def test_closed_appeals_are_left_out(connection: AsyncConnection) -> None:
    """Of the past, only appeals that may have been open are judged: also those whose end was recorded later."""
    lives = [
        history(
            ("2019-06-03T10:00", registered("2019-06-03T10:00", addressee="city")),
            ("2019-06-03T10:00", TermSet(due=at("2019-06-21"))),
            (end, Answered(outcome="satisfied")),
            appeal=derived_appeal_number("KG", end),
        )
        for end in ("2019-06-24", "2019-06-28")
    ]
    for events in lives:
        await put(connection, events)
    early, late = (events[0].subject for events in lives)
    for now, known, expected in (
        ("2019-06-23", None, {early, late}),
        ("2019-06-26", None, {late}),
        ("2019-06-26", "2019-06-23", {early, late}),
        ("2019-06-29", None, set[str]()),
    ):
        selection = Selection(at(now), past=True, known=at(known) if known else None)
        assert {row.appeal for row in await listed(connection, selection)} == expected


async def test_recorded_breach_counts_at_its_instant(connection: AsyncConnection) -> None:
    """As of exactly the due instant, only recorded breaches count: as in the report of overdue appeals."""
    for events in FIXED:
        await put(connection, events)
    now = at("2019-07-11T18:00")
    rows = await listed(connection, Selection(now, past=True))
    recorded = {appeal for appeal, one in judged(FIXED, now).items() if one[2] is not None}
    assert {row.appeal for row in rows} == recorded
    assert recorded


async def check_sums(connection: AsyncConnection, rows: list[Row], selection: Selection) -> None:
    """The sums are those of the rows."""
    found = await LISTS.sums(connection, selection, "body")
    assert found == await LISTS.sums(connection, selection._replace(past=True), "body")
    assert {one.body: one.appeals for one in found} == count(rows)
    executors = await LISTS.sums(connection, selection, "executor")
    assert sum(one.appeals for one in executors) == len(rows)
    for one in executors:
        if one.executor is not None:
            own = selection._replace(body=one.body, executor=one.executor)
            assert len(await listed(connection, own)) == one.appeals


def count(rows: list[Row]) -> dict[str | None, int]:
    bodies = [row.body for row in rows]
    return {body: bodies.count(body) for body in bodies}


async def test_pages_end_with_the_list(connection: AsyncConnection) -> None:
    """In the order of the breach, the longest first; each page goes on behind the one before."""
    for events in FIXED[:60]:
        await put(connection, events)
    selection = Selection(at("2019-09-01"))
    everything = await listed(connection, selection)
    assert everything == sorted(everything, key=lambda row: (row.breach or selection.at, row.appeal))
    after, rows = ListPlace(), list[Row]()
    while True:
        page = await LISTS.page(connection, selection, after, 7)
        rows += page.rows
        if page.next is None:
            break
        after = ListPlace.parse(str(page.next))
    assert rows == everything
    assert len(rows) > 20


async def test_breach_belongs_to_its_body(connection: AsyncConnection) -> None:
    """A missed its term and forwarded; B, in time, must act: the list says so, and the sums count no late term of B."""
    events = history(
        ("2025-12-01T10:00", registered("2025-12-01T10:00", addressee="a")),
        ("2025-12-01T11:00", TermSet(due=at("2025-12-18T18:00"), policy="kg-law-67/1")),
        ("2026-01-09T10:00", Forwarded(body="b")),
        ("2026-01-09T11:00", Routed(body="b", executor="b-lawyer")),
        ("2026-01-09T12:00", ExecutorChanged(executor="b-head")),
    )
    await put(connection, events)
    now = Selection(at("2026-01-10T10:00"))
    (row,) = await listed(connection, now)
    assert (row.body, row.executor, row.missed_by, row.missed_term) == ("b", "b-head", "a", "answer-1")
    assert (row.breach, row.due) == (at("2025-12-19T00:00+06:00"), None)
    assert str(row.breach) == "2025-12-19 00:00:00+06:00"
    assert (row.days, row.working_days) == (23, 9)  # from 19 December; none from 1 to 10 January
    assert await LISTS.sums(connection, now, "executor") == [Sums("b", "b-head", 1, 0, at("2025-12-18T18:00"))]
    (before,) = await LISTS.sums(connection, now._replace(at=at("2026-01-08"), past=True), "body")
    assert before == Sums("a", None, 1, 1, at("2025-12-18T18:00"))
    known = now._replace(past=True, known=at("2025-12-01T10:30"))
    assert await listed(connection, known) == []  # its term was not recorded by then


async def test_key_of_a_body_shows_its_own(engine: AsyncEngine, tmp_path: Path) -> None:
    """The lists, the sums and the calendar of an executor: a post of that name may be in another body, too."""
    for body in ("a", "b"):
        api_keys.add(tmp_path / "keys.yaml", body, ["official"], body, body)
        events = history(
            ("2026-01-05T10:00", registered("2026-01-05T10:00")),
            ("2026-01-05T10:00", TermSet(due=at("2026-01-29T18:00"))),
            ("2026-01-05T10:00", Routed(body=body, executor="head")),
            appeal=derived_appeal_number("KG", body),
        )
        async with engine.begin() as connection:
            await PROJECTION.apply(connection, events)
    router = api.router(engine, PROJECTION, FixedClock(at("2026-02-02T10:00")), ReferenceData)
    app = create_apps(
        Settings(api_keys=tmp_path / "keys.yaml"), title="deadlines", about="Legal terms.",
        health=lambda: Health(True, "ready"), routers=[router], rows=api.ACCESS,
    ).api  # fmt: skip
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        for body in ("a", "b"):
            client.headers["Authorization"] = f"Bearer {body}"
            appeal = derived_appeal_number("KG", body)
            rows = (await client.get("/breaches")).json()["rows"]
            assert [(row["appeal"], row["due"]) for row in rows] == [(appeal, "2026-01-30T00:00:00+06:00")]
            sums = (await client.get("/breaches?by=executor")).json()["sums"]
            assert [(one["body"], one["executor"], one["late"]) for one in sums] == [(body, "head", 1)]
            (event,) = Calendar.from_ical((await client.get("/executors/head/calendar.ics")).content).events
            assert event["SUMMARY"] == appeal


async def test_lists_read_by_index(connection: AsyncConnection) -> None:
    """A list of a body, and the calendar of an executor, read few rows of many."""
    await connection.execute(text("set local enable_seqscan = off"))
    await connection.execute(text("set local enable_bitmapscan = off"))
    for where, index in (
        ("due > '2019-01-01' and due <= '2019-01-02' order by due, appeal", "appeals_due"),
        ("holder = 'a' and breach < '2019-01-02' order by breach, appeal", "appeals_held"),
        ("executor = 'e' order by due", "appeals_executor"),
    ):
        plan = await connection.execute(text(f"explain select appeal from appeals where running and {where} limit 9"))
        assert index in str(plan.all())
