"""Two regions side by side: the page and its files tell what the two public pages tell, and no more."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sites import CURRENT, DEFINITIONS, REFERENCE, snapshot, statistics_app

from natija_analytics.pages import comparison, files
from natija_analytics.pages.comparison import COMPARED, Pair
from natija_analytics.pages.periods import PublicPeriod
from natija_analytics.pages.snapshots import SUBJECTS, Filter, Snapshot
from natija_analytics.reports import counts
from natija_analytics.reports.counts import GroupCount
from natija_analytics.reports.late_answers import AnswerSums
from natija_chassis.pages.data_age import DataAge

HALF_YEAR = PublicPeriod(2019, "H1")
QUERY = "region=talas&with=osh-city&year=2019&part=H1"
TABLES: tuple[Literal["months", "channels", "topics", "late-answers"], ...] = (
    "months",
    "channels",
    "topics",
    "late-answers",
)
small = st.integers(0, 14)


def site() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(statistics_app()), base_url="http://127.0.0.1")


def made_up(region: str, counted: Mapping[str, int], answers: list[tuple[int, int]]) -> Snapshot:
    """A region in which each channel, topic and month of *counted* has so many appeals."""
    found = snapshot(Filter(HALF_YEAR, region))
    reports = {
        subject: counts.build(
            subject,
            HALF_YEAR.days("UTC"),
            [GroupCount("written", key, count) for key, count in counted.items()],
            DEFINITIONS,
            list(counted),
        )
        for subject in SUBJECTS
    }
    months = dict(zip(found.months, (*counted.values(), *[0] * 6), strict=False))
    sums = [AnswerSums(f"body-{place}", max(one), min(one)) for place, one in enumerate(answers)]
    return found._replace(reports=reports, months=months, answers=sums)


def regions() -> st.SearchStrategy[Pair]:
    def one(region: str) -> st.SearchStrategy[Snapshot]:
        topics = st.dictionaries(st.sampled_from([*REFERENCE.topics][:10]), small, max_size=6)
        return st.builds(made_up, st.just(region), topics, st.lists(st.tuples(small, small), max_size=3))

    return st.builds(Pair, one("talas"), one("osh-city"))


@given(regions())
def test_comparison_tells_nothing_more(pair: Pair) -> None:
    """Each count that is shown is shown in the public table of its region, or the row is not in that table."""
    for table in TABLES:
        rows = comparison.records(table, pair, REFERENCE, "en")
        for one in pair:
            public = {
                (row.get("kind", "row"), row.get("key") or row.get("month") or row.get("body") or ""): row
                for row in files.records(table, one, REFERENCE, "en")
            }
            for row in rows:
                counted = {name: row[f"{one.filter.region}.{name}"] for name in comparison.columns(table)[:-1]}
                there = public.get((row["kind"], row["key"]))
                if there is not None:
                    assert counted == {name: there[name] for name in counted}
                    share = row[f"{one.filter.region}.percent"]
                    assert share is None or None not in counted.values()
                    assert share == there.get("percent", share)
                else:
                    withheld = not public or (row["kind"] == "row" and ("rest", "") in public)
                    assert set(counted.values()) == {None if withheld else 0}


@given(regions())
def test_rows_keep_public_order(pair: Pair) -> None:
    """Their order by count would say more of the hidden ones."""
    for table in TABLES:
        public = [row["key"] for row in files.records(table, pair.first, REFERENCE, "en") if row.get("kind") == "row"]
        rows = [row.key for row in comparison.rows(table, pair, REFERENCE, "en") if row.kind == "row"]
        assert rows[: len(public)] == public


def test_few_appeals_of_both_show_nothing() -> None:
    pair = Pair(made_up("talas", {"labour": 3}, []), made_up("osh-city", {"labour": 2}, []))
    for table in TABLES[:3]:
        assert comparison.rows(table, pair, REFERENCE, "en") == []
    assert [row.first["appeals"] for row in comparison.rows("totals", pair, REFERENCE, "en")] == [None, 0, 0]


def test_withheld_table_stays_hidden() -> None:
    pair = Pair(made_up("talas", {"labour": 3}, []), made_up("osh-city", {"labour": 40}, []))
    (row, total) = comparison.rows("channels", pair, REFERENCE, "en")
    assert [(one.first["appeals"], one.first["hidden"], one.second["appeals"]) for one in (row, total)] == [
        (None, "withheld", 40), (None, "withheld", 40)
    ]  # fmt: skip


def test_age_is_that_of_older_data() -> None:
    found = snapshot(Filter(HALF_YEAR))
    old = DataAge("current", datetime(2019, 11, 30, tzinfo=UTC))
    assert Pair(found._replace(age=CURRENT), found._replace(age=old)).age == old
    for as_of in (None, datetime(2019, 12, 1, tzinfo=UTC)):
        stale = DataAge("stale", as_of, 7)
        assert Pair(found._replace(age=stale), found._replace(age=old)).age == stale


@pytest.mark.parametrize("table", COMPARED)
async def test_compared_csv_and_json_are_equal(table: str) -> None:
    async with site() as client:
        told = (await client.get(f"/en/statistics/compare/{table}.json?{QUERY}")).json()
        text = await client.get(f"/en/statistics/compare/{table}.csv?{QUERY}")
    assert list(csv.DictReader(io.StringIO(text.content.decode("utf-8-sig")))) == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in told["rows"]
    ]
    assert (told["regions"], told["table"]) == (["talas", "osh-city"], table)
    name = f"natija-{table}-talas-osh-city-2019-H1.csv"
    assert text.headers["content-disposition"] == f'attachment; filename="{name}"'


async def test_shares_are_of_the_region() -> None:
    async with site() as client:
        months = (await client.get(f"/en/statistics/compare/months.json?{QUERY}")).json()["rows"]
        totals = (await client.get(f"/en/statistics/compare/totals.json?{QUERY}")).json()["rows"]
    (june,) = (row for row in months if row["key"] == "2019-06")
    for region in ("talas", "osh-city"):
        share = 100 * june[f"{region}.appeals"] / totals[0][f"{region}.appeals"]
        assert float(june[f"{region}.percent"]) == pytest.approx(share, abs=0.051)
    assert june["talas.appeals"] != june["osh-city.appeals"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("region=talas&with=talas", "with"),
        ("region=talas&with=mars", "with"),
        ("region=mars&with=talas", "region"),
        ("region=&with=talas", "with"),
        ("region=talas&with=chuy&year=2044", "year"),
    ],
)
async def test_wrong_comparison_is_named(query: str, field: str) -> None:
    async with site() as client:
        found = await client.get(f"/en/statistics/compare/topics.json?{query}")
    assert (found.status_code, found.json()["errors"][0]["field"]) == (422, field)


async def test_comparison_begins_with_a_choice() -> None:
    async with site() as client:
        page = await client.get("/en/statistics/compare?region=talas&with=talas")
        computing = await client.get("/ru/statistics/compare?region=talas&with=chuy&year=2013")
    assert "Choose two different regions." in page.text
    assert "Показатели вычисляются" in computing.text
