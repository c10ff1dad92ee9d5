"""Wiring of the deadlines process."""

import asyncio
import logging
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.clock import Clock
from natija_chassis.process.health import Backlog
from natija_chassis.realm.reference_reader import ReferenceReader
from natija_chassis.service_app import run_service
from natija_deadlines import api
from natija_deadlines.board import site
from natija_deadlines.metrics import CALENDAR_DAYS
from natija_deadlines.policies import bindings, policy
from natija_deadlines.policies.coverage import days_left, is_short
from natija_deadlines.policies.policy import Policies
from natija_deadlines.settings import DeadlinesSettings
from natija_deadlines.terms import queue
from natija_deadlines.terms.projection import TermsProjection
from natija_deadlines.terms.replan import replan
from natija_deadlines.terms.state import AppealTerms
from natija_terms.calendars.calendar import Calendar

log = logging.getLogger(__name__)


async def serve(settings: DeadlinesSettings) -> None:
    """Run deadlines until SIGTERM. Raises `OperatorError` when policies or calendars are wrong."""
    policies, clock = policy.load_policies(settings.policies, settings.calendars), settings.injected_clock

    projection, reader = TermsProjection(policies), ReferenceReader(settings)

    def calendar_of(appeal: AppealTerms) -> Calendar | None:
        id = bindings.calendar_of(appeal.holder, appeal.jurisdiction or "", reader.now())
        return policies.calendars.get(id)

    async def check_bindings(stopping: asyncio.Event) -> None:
        """End the process when the calendar of a body does not exist."""
        if await reader.until_known(stopping):
            bindings.check(reader.now(), policies.calendars)
        await stopping.wait()

    timers = queue.TimerQueue(projection, calendar_of)
    _watch_calendars(policies, clock)

    async def backlog(connection: AsyncConnection) -> Sequence[Backlog]:
        counts = await queue.count(connection, clock.now())
        return [
            Backlog("open appeals with a term", counts.with_term),
            Backlog("of these overdue", counts.overdue),
            Backlog("live appeals without a term", counts.without_term),
        ]

    await run_service(
        settings,
        projection,
        about="Sets the legal term of each live appeal, warns before its end, and records missed terms.",
        router=lambda engine: api.router(engine, projection, clock, reader.now),
        pages=lambda engine, age: site.build(engine, projection, reader.now, clock, age),
        rows=api.ACCESS,
        backlog=backlog,
        pending_proposals=timers.pending,
        reference=reader,
        next_instant=timers.next_instant,
        prepare=lambda engine: replan(engine, projection),
        tasks=[check_bindings],
    )


def _watch_calendars(policies: Policies, clock: Clock) -> None:
    """Tell how many days are left until receipts have terms that no calendar covers; a warning where they are few."""
    for jurisdiction in policies.by_jurisdiction:
        left = days_left(policies, jurisdiction, clock.now())
        if left is None:
            continue

        def days(jurisdiction: str = jurisdiction) -> int:
            return days_left(policies, jurisdiction, clock.now()) or 0

        CALENDAR_DAYS.labels(jurisdiction).set_function(days)
        if is_short(left):
            last = policies.last_receipt(jurisdiction)
            log.warning("receipts in %s after %s need the working calendar of the next year", jurisdiction, last)
