"""Analytics over HTTP: histories and reports as JSON, as far as this service has read the log."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_analytics.history import history
from natija_analytics.rendering import count_report, history_report
from natija_analytics.reports import breaches, counts, late_answers, overdue, queries
from natija_analytics.reports.definitions import Definitions, Subject
from natija_chassis.clock import Clock
from natija_chassis.http import problems
from natija_chassis.http.access import access
from natija_chassis.http.parameters import AfterNumber, QueryDay, QueryInstant
from natija_chassis.reports.output import plain
from natija_chassis.reports.period import Period
from natija_chassis.time_zones import time_zone
from natija_events.ids import parse_appeal_number
from natija_events.reference.data import GetReferenceData
from natija_events.words import Language

MAX_PAGE = 1000
_Row = overdue.AppealLateness | overdue.LatenessSums | late_answers.AnswerSums | breaches.BreachSums
_FirstDay = Annotated[QueryDay, Query(alias="from", description="First local day.")]
_LastDay = Annotated[QueryDay, Query(alias="to", description="Last local day, included.")]
_Zone = Annotated[str | None, Query(description="Time zone of the days. Default: the realm's.")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="The most rows of a page.")]
ACCESS = (
    access("GET", "/appeals/{appeal}/history", "official", "operator"),
    access("GET", "/reports/overdue", "official", "operator"),
    access("GET", "/reports/late-answers", "official", "operator", bodies="any"),
    access("GET", "/reports/breaches", "official", "operator", bodies="any"),
    access("GET", "/reports/{subject}", "official", "operator", bodies="any"),
)


def router(engine: AsyncEngine, definitions: Definitions, reference: GetReferenceData, clock: Clock) -> APIRouter:
    """The paths of analytics, on the database of *engine*."""
    api = APIRouter(tags=["analytics"])

    @api.get("/appeals/{appeal}/history", responses=problems.responses(404, 422))
    async def get_history(
        appeal: Annotated[str, Path(description="The appeal's number.")],
        limit: Limit = MAX_PAGE,
        after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Continue after this sequence.")] = 0,
    ) -> JSONResponse:
        """The events of one appeal. For the next page, send `next` as `after`. `natija history --from-log` reads the
        same from the log itself."""
        try:
            number = parse_appeal_number(appeal)
        except ValueError as error:
            raise problems.not_found("appeal", "number", str(error)) from None
        async with engine.connect() as connection:
            rows = await history.of_projection(connection, number, after=after, limit=limit)
        if not rows and not after:
            raise problems.not_found("appeal", "unknown", "no appeal with this number is registered")
        following = rows[-1].sequence if len(rows) == limit else None
        return JSONResponse(history_report.history_json(number, rows) | {"next": following})

    @api.get("/reports/overdue", responses=problems.responses(422))
    async def get_overdue(
        by: Annotated[
            Literal["appeal", "body", "topic", "region"], Query(description="One row per appeal, or sums.")
        ] = "body",
        as_of: Annotated[
            QueryInstant | None, Query(description="An instant as 2026-03-04T12:00:00+06:00. Default: now.")
        ] = None,
        limit: Limit = MAX_PAGE,
        after: Annotated[AfterNumber, Query(description="By appeal: continue after this number.")] = "",
    ) -> JSONResponse:
        """Overdue appeals as of an instant: those closed late by then, and those open after their due instant.

        By appeal it comes in pages. For the next one, send `next` as `after`, with the same `as_of`.
        """
        at = as_of or clock.now()
        head = {"report": "overdue", "by": by, "as_of": at.isoformat()}
        async with engine.connect() as connection:
            if by != "appeal":
                return JSONResponse(head | {"rows": _objects(await overdue.by_key(connection, at, by))})
            page = [row async for row in overdue.by_appeal(connection, at, after=after, limit=limit)]
        return JSONResponse(head | {"rows": _objects(page), "next": page[-1].number if len(page) == limit else None})

    @api.get("/reports/late-answers", responses=problems.responses(422))
    async def get_late_answers(
        first: _FirstDay,
        last: _LastDay,
        by: Annotated[overdue.Key, Query(description="One row per body, topic or region.")] = "body",
        zone: _Zone = None,
    ) -> JSONResponse:
        """Appeals answered in a period, and how many of them late, as of the end of the period."""
        period = _period(first, last, zone or reference().zone)
        async with engine.connect() as connection:
            rows = await late_answers.by_key(connection, period, by)
        return JSONResponse({**late_answers.head(period, by), "rows": _objects(rows)})

    @api.get("/reports/breaches", responses=problems.responses(422))
    async def get_breaches(
        by: Annotated[
            breaches.BreachKey, Query(description="One row per body and kind of term, or per kind.")
        ] = "body",
        as_of: Annotated[
            QueryInstant | None, Query(description="An instant as 2026-03-04T12:00:00+06:00. Default: now.")
        ] = None,
        known: Annotated[
            QueryInstant | None, Query(description="Leave out events recorded after this instant. Default: none.")
        ] = None,
    ) -> JSONResponse:
        """Terms of every kind that were missed by an instant, each for the body that had to keep it.

        The overall term is that of all bodies together: its row has no body.
        """
        at = as_of or clock.now()
        async with engine.connect() as connection:
            found = await breaches.by_key(connection, at, by, known)
        return JSONResponse(breaches.head(by, at, known, found) | {"rows": _objects(found.sums)})

    @api.get("/reports/{subject}", responses=problems.responses(422))
    async def get_counts(
        subject: Subject,
        first: _FirstDay,
        last: _LastDay,
        zone: _Zone = None,
        lang: Annotated[Language, Query(description="Language of names.")] = "en",
    ) -> JSONResponse:
        """Appeals received in a period, counted, with shares rounded as the realm defines it."""
        known = reference()
        period = _period(first, last, zone or known.zone)
        async with engine.connect() as connection:
            counted = await queries.count(connection, subject, period)
        report = counts.build(subject, period, counted, definitions, getattr(known, subject))
        return JSONResponse(count_report.counts_json(report, known, lang))

    return api


def _period(first: date, last: date, zone: str) -> Period:
    """The period of a request. Raises `Problem`."""
    try:
        time_zone(zone)
    except ValueError as error:
        raise problems.invalid_field("zone", "unknown", str(error)) from None
    if last < first:
        raise problems.invalid_field("to", "order", "the last day is before the first")
    return Period(first, last, zone)


def _objects(rows: Sequence[_Row]) -> list[dict[str, Any]]:
    return [{name: plain(value) for name, value in row._asdict().items()} for row in rows]
