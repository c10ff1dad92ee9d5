"""A register is imported, and what comes out of analytics is what was published; on the real stack."""

import csv
import io
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from tests.integration.analytics.register import natija, settings_of
from tests.stack import OPERATOR, REPOSITORY, Realm

from natija_chassis.postgres.engine import open_engine
from natija_chassis.reports.freshness import until_current
from natija_events.ids import derived_appeal_number

MARGINALS = (REPOSITORY / "examples/kg-h1-2019.yaml").read_text()
MAPPING = (REPOSITORY / "examples/kg-h1-2019-mapping.yaml").read_text()
# As if it were of another year, so that no appeal of another test in the same realm comes in between.
YEAR = "1993"
HALF_YEAR = (f"{YEAR}-01-01", f"{YEAR}-06-30")
PERIOD = ("--from", HALF_YEAR[0], "--to", HALF_YEAR[1])
REGISTER = "analytics-sample"
PUBLISHED = {
    "channels": [("president", 381, "15.5"), ("parliament", 508, "20.7"), ("pm-reception", 217, "8.8"),
                 ("electronic", 329, "13.4"), ("other", 1019, "41.6")],
    "regions": [("bishkek", 899, "36.63"), ("chuy", 438, "17.85"), ("jalal-abad", 283, "11.53"),
                ("issyk-kul", 205, "8.35"), ("osh-oblast", 161, "6.56"), ("naryn", 147, "5.99"),
                ("batken", 147, "5.99"), ("osh-city", 96, "3.91"), ("talas", 65, "2.65"), ("abroad", 13, "0.53")],
    "topics": [("agriculture", 227, "9.25"), ("education", 210, "8.56"), ("land-housing", 200, "8.15"),
               ("social", 194, "7.91"), ("construction", 120, "4.89"), ("order-security", 117, "4.77"),
               ("labour", 113, "4.60")],
}  # fmt: skip


async def bring(realm: Realm, marginals: str, register: str, year: str) -> None:
    """Make a register, import it, and wait until analytics has applied it."""
    files = {name: realm.folder / f"{register}.{name}" for name in ("marginals.yaml", "mapping.yaml", "csv")}
    files["marginals.yaml"].write_text(marginals.replace("2019-", f"{year}-"))
    files["mapping.yaml"].write_text(MAPPING.replace("register: kg-h1-2019", f"register: {register}"))
    made = await natija(realm, "sample", "--marginals", str(files["marginals.yaml"]), "--seed", "7")
    files["csv"].write_text(made.stdout)
    await realm.run("import", str(files["csv"]), "--mapping", str(files["mapping.yaml"]))
    settings = settings_of(realm)
    engine = open_engine(settings, "analytics", pool=1)
    await until_current(settings, engine)
    await engine.dispose()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def realm(registry: Realm) -> AsyncIterator[Realm]:
    """The realm of all tests, with analytics and the sample in it."""
    analytics = await registry.serve("analytics")
    await bring(registry, MARGINALS, REGISTER, YEAR)
    yield registry
    await analytics.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def client(realm: Realm) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to the API of analytics."""
    url = realm.url("analytics")
    async with httpx.AsyncClient(base_url=url, headers=OPERATOR, timeout=30, trust_env=False) as one:
        yield one


async def got(client: httpx.AsyncClient, path: str, **params: str) -> Any:
    answer = await client.get(path, params=params)
    answer.raise_for_status()
    return answer.json()


async def lines(client: httpx.AsyncClient, subject: str, kind: str, first: str, last: str, **more: str) -> list[Any]:
    """The lines of one kind in a report, as (key, appeals, percent)."""
    report = await got(client, f"/reports/{subject}", **{"from": first, "to": last}, **more)
    return [(line["key"], line["appeals"], line["percent"]) for line in report["lines"] if line["kind"] == kind]


@pytest.mark.parametrize("subject", PUBLISHED)
async def test_report_equals_published_table(client: httpx.AsyncClient, subject: str) -> None:
    """To the digit."""
    assert await lines(client, subject, "row", *HALF_YEAR) == PUBLISHED[subject]
    assert await lines(client, subject, "apart", *HALF_YEAR) == [("oral", 634, None)]
    assert await lines(client, subject, "all", *HALF_YEAR) == [("", 3088, None)]


async def test_totals_equal_published_ones(client: httpx.AsyncClient) -> None:
    """The computed rest, too."""
    assert await lines(client, "channels", "total", *HALF_YEAR) == [("", 2454, "100.0")]
    assert await lines(client, "regions", "total", *HALF_YEAR) == [("", 2454, "99.99")]
    assert await lines(client, "topics", "subtotal", *HALF_YEAR) == [("", 1181, "48.13")]
    assert await lines(client, "topics", "rest", *HALF_YEAR) == [("", 1273, "51.87")]


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("ky", ["Президенттин Аппаратынан", "1 019 41,6", "2 454", "келип түшкөн жазуу жүзүндөгү кайрылуулар"]),
        ("uz", ["2 454", "Murojaatlar kelib tushish kanallari"]),
        ("en", ["From the President's apparatus", "1,019 41.6", "2,454", "written received"]),
    ],
)
async def test_table_is_printed_in_languages(realm: Realm, language: str, texts: list[str]) -> None:
    run = realm.run if language == "ky" else partial(natija, realm)  # one by the installed program
    done = await run("report", "channels", *PERIOD, "--lang", language)
    for text in (*texts, "HALF_UP 1 + BALANCE_LAST"):
        assert text in " ".join(done.stdout.split())
    assert max(map(len, done.stdout.splitlines())) <= 80


async def test_days_are_local_and_included(client: httpx.AsyncClient) -> None:
    """They are days of the realm's zone, unless another one is given."""
    quarters = [
        await lines(client, "regions", "all", f"{YEAR}-{first}", f"{YEAR}-{last}")
        for first, last in (("01-01", "03-31"), ("04-01", "06-30"))
    ]
    assert sum(quarter[0][1] for quarter in quarters) == 3088
    day = f"{YEAR}-06-30"
    ours, elsewhere = [
        await lines(client, "regions", "total", day, day, zone=zone) for zone in ("Asia/Bishkek", "America/Adak")
    ]
    assert ours[0][1] > 5
    assert ours != elsewhere


async def test_other_marginals_make_other_report(realm: Realm, client: httpx.AsyncClient) -> None:
    changed = """
        {first_day: 2019-05-01, last_day: 2019-05-31, groups: [
            {form: written, total: 30, channel: {other: 30}, region: {talas: 21, chuy: 9}},
            {form: video, total: 2, channel: {reception: 2}}]}
    """
    await bring(realm, changed, "analytics-changed", "1994")
    year = ("1994-01-01", "1994-12-31")
    assert await lines(client, "regions", "row", *year) == [("talas", 21, "70.00"), ("chuy", 9, "30.00")]
    assert await lines(client, "topics", "unclassified", *year) == [("", 30, "100.00")]
    assert await lines(client, "channels", "apart", *year) == [("video", 2, None)]


async def test_history_is_equal_from_log(realm: Realm) -> None:
    number = derived_appeal_number(realm.name, REGISTER, "00001")
    for format in ("json", "table"):
        projected = await natija(realm, "history", number, "--format", format)
        logged = await natija(realm, "history", number.lower(), "--from-log", "--format", format)
        assert projected.stdout == logged.stdout
    assert "their hash chain is intact" in logged.stderr
    shown = (await natija(realm, "history", number, "--format", "json")).json()
    assert shown["appeal"] == number
    assert [event["type"] for event in shown["events"]] == ["appeal.registered.v1"]


async def test_api_equals_the_commands(realm: Realm, client: httpx.AsyncClient) -> None:
    number = derived_appeal_number(realm.name, REGISTER, "00001")
    at = f"{YEAR}-07-01T00:00:00+06:00"
    topics = await natija(realm, "report", "topics", *PERIOD, "--format", "json")
    assert await got(client, "/reports/topics", **{"from": HALF_YEAR[0], "to": HALF_YEAR[1]}) == topics.json()
    answers = await natija(realm, "report", "late-answers", *PERIOD, "--format", "json")
    assert await got(client, "/reports/late-answers", **{"from": HALF_YEAR[0], "to": HALF_YEAR[1]}) == answers.json()
    missed = await natija(realm, "report", "breaches", "--as-of", at, "--known", at, "--format", "json")
    assert await got(client, "/reports/breaches", as_of=at, known=at) == missed.json()
    history = await natija(realm, "history", number, "--format", "json")
    assert await got(client, f"/appeals/{number}/history") == history.json() | {"next": None}
    overdue = await natija(realm, "report", "overdue", "--by", "appeal", "--as-of", at, "--format", "json")
    assert len(overdue.json()["rows"]) >= 3088
    pages: list[list[Any]] = []
    after = ""
    while after is not None:
        page = await got(client, "/reports/overdue", by="appeal", as_of=at, after=after)
        pages, after = [*pages, page.pop("rows")], page.pop("next")
    assert max(map(len, pages)) == 1000
    assert page | {"rows": [row for rows in pages for row in rows]} == overdue.json()


async def test_history_comes_in_pages(realm: Realm, client: httpx.AsyncClient) -> None:
    """One event at a time, to the end and not beyond."""
    overdue = await got(client, "/reports/overdue", by="appeal", limit="1")
    path = f"/appeals/{overdue['rows'][0]['number']}/history"
    found: list[Any] = []
    whole, after = await got(client, path), "0"
    while page := (await got(client, path, limit="1", after=after))["events"]:
        found, after = [*found, *page], str(page[0]["sequence"])
    assert found == whole["events"]


async def test_stdout_is_csv_only(realm: Realm) -> None:
    counted = await natija(realm, "report", "regions", *PERIOD, "--format", "csv")
    (naryn,) = [row for row in csv.DictReader(io.StringIO(counted.stdout)) if row["key"] == "naryn"]
    assert naryn == {"key": "naryn", "name": "Naryn oblast", "appeals": "147", "percent": "5.99", "kind": "row"}
    at = f"{YEAR}-07-01T00:00:00+06:00"
    overdue = await natija(realm, "report", "overdue", "--by", "region", "--as-of", at, "--format", "csv")
    assert overdue.stdout.startswith(
        "key,appeals,with_due,closed_late,open_overdue,no_term,no_term_register,no_term_closed,no_term_not_set\n"
        "abroad,13,0,0,0,13,13,0,0\n"
    )


async def test_wrong_request_names_the_field(client: httpx.AsyncClient) -> None:
    period = {"from": HALF_YEAR[0], "to": HALF_YEAR[1]}
    assert (await client.get("/appeals/KG-1/history")).status_code == 404
    assert (await client.get("/appeals/KG-0000-0000-0000-00/history")).status_code == 404
    for path, params, field in (
        ("/reports/topics", {**period, "zone": "Mars"}, "zone"),
        ("/reports/topics", {**period, "to": "1990-01-01"}, "to"),
        ("/reports/overdue", {"as_of": "2019-01-01"}, "as_of"),
        ("/reports/late-answers", {**period, "by": "person"}, "by"),
        ("/reports/breaches", {"known": "2019-01-01"}, "known"),
        ("/reports/nothing", period, "subject"),
    ):
        answer = await client.get(path, params=params)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_page_shows_counts(realm: Realm, client: httpx.AsyncClient) -> None:
    page = (await client.get(realm.management_url("analytics") + "/")).text
    assert "events in the history" in page
    assert "Ready" in page


async def test_analysts_may_only_read(realm: Realm) -> None:
    own = realm.database("analytics").replace("+asyncpg", "")
    connection = await asyncpg.connect(own.replace("natija_analytics@", "natija_reader@"))
    try:
        assert await connection.fetchval("select count(*) from live.facts where register_name = $1", REGISTER) == 3088
        assert await connection.fetchval("select count(*) from live.history") >= 3088
        for statement in ("delete from live.facts", "truncate live.history", "create table live.mine ()"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("options", [(), ("--from-log",)])
async def test_unknown_appeal_is_an_error(realm: Realm, options: tuple[str, ...]) -> None:
    """On stderr."""
    done = await natija(realm, "history", "KG-0000-0000-0000-00", *options, expect=1)
    assert done.stdout == ""
    assert "is not in the register" in done.stderr


async def test_public_tables_equal_reports(client: httpx.AsyncClient) -> None:
    """Without a key, of the same queries. The months and one region add up to the same totals."""
    chosen = {"year": YEAR, "part": "H1"}

    async def table(name: str, **more: str) -> list[dict[str, Any]]:
        answer = await client.get(f"/en/statistics/{name}.json", params=chosen | more, headers={"Authorization": ""})
        assert (answer.status_code, answer.json()["data_state"]) == (200, "current")
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows

    for subject, published in PUBLISHED.items():
        rows = [row for row in await table(subject) if row["kind"] == "row"]
        assert [(row["key"], row["appeals"], row["percent"]) for row in rows] == published
    assert sum(row["appeals"] for row in await table("months")) == 2454
    of_region = {row["kind"]: row["appeals"] for row in await table("topics", region="talas")}
    assert of_region["total"] == 65
    assert await table("topics", body="ministry-health") == [
        {"key": "", "name": "Total", "appeals": 0, "hidden": None, "percent": None, "kind": "total"}
    ]


async def test_public_page_needs_no_key(client: httpx.AsyncClient) -> None:
    page = await client.get(f"/ru/statistics?year={YEAR}&part=H1", headers={"Authorization": "", "Accept": "text/html"})
    assert (page.status_code, page.headers["content-language"]) == (200, "ru")
    assert "Данные на " in page.text
    assert "2\xa0454" in page.text
