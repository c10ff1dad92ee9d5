"""The figures of the public pages, kept for a while: many readers of one page are one reader for the database."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from natija_analytics.pages.kept import Kept
from natija_analytics.pages.periods import PublicPeriod
from natija_analytics.reports import counts, late_answers, queries
from natija_analytics.reports.counts import Report
from natija_analytics.reports.definitions import Definitions, Subject
from natija_analytics.reports.late_answers import AnswerSums
from natija_chassis.pages.data_age import DataAge, GetDataAge
from natija_events.reference.data import GetReferenceData

FRESH_SECONDS = 60.0
"""After so long the figures are taken again, while readers still get those that are kept."""
KEPT_SECONDS = 3600.0
"""After so long a reader waits for new ones."""
PATIENCE = 5.0
"""Seconds that a reader waits. In a large register the first one is asked to come back."""
SUBJECTS: tuple[Subject, ...] = ("channels", "regions", "topics")


class Filter(NamedTuple):
    """The choice of a reader; blank for all."""

    period: PublicPeriod
    region: str = ""
    body: str = ""


class Snapshot(NamedTuple):
    """The reports of a *filter*, all of one moment, with the *age* of their data."""

    filter: Filter
    age: DataAge
    reports: Mapping[Subject, Report]
    months: Mapping[date, int]
    answers: Sequence[AnswerSums]

    @property
    def received(self) -> int:
        """The appeals received, of the forms that count."""
        return next(line.appeals for line in self.reports["channels"].lines if line.kind == "total")


class Snapshots:
    """Takes snapshots of the database of *engine*, one for all who ask for the same."""

    def __init__(
        self, engine: AsyncEngine, definitions: Definitions, reference: GetReferenceData, age: GetDataAge
    ) -> None:
        self._engine, self._definitions, self._reference, self._age = engine, definitions, reference, age
        self._kept = Kept[Any](FRESH_SECONDS, KEPT_SECONDS)

    async def get(self, filter: Filter) -> Snapshot | None:
        """The figures of *filter*, at most `KEPT_SECONDS` old; None while they are being computed.

        Raises `Problem` (503) without a database.
        """
        try:
            found: Snapshot = await self._kept.get(filter, lambda: self._take(filter), PATIENCE)
        except TimeoutError:
            return None
        return found

    async def years(self) -> tuple[int, int] | None:
        """The years of the first and the last appeal; None without any. Raises `Problem` (503)."""
        zone = self._reference().zone

        async def ask() -> tuple[int, int] | None:
            async with self._engine.connect() as connection:
                return await queries.years(connection, zone)

        found: tuple[int, int] | None = await self._kept.get(zone, ask)
        return found

    async def _take(self, filter: Filter) -> Snapshot:
        known, age = self._reference(), self._age()
        period = filter.period.days(known.zone)
        region, body = filter.region or None, filter.body or None
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            reports = {}
            for subject in SUBJECTS:
                counted = await queries.count(connection, subject, period, region=region, body=body)
                order = getattr(known, subject)
                reports[subject] = counts.build(subject, period, counted, self._definitions, order)
            by_month = await queries.count_by_month(connection, period, region=region, body=body)
            answers = await late_answers.by_key(connection, period, "body", region)
        months = counts.by_month(period, by_month, self._definitions)
        return Snapshot(filter, age, reports, months, [one for one in answers if body is None or one.key == body])
