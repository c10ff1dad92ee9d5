"""The public statistics page and its files say the same, and hide the same."""

import csv
import io
from datetime import date

import httpx
import pytest
from tests.sites import CURRENT, DEFINITIONS, REFERENCE, snapshot, statistics_app

from natija_analytics.pages import files
from natija_analytics.pages.files import TABLES
from natija_analytics.pages.periods import PARTS, PublicPeriod
from natija_analytics.pages.snapshots import SUBJECTS, Filter, Snapshot
from natija_analytics.reports import counts
from natija_analytics.reports.counts import GroupCount
from natija_analytics.reports.late_answers import AnswerSums

HALF_YEAR = PublicPeriod(2019, "H1")


def site() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(statistics_app()), base_url="http://127.0.0.1")


def published(*answers: AnswerSums, region: str = "") -> Snapshot:
    found = snapshot(Filter(HALF_YEAR, region))
    return found._replace(answers=answers) if answers else found


def test_every_part_of_a_year_has_days() -> None:
    days = {part: PublicPeriod(2024, part).days("UTC") for part in PARTS}
    assert {part: (f"{one.first_day:%m-%d}", f"{one.last_day:%m-%d}") for part, one in days.items()} | {
        "": ("01-01", "12-31"), "H1": ("01-01", "06-30"), "H2": ("07-01", "12-31"), "Q1": ("01-01", "03-31"),
        "Q4": ("10-01", "12-31"), "02": ("02-01", "02-29"), "12": ("12-01", "12-31"),
    } == {part: (f"{one.first_day:%m-%d}", f"{one.last_day:%m-%d}") for part, one in days.items()}  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
async def test_csv_and_json_are_equal(table: str) -> None:
    async with site() as client:
        told = await client.get(f"/en/statistics/{table}.json?year=2019&part=H1")
        text = await client.get(f"/en/statistics/{table}.csv?year=2019&part=H1")
    rows = told.json()["rows"]
    assert list(csv.DictReader(io.StringIO(text.content.decode("utf-8-sig")))) == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in rows
    ]
    assert rows
    assert text.content.startswith("\ufeff".encode())
    assert told.json()["data_as_of"] == CURRENT.as_of.isoformat(timespec="seconds") if CURRENT.as_of else None
    assert text.headers["content-disposition"] == f'attachment; filename="natija-{table}-2019-H1.csv"'


def test_small_month_is_hidden_with_another() -> None:
    rows = files.records("months", published(), REFERENCE, "en")
    assert [(row["month"], row["appeals"], row["hidden"]) for row in rows] == [
        ("2019-01", None, "with-small"), ("2019-02", 402, None), ("2019-03", 455, None), ("2019-04", 390, None),
        ("2019-05", None, "small"), ("2019-06", 823, None),
    ]  # fmt: skip


def test_answers_of_region_are_hidden() -> None:
    """A body answers in public for its own work. In one region its answers can be those to few people."""
    answers = (AnswerSums("ministry-labour", 30, 0), AnswerSums("ministry-transport", 2, 1), AnswerSums(None, 20, 9))
    open_rows = files.records("late-answers", published(*answers), REFERENCE, "en")
    assert [row["answered"] for row in open_rows] == [30, 2, 20]
    in_region = files.records("late-answers", published(*answers, region="talas"), REFERENCE, "en")
    assert [(row["answered"], row["answered_late"]) for row in in_region] == [(30, 0), (None, None), (None, None)]


def test_few_appeals_show_nothing() -> None:
    """Where the total is hidden, it must not be the sum of a table."""
    one = counts.build("topics", HALF_YEAR.days("UTC"), [GroupCount("written", "labour", 3)], DEFINITIONS, [])
    found = published()._replace(reports=dict.fromkeys(SUBJECTS, one), months={date(2019, 1, 1): 3})
    for table in ("channels", "regions", "topics", "months"):
        assert files.records(table, found, REFERENCE, "en") == []


async def test_figures_are_being_computed() -> None:
    async with site() as client:
        page = await client.get("/ru/statistics?year=2013")
        file = await client.get("/ru/statistics/topics.csv?year=2013")
    assert "Показатели вычисляются" in page.text
    assert '<a class="govuk-link" href="/ru/statistics?year=2013">' in page.text
    assert (file.status_code, file.headers["retry-after"]) == (503, "30")


async def test_wrong_choice_is_named() -> None:
    async with site() as client:
        for query, field in (
            ("year=19", "year"),
            ("year=2044", "year"),
            ("part=H3", "part"),
            ("region=mars", "region"),
            ("body=x", "body"),
        ):
            found = await client.get(f"/en/statistics/topics.json?{query}")
            assert (found.status_code, found.json()["errors"][0]["field"]) == (422, field)
