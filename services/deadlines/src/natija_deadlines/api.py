"""Deadlines over HTTP: the term of an appeal, and calculations of terms."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.clock import Clock
from natija_chassis.http import problems
from natija_chassis.http.access import access
from natija_chassis.http.parameters import LocalInstant
from natija_deadlines.policies.policy import Policies, PolicyMissing
from natija_deadlines.terms.decide import DataMissing, decide
from natija_deadlines.terms.projection import TERMS
from natija_deadlines.terms.state import AppealTerm
from natija_events.ids import parse_appeal_number
from natija_events.lifecycle.transitions import State
from natija_events.terms.facts import TermFact
from natija_events.terms.lateness import judge
from natija_events.terms.states import Status, term_states
from natija_terms.calendars.calendar import CalendarMissing

ACCESS = (
    access("GET", "/terms/{appeal}", "official", "operator"),
    access("GET", "/calculate", "publisher", "official", "operator", bodies="any"),
)


class StateOfTerm(BaseModel):
    """A term: the body that must act, or `applicant`; the instant at which it ends; what became of it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    term: str
    """The id of the term, such as answer-1."""
    holder: str | None
    """The body that must act, or `applicant`."""
    due: datetime
    """The instant at which it ends."""
    status: Status
    """The state of the term."""


class MissedTerm(BaseModel):
    """A term that was missed, its due instant, and the body that had to keep it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    term: str
    """The id of the term, such as answer-1."""
    due: datetime
    """The due instant that passed."""
    holder: str | None
    """The body that had to keep it."""


class TermOfAppeal(BaseModel):
    """The term of an appeal. *running*: somebody owes an answer. *overdue*: a term was missed, as the report counts it.

    *terms*: all, with their states. *breaches*: each that was missed, with its holder. *data_missing*: why no term or
    warning follows from today's policies and calendars, until somebody corrects them.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)

    appeal: str
    """The number of the appeal."""
    state: State
    """The state of the life cycle."""
    running: bool
    """Whether somebody owes an answer."""
    starts: datetime | None
    """The begin of the first day of the present term; null without one."""
    term: str | None
    """The id of the present term; null without one."""
    due: datetime | None
    """The instant at which the present term ends; null without one."""
    policy: str | None
    """The policy that set it; null without one."""
    overdue: bool
    """Whether a term was missed, as the report counts it."""
    terms: list[StateOfTerm]
    """All terms, with their states."""
    breaches: list[MissedTerm]
    """Each term that was missed, with its holder."""
    warned: list[datetime]
    """The due instants of which a warning is on the log."""
    missed: list[datetime]
    """The due instants whose breach is on the log."""
    data_missing: str | None
    """Why today's policies and calendars give no term or warning; null when they do."""


class Calculation(BaseModel):
    """A term as the policy counts it: local days, instants with the country's offset. *due* is 24:00 of *due_on*.

    *provisional*: decrees may still move days of that year.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)

    country: str
    """The country of the policy."""
    kind: str
    """The kind of the appeal."""
    country_type: str | None
    """The country's own type of the appeal, if one was asked for."""
    received: datetime
    """The instant of receipt that was asked for."""
    policy: str
    """The id of the policy."""
    title: str
    """The title of the law."""
    registered_on: date
    """The local day of its registration: that of the receipt, or the next working day."""
    start_on: date
    """The first local day that counts."""
    due_on: date
    """The last local day of the term."""
    due: datetime
    """The instant at which the term ends: 24:00 of its last day."""
    warn_at: datetime
    """The instant at which the warning is recorded."""
    forward_by: date
    """The local day by which the appeal must be forwarded."""
    provisional: bool
    """Whether decrees may still move days of that year."""


def router(engine: AsyncEngine, policies: Policies, clock: Clock) -> APIRouter:
    """The paths of deadlines, on the terms in the database of *engine*."""
    api = APIRouter(tags=["deadlines"])

    @api.get("/terms/{appeal}", responses=problems.responses(404, 422))
    async def term(appeal: Annotated[str, Path(description="The appeal's number.")]) -> TermOfAppeal:
        """The term of one appeal. The service may be some events behind the log."""
        try:
            number = parse_appeal_number(appeal)
        except ValueError as error:
            raise problems.not_found("appeal", "number", str(error)) from None
        async with engine.connect() as connection:
            found = (await TERMS.load(connection, [number])).get(number)
            facts = await TERMS.facts(connection, number)
        if found is None:
            raise problems.not_found("appeal", "unknown", "no appeal with this number is registered")
        return _term(found, facts, clock.now(), policies)

    @api.get("/calculate", responses=problems.responses(422))
    def calculate(
        country: Annotated[str, Query(description="KG, KZ or UZ.")],
        kind: Annotated[str, Query(description="application, complaint, proposal, request, message, response.")],
        received: Annotated[
            LocalInstant,
            Query(
                description="A day, or a time as 2026-03-04T12:00; without an offset it is the country's local time."
            ),
        ],
        country_type: Annotated[
            str | None, Query(description="The country's own type, such as notary-request.")
        ] = None,
    ) -> Calculation:
        """The term that an appeal would have, by the policy in force when it was received."""
        if country not in policies.calendars:
            known = ", ".join(sorted(policies.calendars))
            raise problems.invalid_field("country", "unknown", f"not one of {known}")
        try:
            return _calculated(policies, country, kind, received, country_type)
        except (PolicyMissing, CalendarMissing) as missing:
            raise problems.invalid_field("received", "no_data", f"there is {missing}") from None

    return api


def _term(term: AppealTerm, facts: Sequence[TermFact], now: datetime, policies: Policies) -> TermOfAppeal:
    event = decide(term, now, policies)
    lateness = judge(facts, now)
    return TermOfAppeal(
        appeal=term.appeal,
        state=term.standing.state,
        running=term.running,
        starts=term.starts,
        term=term.term,
        due=lateness.due,
        policy=term.policy,
        overdue=lateness.overdue,
        terms=[StateOfTerm(**one._asdict()) for one in term_states(facts, now)],
        breaches=[MissedTerm(**breach._asdict()) for breach in lateness.breaches],
        warned=list(term.warned),
        missed=list(term.missed),
        data_missing=event.reason if isinstance(event, DataMissing) else None,
    )


def _calculated(
    policies: Policies, country: str, kind: str, received: datetime, country_type: str | None
) -> Calculation:
    calendar = policies.calendars[country]
    if received.tzinfo is None:
        received = received.replace(tzinfo=calendar.zone)
    found = policies.deadline(country, kind, received.astimezone(UTC), country_type)
    deadline = found.deadline
    return Calculation(
        country=country,
        kind=kind,
        country_type=country_type,
        received=calendar.local(received),
        policy=found.policy.number,
        title=found.policy.title,
        registered_on=deadline.registered_on,
        start_on=deadline.start_on,
        due_on=deadline.due_on,
        due=calendar.local(deadline.due),
        warn_at=calendar.local(policies.warn_at(country, received, deadline.starts, deadline.due)),
        forward_by=found.forward_by,
        provisional=deadline.provisional,
    )
