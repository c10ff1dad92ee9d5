"""The sites of services in this process and without servers, on figures made up for tests."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import uvicorn
from deploy.local.ports import free_port
from fastapi import APIRouter, FastAPI
from tests.stack import API_KEYS

from natija_analytics.pages import site
from natija_analytics.pages.snapshots import SUBJECTS, Filter, Snapshot, Snapshots
from natija_analytics.reports import counts, definitions
from natija_analytics.reports.counts import GroupCount
from natija_analytics.reports.definitions import Subject
from natija_analytics.reports.late_answers import AnswerSums
from natija_analytics.samples import sample
from natija_chassis.clock import FixedClock
from natija_chassis.http.access import RouteAccess
from natija_chassis.http.app import create_apps
from natija_chassis.http.problems import Problem
from natija_chassis.pages import sections
from natija_chassis.pages.data_age import DataAge
from natija_chassis.process.health import Health
from natija_chassis.realm.realm_files import load_reference_data
from natija_chassis.service_app import ServicePages
from natija_chassis.settings import Settings

ROOT = Path(__file__).parents[1]
REFERENCE = load_reference_data(ROOT / "deploy/realms/kg")
DEFINITIONS = definitions.load_definitions(ROOT / "deploy/realms/kg/reports.yaml")
MARGINALS = sample.load_marginals(ROOT / "examples/kg-h1-2019.yaml")
CLOCK = FixedClock(datetime(2019, 12, 1, 6, 30, tzinfo=UTC))
CURRENT = DataAge("current", CLOCK.now())
_COLUMNS: dict[Subject, str] = {"channels": "channel", "regions": "region", "topics": "topic"}
_DIVISORS = {"talas": 7, "osh-city": 3}
"""By region, what the figures of all are divided by."""
_MONTHS = (381, 402, 455, 390, 3, 823)
_ANSWERS = (("ministry-transport", 412, 37), ("ministry-labour", 260, 4), ("ministry-interior", 199, 0), (None, 12, 0))


class PublishedSnapshots(Snapshots):
    """The report of the first half of 2019 with answers that are made up, and other data by the year that is asked.

    2018: nothing. 2017: catching up. 2016: out of date. 2015: the database does not answer. 2014: a fault of ours.
    2013: being computed.
    """

    def __init__(self) -> None:
        super().__init__(None, DEFINITIONS, lambda: REFERENCE, lambda: CURRENT)  # type: ignore[arg-type]

    async def get(self, filter: Filter) -> Snapshot | None:
        year = filter.period.year
        if year == 2013:
            return None
        if year == 2015:
            raise Problem(503, "The database does not answer", headers={"Retry-After": "10"})
        if year == 2014:
            raise ValueError("a fault")
        age = {2017: DataAge("catching-up", None, 41_200), 2016: DataAge("stale", CLOCK.now(), 7)}.get(year, CURRENT)
        return snapshot(filter, age, empty=year == 2018)

    async def years(self) -> tuple[int, int] | None:
        return 2013, 2019


def snapshot(filter: Filter, age: DataAge = CURRENT, *, empty: bool = False) -> Snapshot:
    """The published figures, or none. Those of a region in `_DIVISORS` are a part of them."""
    part = _DIVISORS.get(filter.region, 1)
    period = filter.period.days(REFERENCE.zone)
    reports = {
        subject: counts.build(
            subject, period, [] if empty else _published(subject, part), DEFINITIONS, getattr(REFERENCE, subject)
        )
        for subject in SUBJECTS
    }
    months = {date(filter.period.year, month, 1): count // part for month, count in enumerate(_MONTHS, 1)}
    answers = [] if empty else [AnswerSums(key, given // part, late // part) for key, given, late in _ANSWERS]
    return Snapshot(filter, age, reports, months, answers)


def _published(subject: Subject, part: int) -> list[GroupCount]:
    return [
        GroupCount(group.form, key, appeals // part)
        for group in MARGINALS.groups
        for key, appeals in (getattr(group, _COLUMNS[subject]) or {None: group.total}).items()
    ]


def statistics_app(*more: APIRouter, rows: Sequence[RouteAccess] = (), sites: str = "") -> FastAPI:
    """The site of analytics on `PublishedSnapshots`, and *more* routes with their *rows*; *sites* as the setting."""
    pages = site.build(PublishedSnapshots(), lambda: REFERENCE, CLOCK)
    pages.site.show_others(sections.parse(sites))
    return app_of(pages, *more, rows=rows)


def app_of(pages: ServicePages, *more: APIRouter, rows: Sequence[RouteAccess] = ()) -> FastAPI:
    """An app with *pages*, and *more* routes with their *rows*."""
    return create_apps(
        Settings(api_keys=API_KEYS),
        title="x",
        about="X.",
        health=lambda: Health(True, "ready"),
        routers=[*pages.routers, pages.site.router(), *more],
        rows=[*pages.rows, *pages.site.rows, *rows],
        error_page=pages.site.error_page,
    ).api


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The address at which *app* is served while the block lasts."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
