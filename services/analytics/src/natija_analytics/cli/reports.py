"""The work of the commands: wait until the database is current, query it, print the result on stdout."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from zoneinfo import ZoneInfo

import typer
from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_analytics.history import history
from natija_analytics.projection.rows import HistoryRow
from natija_analytics.rendering import count_report, overdue_report
from natija_analytics.rendering.captions import Language
from natija_analytics.reports import counts, definitions, overdue, queries
from natija_analytics.reports.definitions import Subject
from natija_analytics.settings import AnalyticsSettings
from natija_chassis.cli.freshness import until_current
from natija_chassis.errors import OperatorError
from natija_chassis.period import Period
from natija_chassis.postgres.engine import open_engine
from natija_chassis.realm.directory import Directory, load_directory
from natija_events.ids import parse_appeal_number


async def print_overdue(by: str, as_of: str | None, format: str, language: Language, zone: str | None) -> None:
    """Print the appeals past their term, all or summed up. Raises `OperatorError`."""
    settings, directory, engine = _opened()
    local = _zone(zone or directory.zone)
    at = settings.injected_clock.now() if as_of is None else _instant(as_of, local)
    async with _current(settings, engine):
        async with engine.connect() as connection:
            if by == "appeal":
                appeals = overdue.by_appeal(connection, at)
                if format == "table":
                    sys.stdout.write(
                        overdue_report.appeals_table([one async for one in appeals], at, directory, language, local)
                    )
                else:
                    await _write(format, by, at, overdue.AppealLateness._fields, appeals)
                return
            key = next(known for known in overdue.KEYS if known == by)
            sums = await overdue.by_key(connection, at, key)
        if format == "table":
            sys.stdout.write(overdue_report.keys_table(key, sums, at, directory, language, local))
        else:
            await _write(format, by, at, overdue.LatenessSums._fields, _each(sums))


async def print_counts(
    subject: Subject, first: date, last: date, format: str, language: Language, zone: str | None
) -> None:
    """Print the counts of appeals received in a period. Raises `OperatorError`."""
    settings, directory, engine = _opened()
    period = Period(first, last, zone or directory.zone)
    _zone(period.zone)
    if last < first:
        raise typer.BadParameter("is before --from", param_hint="--to")
    defined = definitions.load_definitions(settings.definitions)
    async with _current(settings, engine), engine.connect() as connection:
        counted = await queries.count(connection, subject, period)
    report = counts.build(subject, period, counted, defined, getattr(directory, subject))
    if format == "table":
        sys.stdout.write(count_report.counts_table(report, directory, language))
    elif format == "csv":
        sys.stdout.write(count_report.counts_csv(report, directory, language))
    else:
        sys.stdout.write(count_report.as_json(count_report.counts_json(report, directory, language)))


async def print_history(appeal: str, from_log: bool, format: str, language: Language, zone: str | None) -> None:
    """Print all that happened to one appeal. Raises `OperatorError`, also when the log's chain is broken."""
    settings, directory, engine = _opened()
    local = _zone(zone or directory.zone)
    try:
        number = parse_appeal_number(appeal)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="APPEAL") from None
    rows = await (_from_log(settings, engine, number) if from_log else _from_projection(settings, engine, number))
    if not rows:
        raise OperatorError(f"{number} is not in the register")
    if format == "json":
        sys.stdout.write(overdue_report.history_json(number, rows))
    else:
        sys.stdout.write(overdue_report.history_table(number, rows, directory, language, local))


async def _from_projection(settings: AnalyticsSettings, engine: AsyncEngine, number: str) -> list[HistoryRow]:
    async with _current(settings, engine), engine.connect() as connection:
        return await history.of_projection(connection, number)


async def _from_log(settings: AnalyticsSettings, engine: AsyncEngine, number: str) -> list[HistoryRow]:
    try:
        rows = await history.of_log(settings.kafka_config, settings.realm, engine, number)
    except history.BrokenChain as broken:
        raise OperatorError(
            f"the log does not hold this history together: {broken}. Run natija registrar verify {number}"
        ) from None
    except (KafkaError, TimeoutError):
        raise OperatorError(f"Kafka at {settings.kafka} does not answer") from None
    finally:
        await engine.dispose()
    print(f"{len(rows)} events read from the log, their chain is whole", file=sys.stderr)
    return rows


def _opened() -> tuple[AnalyticsSettings, Directory, AsyncEngine]:
    settings = AnalyticsSettings()
    return settings, load_directory(settings.directory), open_engine(settings, "analytics", pool=1)


@asynccontextmanager
async def _current(settings: AnalyticsSettings, engine: AsyncEngine) -> AsyncIterator[None]:
    try:
        await until_current(settings, engine, "analytics")
        yield
    finally:
        await engine.dispose()


def _zone(name: str) -> ZoneInfo:
    try:
        return counts.zone_named(name)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--zone") from None


def _instant(text: str, zone: ZoneInfo) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("is not ISO 8601, as 2019-07-01T00:00:00+06:00 is", param_hint="--as-of") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)


async def _write(format: str, by: str, at: datetime, columns: tuple[str, ...], verdicts: AsyncIterator[tuple]) -> None:  # type: ignore[type-arg]
    if format == "csv":
        pieces = overdue_report.overdue_csv(columns, verdicts)
    else:
        pieces = overdue_report.overdue_json(by, at, columns, verdicts)
    async for piece in pieces:
        sys.stdout.write(piece)


async def _each(verdicts: list[overdue.LatenessSums]) -> AsyncIterator[overdue.LatenessSums]:
    for verdict in verdicts:
        yield verdict
