"""The work of the commands: wait until the projection is current, query it, print only the report on stdout."""

import sys
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import typer
from aiokafka.errors import KafkaError

from natija_analytics.history import history
from natija_analytics.projection.state import HistoryRow
from natija_analytics.rendering import breaches_report, count_report, history_report, overdue_report
from natija_analytics.reports import breaches, counts, definitions, late_answers, overdue, queries
from natija_analytics.reports.definitions import Subject
from natija_analytics.settings import AnalyticsSettings
from natija_chassis.cli.options import Format
from natija_chassis.errors import OperatorError
from natija_chassis.postgres.engine import open_engine
from natija_chassis.realm.reference_loader import load_current
from natija_chassis.reports.freshness import current_projection
from natija_chassis.reports.options import ReportFormat, instant_option, period_options, zone_option
from natija_chassis.reports.output import as_json, stream_csv, stream_json
from natija_events.ids import parse_appeal_number
from natija_events.words import Language

By = overdue.Key | Literal["appeal"]


async def print_overdue(
    by: By, as_of: str | None, format: ReportFormat, language: Language, zone: str | None, realm_files: Path | None
) -> None:
    """Print the overdue appeals, or sums of all appeals. Raises `OperatorError`."""
    settings = AnalyticsSettings()
    _check(zone, as_of)
    reference = await load_current(settings, realm_files)
    local = zone_option(zone or reference.zone)
    at = settings.injected_clock.now() if as_of is None else instant_option(as_of, local)
    async with current_projection(settings) as connection:
        if by == "appeal":
            appeals = overdue.by_appeal(connection, at)
            if format == "table":
                found = [one async for one in appeals]
                sys.stdout.write(overdue_report.appeals_table(found, at, reference, language, local))
            else:
                await _write(format, _overdue_head(by, at), overdue.AppealLateness._fields, appeals)
            return
        sums = await overdue.by_key(connection, at, by)
    if format == "table":
        sys.stdout.write(overdue_report.sums_table(by, sums, at, reference, language, local))
    else:
        await _write(format, _overdue_head(by, at), overdue.LatenessSums._fields, _each(sums))


async def print_breaches(
    by: breaches.BreachKey,
    as_of: str | None,
    known: str | None,
    format: ReportFormat,
    language: Language,
    zone: str | None,
    realm_files: Path | None,
) -> None:
    """Print the terms that were missed. Raises `OperatorError`."""
    settings = AnalyticsSettings()
    _check(zone, as_of, known)
    reference = await load_current(settings, realm_files)
    local = zone_option(zone or reference.zone)
    at = settings.injected_clock.now() if as_of is None else instant_option(as_of, local)
    recorded = None if known is None else instant_option(known, local, "--known")
    async with current_projection(settings) as connection:
        found = await breaches.by_key(connection, at, by, recorded)
    if format == "table":
        sys.stdout.write(breaches_report.breaches_table(by, found, at, reference, language, local))
    else:
        head = breaches.head(by, at, recorded, found)
        await _write(format, head, breaches.BreachSums._fields, _each(found.sums))


async def print_late_answers(
    by: overdue.Key,
    first: date,
    last: date,
    format: ReportFormat,
    language: Language,
    zone: str | None,
    realm_files: Path | None,
) -> None:
    """Print the appeals answered in a period, and how many of them late. Raises `OperatorError`."""
    settings = AnalyticsSettings()
    period_options(first, last, zone or "UTC")  # wrong options are told before anybody is asked
    reference = await load_current(settings, realm_files)
    period = period_options(first, last, zone or reference.zone)
    async with current_projection(settings) as connection:
        sums = await late_answers.by_key(connection, period, by)
    if format == "table":
        sys.stdout.write(overdue_report.answers_table(by, sums, period, reference, language))
    else:
        await _write(format, late_answers.head(period, by), late_answers.AnswerSums._fields, _each(sums))


async def print_counts(
    subject: Subject,
    first: date,
    last: date,
    format: ReportFormat,
    language: Language,
    zone: str | None,
    realm_files: Path | None,
) -> None:
    """Print the appeals received in a period, counted by *subject*. Raises `OperatorError`."""
    settings = AnalyticsSettings()
    period_options(first, last, zone or "UTC")  # wrong options are told before anybody is asked
    reference = await load_current(settings, realm_files)
    period = period_options(first, last, zone or reference.zone)
    defined = definitions.load_definitions(settings.definitions)
    async with current_projection(settings) as connection:
        counted = await queries.count(connection, subject, period)
    report = counts.build(subject, period, counted, defined, getattr(reference, subject))
    if format == "table":
        sys.stdout.write(count_report.counts_table(report, reference, language))
    elif format == "csv":
        sys.stdout.write(count_report.counts_csv(report, reference, language))
    else:
        sys.stdout.write(as_json(count_report.counts_json(report, reference, language)))


async def print_history(
    appeal: str, from_log: bool, format: Format, language: Language, zone: str | None, realm_files: Path | None
) -> None:
    """Print all events of one appeal. Raises `OperatorError`, also when the log's hash chain is broken."""
    settings = AnalyticsSettings()
    _check(zone)
    try:
        number = parse_appeal_number(appeal)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="APPEAL") from None
    reference = await load_current(settings, realm_files)
    rows = await (_from_log(settings, number) if from_log else _from_projection(settings, number))
    if not rows:
        raise OperatorError(f"{number} is not in the register")
    if format == "json":
        sys.stdout.write(as_json(history_report.history_json(number, rows)))
    else:
        local = zone_option(zone or reference.zone)
        sys.stdout.write(history_report.history_table(number, rows, reference, language, local))


def _check(zone: str | None, as_of: str | None = None, known: str | None = None) -> None:
    """Refuse wrong options before anybody is asked. Raises `typer.BadParameter`."""
    local = zone_option(zone or "UTC")
    if as_of is not None:
        instant_option(as_of, local)
    if known is not None:
        instant_option(known, local, "--known")


async def _from_projection(settings: AnalyticsSettings, number: str) -> list[HistoryRow]:
    async with current_projection(settings) as connection:
        return await history.of_projection(connection, number)


async def _from_log(settings: AnalyticsSettings, number: str) -> list[HistoryRow]:
    engine = open_engine(settings, settings.process, pool=1)
    try:
        rows = await history.of_log(settings.kafka_config, settings.realm, engine, number)
    except history.BrokenChain as broken:
        raise OperatorError(
            f"the hash chain of this appeal is broken: {broken}. Run natija registrar verify {number}"
        ) from None
    except (KafkaError, TimeoutError):
        raise OperatorError(f"Kafka at {settings.kafka} does not answer") from None
    finally:
        await engine.dispose()
    print(f"{len(rows)} events read from the log; their hash chain is intact", file=sys.stderr)
    return rows


async def _write(
    format: ReportFormat, head: dict[str, Any], columns: tuple[str, ...], rows: AsyncIterator[tuple[Any, ...]]
) -> None:
    csv = format == "csv"
    pieces = stream_csv(columns, rows) if csv else stream_json(head, columns, rows)
    async for piece in pieces:
        sys.stdout.write(piece)


def _overdue_head(by: By, at: datetime) -> dict[str, Any]:
    return {"report": "overdue", "by": by, "as_of": at.isoformat()}


async def _each(rows: Sequence[tuple[Any, ...]]) -> AsyncIterator[tuple[Any, ...]]:
    for row in rows:
        yield row
