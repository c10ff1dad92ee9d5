"""The control board on a real PostgreSQL: everybody sees what their rights allow, and sums are those of the lists."""

import asyncio
import re
from collections.abc import Iterable
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from tests.board_appeals import appeals, board_on, number
from tests.integration.deadlines.test_projection import PROJECTION
from tests.integration.deadlines.test_worklists import FED, FIXED
from tests.signed_in_app import app_for, browser_of, official
from tests.unit.deadlines.history import at

from natija_chassis.http.problems import Problem
from natija_chassis.sign_in.official import Official
from natija_deadlines.board import turns, what_if
from natija_deadlines.board.turns import SlowQuestions
from natija_deadlines.worklists.queries import Figures
from natija_deadlines.worklists.selection import ListReader, Selection
from natija_deadlines.worklists.worklist import Worklists
from natija_events.wire.record import RecordedEvent

LISTS = Worklists(PROJECTION)
AGENCY, MINISTRY = official("agency", "head"), official("ministry", "head")
CONTROLLER = official("court", "controller")
IN_BREACH = ["late", "secret", "about agency", "about handling", "court", "forwarded"]
"""The longest first."""
BREACHES = "/ru/board/breaches"
WHAT_IF = "/ru/board/what-if?policy=kg-law-67/1&first=2026-02-01&last=2026-02-28"
DELETE = "delete from appeals"
PAST = "as_of=2026-03-30T12:00"


async def put(engine: AsyncEngine, lives: Iterable[list[RecordedEvent]]) -> None:
    async with engine.begin() as connection:
        for events in lives:
            await PROJECTION.apply(connection, sorted(events, key=lambda event: event.sequence))


@pytest_asyncio.fixture(loop_scope="session")
async def board(engine: AsyncEngine) -> AsyncEngine:
    """The database of the appeals in `tests.board_appeals`."""
    await put(engine, appeals().values())
    return engine


async def get(engine: AsyncEngine, who: Official, path: str, status: int = 200) -> str:
    async with browser_of(app_for(who, board_on(engine))) as browser:
        answer = await browser.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def listed(page: str) -> list[str]:
    """The appeals in the table of *page*."""
    names = {number(name): name for name in appeals()}
    return [names[one] for one in re.findall(r'board/appeals/([0-9A-Z-]+)"', page)]


def cells(page: str, name: str) -> dict[str, str]:
    """The cells of the row of an appeal, by their headings."""
    row = next(one for one in page.split("<tr") if number(name) in one)
    return dict(re.findall(r'data-label="([^"]*)"[^>]*>([^<]*)<', row))


@pytest.mark.parametrize(
    ("who", "expected", "others"),
    [
        (AGENCY, ["late", "secret"], {"today"}),
        (MINISTRY, ["late", "secret", "about agency", "about handling"], {"today"}),
        (official("court", "head"), ["court", "forwarded"], {"week", "closed"}),
        (CONTROLLER, IN_BREACH, {"today", "week", "closed"}),
        (official("court", "auditor"), IN_BREACH, {"today", "week", "closed"}),
        (official("agency", "controller"), ["late", "secret", "court", "forwarded"], {"today", "week", "closed"}),
    ],
    ids=["agency", "ministry", "court", "controller", "auditor", "watched"],
)
async def test_everyone_sees_what_they_may(
    board: AsyncEngine, who: Official, expected: list[str], others: set[str]
) -> None:
    """Now and in the past: neither another body's appeals, nor complaints about the own body or its handling."""
    assert listed(await get(board, who, BREACHES)) == expected
    assert listed(await get(board, who, f"{BREACHES}?{PAST}")) == expected
    for name in appeals():
        status = 200 if name in {*expected, *others} else 404
        await get(board, who, f"/ru/board/appeals/{number(name)}", status)


async def test_confidential_appeal_has_no_body(board: AsyncEngine) -> None:
    """In the list it stands without names. A list of its body, or of its executor, would tell: it is not in there."""
    page = await get(board, CONTROLLER, BREACHES)
    assert cells(page, "secret")["Орган"] == "Конфиденциально"
    assert not {"Агентство дорог", "deputy"} & set(cells(page, "secret").values())
    assert listed(await get(board, CONTROLLER, f"{BREACHES}?body=agency")) == ["late", "about agency"]
    assert listed(await get(board, MINISTRY, f"{BREACHES}?executor=deputy")) == ["late"]
    assert listed(await get(board, AGENCY, f"{BREACHES}?body=agency")) == ["late", "secret"]
    path = f"/ru/board/appeals/{number('secret')}"
    assert re.search("Агентство|deputy", await get(board, CONTROLLER, path)) is None
    assert "deputy" in await get(board, AGENCY, path)


async def test_lists_due_end_with_day_and_week(board: AsyncEngine) -> None:
    for query, expected in (
        ("within=today", ["today"]), ("within=week", ["today", "week"]), ("within=week&body=court", ["week"]),
        ("within=today&as_of=2026-04-03T09:00", ["week"]),
    ):  # fmt: skip
        assert listed(await get(board, CONTROLLER, f"/ru/board/due?{query}")) == expected, query


async def test_row_tells_whose_clock_ran_out(board: AsyncEngine) -> None:
    """The agency missed the term of the forwarded one; the department has time, and the whole term has passed."""
    page = await get(board, CONTROLLER, BREACHES)
    assert cells(page, "forwarded")["Орган"] == "Судебный департамент"
    assert cells(page, "forwarded")["Кто нарушил срок"] == (
        "Агентство дорог. Нынешний срок: до 10.04.2026. Общий срок всех органов нарушен: 27.02.2026"
    )
    late = cells(page, "late")
    assert (late["Последний день"], late["Дней просрочки (рабочих)"]) == ("20.02.2026", "38 (25)")
    assert (late["Кто нарушил срок"], late["Кому сообщено последним"]) == (
        "Агентство дорог", "Руководитель, 23.02.2026",
    )  # fmt: skip


async def test_pages_of_a_list_go_on(board: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page leads to the next one, which keeps the time."""
    monkeypatch.setattr("natija_deadlines.board.routes.ROWS_OF_PAGE", 2)
    path, found = f"{BREACHES}?{PAST}", list[str]()
    while path:
        page = await get(board, CONTROLLER, path)
        found += listed(page)
        links = re.findall(r'class="govuk-link govuk-pagination__link" href="([^"]*after=[^"]*)"', page)
        assert all("as_of=2026-03-30T12%3A00" in one for one in links)
        path = links[0].replace("&amp;", "&") if links else ""
    assert found == IN_BREACH


READERS = [
    None, ListReader("city", None, handles=False), ListReader("ministry-labour", ("ministry-labour",), handles=True),
]  # fmt: skip
Counts = dict[tuple[str | None, str | None], tuple[int, ...]]


@pytest.mark.parametrize("reader", READERS, ids=["everything", "all-bodies", "one-body"])
async def test_figures_equal_the_lists(engine: AsyncEngine, reader: ListReader | None) -> None:
    """At all times: now and past, for a reader and for all."""
    await put(engine, [*FIXED, FED])
    totals = [0, 0, 0, 0]
    async with engine.connect() as connection:
        for now in ("2019-06-25", "2019-07-11T17:00", "2019-07-12", "2019-07-29", "2019-08-01T12:00"):
            for past in (False, True):
                selection = Selection(at(now), past=past, reader=reader)
                found = await summed(connection, selection)
                assert found == await of_lists(connection, selection), (now, past)
                totals = [sum(counts) for counts in zip(totals, *found.values(), strict=True)]
    assert all(totals[:3])


async def summed(connection: AsyncConnection, selection: Selection) -> Counts:
    figures = await LISTS.figures(connection, selection)
    found = {(one.body, one.executor): (one.today, one.week, one.in_breach, one.late) for one in figures}
    return {key: counts for key, counts in found.items() if any(counts)}


async def of_lists(connection: AsyncConnection, selection: Selection) -> Counts:
    """The same from the sums of each list."""
    found: dict[tuple[str | None, str | None], list[int]] = {}
    for place, within in ((0, "today"), (1, "week"), (2, None)):
        for one in await LISTS.sums(connection, selection._replace(within=within), "executor"):  # type: ignore[arg-type]
            counts = found.setdefault((one.body, one.executor), [0, 0, 0, 0])
            counts[place] = one.appeals
            counts[3] = one.late if within is None else counts[3]
    return {key: tuple(counts) for key, counts in found.items()}


async def test_overview_leads_to_lists(board: AsyncEngine) -> None:
    page = await get(board, CONTROLLER, "/ru/board")
    assert re.findall(r"<dd>(\d+)</dd>", page) == ["1", "2", "6"]
    assert 'href="/ru/board/breaches?body=agency"' in page
    assert 'href="/ru/board/breaches?body=agency&amp;executor=deputy"' in page
    past = await get(board, CONTROLLER, "/ru/board?as_of=2026-01-01T09:00")
    assert re.findall(r"<dd>(\d+)</dd>", past) == ["0", "0", "0"]


def table(page: str) -> list[list[str]]:
    """The rows of the table, as texts."""
    return [re.findall(r">([^<>]+)</t[hd]>", row) for row in page.split("<tr")[2:]]


async def test_other_policy_stands_beside(board: AsyncEngine) -> None:
    """With 60 working days nobody of February would be late yet. A head sees the own body only."""
    page = await get(board, CONTROLLER, f"{WHAT_IF}&days=60")
    assert table(page)[-1] == ["Всего", "7", "7", "0", "0", "7"]
    assert "<svg" in page.partition("<main")[2]
    own = await get(board, official("court", "head"), f"{WHAT_IF}&days=1")
    assert [row[0] for row in table(own)] == ["Судебный департамент"]


async def test_long_period_is_refused(board: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a sentence that says how many a page compares."""
    monkeypatch.setattr(what_if, "MOST_APPEALS", 3)
    assert "не более 3 обращений" in await get(board, CONTROLLER, WHAT_IF, 422)


async def test_slow_questions_take_turns(board: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second one waits, then is told to come back. The page as of now is not one of them."""
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(*given: object) -> list[Figures]:
        begun.set()
        await go_on.wait()
        return []

    async with browser_of(app_for(CONTROLLER, board_on(board))) as browser:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("natija_deadlines.worklists.queries.figures", slow)
            first = asyncio.create_task(browser.get(f"/ru/board?{PAST}"))
            await begun.wait()
        second = await browser.get(f"/ru/board?{PAST}")
        assert (second.status_code, second.headers["retry-after"]) == (503, "20")
        assert (await browser.get("/ru/board")).status_code == 200
        go_on.set()
        assert (await first).status_code == 200
        assert (await browser.get(f"/ru/board?{PAST}")).status_code == 200


async def test_slow_question_is_given_up(board: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the database, after a time. It writes nothing, and the next one has its turn."""
    monkeypatch.setattr(turns, "LONGEST", 1)
    questions = SlowQuestions(board)

    async def ask(statement: str, *, by_driver: bool) -> None:
        async with questions.connection() as connection:
            if by_driver:  # as what-if does
                driver: Any = (await connection.get_raw_connection()).driver_connection
                await driver.fetch(statement)
            else:
                await connection.execute(text(statement))

    for statement, by_driver in (("select pg_sleep(20)", False), ("select pg_sleep(20)", True), (DELETE, False)):
        with pytest.raises(Problem) as refused:
            await ask(statement, by_driver=by_driver)
        assert refused.value.status == 503
    async with questions.connection() as connection:
        assert (await connection.execute(text("select count(*) from appeals"))).scalar_one() == len(appeals())
