"""Worklists over HTTP and as commands, on an empty database: who may ask, and for what."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from icalendar import Calendar
from tests import apps
from tests.unit.deadlines.history import at, folded, registered
from typer.testing import CliRunner

from natija_chassis.clock import FixedClock
from natija_chassis.http import api_keys
from natija_chassis.http.app import create_apps
from natija_chassis.process.health import Health
from natija_chassis.settings import Settings
from natija_deadlines import api
from natija_deadlines.commands import app
from natija_deadlines.policies.policy import load_policies
from natija_deadlines.terms.projection import TermsProjection
from natija_deadlines.worklists.queries import ListPlace
from natija_deadlines.worklists.rows import WorkingDays, told_steps
from natija_deadlines.worklists.selection import periods
from natija_events.reference.data import ReferenceData
from natija_events.types.deadlines import TermSet, Warned

FEED = "/executors/chief-physician/calendar.ics"
POLICIES = load_policies()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys.yaml"
    api_keys.add(path, "ops", ["operator"], None, "all")
    api_keys.add(path, "calendar", ["official"], "ministry-health", "health")
    api_keys.add(path, "register", ["publisher"], None, "publisher")
    return path


async def get(keys: Path, path: str, authorization: str | None) -> httpx.Response:
    clock = FixedClock(datetime(2026, 3, 5, tzinfo=UTC))
    router = api.router(apps.EMPTY_DATABASE, TermsProjection(POLICIES), clock, ReferenceData)
    app = create_apps(
        Settings(api_keys=keys), title="deadlines", about="Legal terms.", health=lambda: Health(True, "ready"),
        routers=[router], rows=api.ACCESS,
    ).api  # fmt: skip
    headers = {} if authorization is None else {"Authorization": authorization}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        return await client.get(path, headers=headers)


def basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


@pytest.mark.parametrize(
    ("path", "authorization", "status"),
    [
        (FEED, basic("anybody", "health"), 200),
        (FEED, basic("", "all"), 200),
        (FEED, "Bearer health", 200),
        (FEED, basic("anybody", "publisher"), 403),
        (FEED, basic("health", ""), 401),
        (FEED, "Basic !", 401),
        (FEED, None, 401),
        ("/breaches", basic("anybody", "health"), 401),
        ("/breaches", "Bearer health", 200),
    ],
)
async def test_only_the_feed_takes_a_password(keys: Path, path: str, authorization: str | None, status: int) -> None:
    """Calendar programs cannot send a bearer token; all others can."""
    answer = await get(keys, path, authorization)
    assert answer.status_code == status, answer.text
    if status == 401:
        scheme = "Basic" if path == FEED else "Bearer"
        assert answer.headers["www-authenticate"].startswith(scheme)


async def test_feed_may_be_kept_for_minutes(keys: Path) -> None:
    """By the calendar program alone. Without terms it is a calendar, too."""
    answer = await get(keys, FEED, "Bearer all")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, max-age=900"
    assert Calendar.from_ical(answer.content).events == []


@pytest.mark.parametrize(
    ("query", "key", "field"),
    [
        ("within=today", "all", None),
        ("within=week&by=executor&executor=chief-physician", "all", None),
        ("within=week&as_of=2026-03-01T00:00:00%2B06:00&known=2026-03-02T00:00:00Z&by=body", "all", None),
        ("within=today&body=ministry-health", "health", None),
        ("", "all", "within"),
        ("within=month", "all", "within"),
        ("within=today&late=1", "all", "query"),
        ("within=today&as_of=2026-03-01", "all", "as_of"),
        ("within=today&as_of=2026-03-01T00:00:00Z&executor=e", "all", "executor"),
        ("within=today&known=2026-03-01T00:00:00Z&by=executor", "all", "by"),
        ("within=today&limit=1001", "all", "limit"),
        ("within=today&after=yesterday", "all", "after"),
        ("within=today&after=999999999999999-KG", "all", None),
        ("within=today&after=999999999999999999-KG", "all", "after"),
        ("within=today&body=%00", "all", "body"),
    ],
)
async def test_wrong_questions_are_refused(keys: Path, query: str, key: str, field: str | None) -> None:
    """With the field. A right one tells how old its answer is."""
    answer = await get(keys, f"/due?{query}", f"Bearer {key}")
    if field is None:
        assert answer.status_code == 200, answer.text
        found: Mapping[str, Any] = answer.json()
        assert {"as_of", "known", "last_event", "next"} <= found.keys()
    else:
        assert answer.status_code == 422, answer.text
        assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_key_of_a_body_shows_no_other(keys: Path) -> None:
    answer = await get(keys, "/breaches?body=ministry-labour", "Bearer health")
    assert answer.status_code == 403


@pytest.mark.parametrize("instant", ["2026-03-05T10:11:12.000013+00:00", "1969-12-31T23:59:59.999999+00:00"])
def test_cursor_is_read_back(instant: str) -> None:
    place = ListPlace(at(instant), "KG-0000-0000-0000-00")
    assert ListPlace.parse(str(place)) == place


def test_weeks_end_on_sunday() -> None:
    """On the clocks of each jurisdiction: it is Monday in Bishkek and Sunday in UTC."""
    now = at("2026-03-08T19:00+00:00")
    found = periods("week", now, POLICIES)
    assert found.ends["KG"] == at("2026-03-16T00:00+06:00")
    assert found.other == at("2026-03-09T00:00+00:00")
    assert periods("today", now, POLICIES).ends["KG"] == at("2026-03-10T00:00+06:00")


def test_working_days_need_a_calendar() -> None:
    working, calendar = WorkingDays(POLICIES), POLICIES.calendars["KG"]
    friday, tuesday = at("2026-03-06T00:00").date(), at("2026-03-10T00:00").date()
    assert working.since(friday, tuesday, calendar) == 2
    assert working.since(friday, friday, calendar) == 0
    assert working.since(at("1990-01-01T00:00").date(), friday, calendar) is None


def test_steps_are_told_in_their_order() -> None:
    """As of an instant, only those of before."""
    due = at("2026-03-07T00:00+06:00")
    appeal, _ = folded(
        ("2026-02-16T04:00", registered("2026-02-16T04:00")),
        ("2026-02-16T04:00", TermSet(due=due)),
        ("2026-03-03T03:00", Warned(term="answer-1", due=due, step=1, to="executor")),
        ("2026-03-10T03:00", Warned(term="answer-1", due=due, step=2, to="head")),
    )
    assert [(one.step, one.to) for one in told_steps(appeal, at("2026-03-11"))] == [(1, "executor"), (2, "head")]
    assert [one.step for one in told_steps(appeal, at("2026-03-11"), known=at("2026-03-09"))] == [1]


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        (["due", "--within", "month"], "--within"),
        (["due", "--as-of", "2026-03-01T09:00:00"], "needs an offset"),
        (["breaches", "--as-of", "yesterday"], "is not an instant"),
        (["breaches", "--known", "0001-01-01T00:00:00+06:00"], "in the years 1900"),
        (["breaches", "--as-of", "2026-03-01T09:00:00Z", "--by", "executor"], "as of now only"),
    ],
)
def test_wrong_options_are_refused(options: list[str], refused: str) -> None:
    """Before any server is asked."""
    done = CliRunner().invoke(app, ["deadlines", *options])
    assert done.exit_code == 2
    assert refused in done.output
