"""Deadlines over HTTP: the term of an appeal, and what a term would be."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.clock import Clock
from natija_deadlines.calendars.calendar import CalendarMissing
from natija_deadlines.policies.arithmetic import is_late
from natija_deadlines.policies.policy import PolicyMissing, Rulebook
from natija_deadlines.terms.decide import Undecidable, decide
from natija_deadlines.terms.projection import CLOCKS
from natija_deadlines.terms.state import AppealClock
from natija_events.ids import parse_appeal_number
from natija_events.lifecycle.transitions import State


class Problem(BaseModel):
    """What is wrong with one field."""

    field: str
    rule: str
    message: str


class Problems(BaseModel):
    """Why the question has no answer."""

    errors: list[Problem]


class TermOfAppeal(BaseModel):
    """The clock of an appeal. *overdue*: nobody has answered and the due instant is past.

    *undecidable*: why no term or warning follows from the policies and calendars there are, until somebody mends them.
    """

    appeal: str
    state: State
    running: bool
    starts: datetime | None
    due: datetime | None
    policy: str | None
    overdue: bool
    warned: list[datetime]
    missed: list[datetime]
    undecidable: str | None


class Calculation(BaseModel):
    """A term as the policy counts it: local days, instants with the country's offset. *due* is 24:00 of *due_on*.

    *provisional*: decrees may still move days of that year.
    """

    country: str
    kind: str
    type: str | None
    received: datetime
    policy: str
    title: str
    registered_on: date
    start_on: date
    due_on: date
    due: datetime
    warn_at: datetime
    forward_by: date
    provisional: bool


def router(engine: AsyncEngine, rules: Rulebook, clock: Clock) -> APIRouter:
    """The paths of deadlines, on the clocks in the database of *engine*."""
    api = APIRouter(tags=["deadlines"])

    @api.get("/terms/{appeal}", response_model=TermOfAppeal, responses={404: {"model": Problems}})
    async def term(appeal: Annotated[str, Path(description="The appeal's number.")]) -> TermOfAppeal | JSONResponse:
        """The term of one appeal, as far as this service has read the log."""
        try:
            number = parse_appeal_number(appeal)
        except ValueError:
            return _problem(404, "appeal", "number", "This is no appeal number: a character is missing or mistaken.")
        async with engine.connect() as connection:
            found = (await CLOCKS.load(connection, [number])).get(number)
        if found is None:
            return _problem(404, "appeal", "unknown", "No appeal with this number is registered.")
        return _term(found, clock.now(), rules)

    @api.get("/calculate", response_model=Calculation, responses={422: {"model": Problems}})
    def calculate(
        country: Annotated[str, Query(description="KG, KZ or UZ.")],
        kind: Annotated[str, Query(description="application, complaint, proposal, request, message, response.")],
        received: Annotated[datetime, Query(description="ISO 8601; without an offset it is the country's local time.")],
        type: Annotated[str | None, Query(description="The country's own type, such as notary-request.")] = None,
    ) -> Calculation | JSONResponse:
        """What the term of an appeal would be, by the policy that was in force when it was received."""
        if country not in rules.calendars:
            return _problem(422, "country", "unknown", f"Known are {', '.join(sorted(rules.calendars))}.")
        try:
            return _calculated(rules, country, kind, received, type)
        except (PolicyMissing, CalendarMissing) as missing:
            return _problem(422, "received", "no_data", f"There is {missing}.")

    return api


def _term(clock: AppealClock, now: datetime, rules: Rulebook) -> TermOfAppeal:
    verdict = decide(clock, now, rules)
    return TermOfAppeal(
        appeal=clock.appeal,
        state=clock.standing.state,
        running=clock.running,
        starts=clock.starts,
        due=clock.due,
        policy=clock.policy,
        overdue=clock.running and clock.due is not None and is_late(now, clock.due),
        warned=list(clock.warned),
        missed=list(clock.missed),
        undecidable=verdict.why if isinstance(verdict, Undecidable) else None,
    )


def _calculated(rules: Rulebook, country: str, kind: str, received: datetime, type: str | None) -> Calculation:
    calendar = rules.calendars[country]
    if received.tzinfo is None:
        received = received.replace(tzinfo=calendar.zone)
    ruling = rules.rule(country, kind, received.astimezone(UTC), type)
    deadline = ruling.deadline
    return Calculation(
        country=country,
        kind=kind,
        type=type,
        received=calendar.local(received),
        policy=ruling.policy.number,
        title=ruling.policy.title,
        registered_on=deadline.registered_on,
        start_on=deadline.start_on,
        due_on=deadline.due_on,
        due=calendar.local(deadline.due),
        warn_at=calendar.local(rules.warn_at(country, received, deadline.starts, deadline.due)),
        forward_by=ruling.forward_by,
        provisional=deadline.provisional,
    )


def _problem(status: int, field: str, rule: str, message: str) -> JSONResponse:
    problems = Problems(errors=[Problem(field=field, rule=rule, message=message)])
    return JSONResponse(problems.model_dump(), status_code=status)
