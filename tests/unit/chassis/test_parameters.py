"""Days and instants at the edge of the calendar are refused, and never fail."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.apps import MakeApps, analytics, deadlines, routing
from tests.stack import OPERATOR

EDGES = (
    "0001-01-01", "0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00-23:59", "1899-12-31",
    "2200-01-01", "2200-01-01T00:00:00Z", "9999-12-31", "9999-12-31T23:59:59", "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59Z",
)  # fmt: skip
PATHS: list[tuple[MakeApps, str]] = [
    (deadlines, "/calculate?jurisdiction=KG&kind=application&received={}"),
    (analytics, "/reports/topics?from={0}&to={0}"),
    (analytics, "/reports/overdue?as_of={}"),
]


async def get(make: MakeApps, path: str) -> Any:
    transport = httpx.ASGITransport(make().api, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=OPERATOR) as client:
        return await client.get(path)


@pytest.mark.parametrize(("make", "path"), PATHS)
async def test_edge_of_calendar_is_refused(make: MakeApps, path: str) -> None:
    for edge in EDGES:
        answer = await get(make, path.format(quote(edge)))
        assert answer.status_code == 422, edge
        assert edge not in answer.text


NUMBERS = ("0", "-1", "86400", "20260214", "1700000000", "1700000000.5", "2e3", "2026-02-30", "2026-02-14 10:00")


@pytest.mark.parametrize(
    ("make", "path", "field", "rule"),
    [
        (deadlines, "/calculate?jurisdiction=KG&kind=application&received={}", "received", "instant"),
        (analytics, "/reports/overdue?as_of={}", "as_of", "instant"),
        (analytics, "/reports/topics?from={}&to=2026-02-14", "from", "day"),
        (analytics, "/reports/topics?from=2026-02-14&to={}", "to", "day"),
    ],
)
async def test_number_is_refused_as_time(make: MakeApps, path: str, field: str, rule: str) -> None:
    """A number would be seconds since 1970: 20260214 is a day of August 1970 then."""
    for text in NUMBERS:
        answer = await get(make, path.format(quote(text)))
        assert answer.status_code == 422, text
        assert [(error["field"], error["rule"]) for error in answer.json()["errors"]] == [(field, rule)]
    for text in ("2026-02-14T10:00:00Z", "2026-02-14T10:00:00.5+06:00") if rule == "instant" else ("2026-02-14",):
        assert (await get(make, path.format(quote(text)))).status_code == 200


async def test_every_year_has_an_answer() -> None:
    """First and last days of each year, in every country: a term, or 422 because there are no data."""
    transport = httpx.ASGITransport(deadlines().api, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=OPERATOR) as client:
        for year in range(1900, 2200, 7):
            for day in (date(year, 1, 1), date(year + 1, 1, 1) - timedelta(days=1)):
                for country, kind in (("KG", "application"), ("KZ", "complaint"), ("UZ", "proposal")):
                    received = f"{day}T23:59:59.999999-23:59"
                    query = {"jurisdiction": country, "kind": kind, "received": received}
                    assert (await client.get("/calculate", params=query)).status_code in (200, 422)


@pytest.mark.parametrize(
    ("make", "path", "field"),
    [
        (routing, "/unrouted?after=%00", "after"),
        (routing, f"/unrouted?limit={10**30}", "limit"),
        (analytics, "/reports/overdue?by=appeal&after=a'b", "after"),
        (analytics, "/reports/overdue?limit=1001", "limit"),
        (analytics, f"/appeals/KG-1/history?after={2**31}", "after"),
    ],
)
async def test_cursor_must_be_one(make: MakeApps, path: str, field: str) -> None:
    """The database never sees anything else."""
    answer = await get(make, path)
    assert [error["field"] for error in answer.json()["errors"]] == [field]
