"""Deadlines over HTTP: the term of an appeal, and calculations of terms."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.clock import Clock
from natija_chassis.http import problems
from natija_chassis.http.access import access
from natija_chassis.http.parameters import LocalInstant, QueryDay
from natija_deadlines.policies.calculation import (
    Calculation,
    CalendarUnknown,
    DerivationStep,
    calculate,
    calendar_of_body,
    told,
)
from natija_deadlines.policies.policy import PolicyMissing, TypeUnknown
from natija_deadlines.terms.explanation import Unexplained, explain
from natija_deadlines.terms.projection import TermsProjection
from natija_deadlines.terms.state import AppealTerms
from natija_deadlines.worklists import api as worklists
from natija_deadlines.worklists.api import ToldRow
from natija_deadlines.worklists.rows import told_steps
from natija_deadlines.worklists.worklist import last_event
from natija_events.ids import parse_appeal_number
from natija_events.lifecycle.transitions import State
from natija_events.reference.data import ReferenceData
from natija_events.terms.facts import TermFact
from natija_events.terms.lateness import judge
from natija_events.terms.states import Status, term_states
from natija_events.words import Language
from natija_terms.calendars.calendar import CalendarMissing

ACCESS = (
    access("GET", "/terms/{appeal}", "official", "operator"),
    access("GET", "/terms/{appeal}/derivation", "official", "operator"),
    access("GET", "/calculate", "publisher", "official", "operator", bodies="any"),
    *worklists.ACCESS,
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

    as_of: datetime
    """The instant that was asked about: now."""
    last_event: datetime | None
    """When the newest event was recorded that this service knows."""
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
    told: list[ToldRow]
    """The steps of the escalation ladder that were told: whom, and when."""
    missed: list[datetime]
    """The due instants whose breach is on the log."""
    data_missing: str | None
    """Why today's policies and calendars give no term or warning; null when they do."""


def router(
    engine: AsyncEngine, projection: TermsProjection, clock: Clock, reference: Callable[[], ReferenceData]
) -> APIRouter:
    """The paths of deadlines, on the terms in the database of *engine*. *reference* gives the data in force now."""
    api, policies = APIRouter(tags=["deadlines"]), projection.policies

    @api.get("/terms/{appeal}", responses=problems.responses(404, 422))
    async def term(appeal: Annotated[str, Path(description="The appeal's number.")]) -> TermOfAppeal:
        """The term of one appeal. The service may be some events behind the log."""
        found, facts, newest = await _load(engine, projection, appeal)
        return _term(found, facts, newest, clock.now())

    @api.get("/terms/{appeal}/derivation", responses=problems.responses(404, 422))
    async def derivation(
        appeal: Annotated[str, Path(description="The appeal's number.")],
        term: Annotated[
            str | None, Query(description="The id of a term, such as data-1; by default the answer's.")
        ] = None,
        language: Annotated[Language, Query(description="The language of the steps.")] = "en",
    ) -> list[DerivationStep]:
        """Why a term of an appeal ends when it does: each step, and what happened to the term since."""
        found, facts, _ = await _load(engine, projection, appeal)
        try:
            return told(explain(found, facts, policies, term), language)
        except Unexplained as missing:
            raise problems.not_found("appeal", "no_data", str(missing)) from None

    @api.get("/calculate", responses=problems.responses(422))
    def calculation(
        jurisdiction: Annotated[str, Query(description="KG, KZ or UZ.")],
        kind: Annotated[str, Query(description="application, complaint, proposal, request, message, response.")],
        received: Annotated[
            LocalInstant,
            Query(description="A day, or a time as 2026-03-04T12:00; without an offset it is local time."),
        ],
        country_type: Annotated[
            str | None, Query(description="The country's own type, such as notary-request.")
        ] = None,
        calendar: Annotated[
            str | None, Query(description="A working calendar, such as KZ-ORAL; by default the jurisdiction's.")
        ] = None,
        body: Annotated[str | None, Query(description="A body, whose working calendar counts.")] = None,
        known_at: Annotated[QueryDay | None, Query(description="Leave out decrees published after this day.")] = None,
        language: Annotated[Language, Query(description="The language of the derivation.")] = "en",
    ) -> Calculation:
        """The term that an appeal would have, by the policy in force, and how it follows from the receipt."""
        try:
            if body is not None and calendar is None:
                calendar = calendar_of_body(body, jurisdiction, reference())
            return calculate(
                policies, jurisdiction, kind, received, country_type=country_type, calendar_id=calendar,
                known_at=known_at, language=language,
            )  # fmt: skip
        except (CalendarUnknown, TypeUnknown) as unknown:
            raise problems.invalid_field(unknown.field, "unknown", str(unknown)) from None
        except (PolicyMissing, CalendarMissing) as missing:
            raise problems.invalid_field("received", "no_data", f"there is {missing}") from None

    api.include_router(worklists.router(engine, projection, clock))
    return api


async def _load(
    engine: AsyncEngine, projection: TermsProjection, appeal: str
) -> tuple[AppealTerms, list[TermFact], datetime | None]:
    """The term of an appeal, all facts about its terms, and when the newest event was recorded. Raises `Problem`."""
    try:
        number = parse_appeal_number(appeal)
    except ValueError as error:
        raise problems.not_found("appeal", "number", str(error)) from None
    async with engine.connect() as connection:
        found, newest = await projection.find(connection, number), await last_event(connection)
    if found is None:
        raise problems.not_found("appeal", "unknown", "no appeal with this number is registered")
    return *found, newest


def _term(appeal: AppealTerms, facts: Sequence[TermFact], newest: datetime | None, now: datetime) -> TermOfAppeal:
    lateness, answer = judge(facts, now), appeal.answer
    return TermOfAppeal(
        as_of=now,
        last_event=newest,
        appeal=appeal.appeal,
        state=appeal.standing.state,
        running=appeal.running,
        starts=answer.starts if answer else None,
        term=answer.id if answer else None,
        due=lateness.due,
        policy=answer.policy if answer else None,
        overdue=lateness.overdue,
        terms=[StateOfTerm(**one._asdict()) for one in term_states(facts, now)],
        breaches=[MissedTerm(**breach._asdict()) for breach in lateness.breaches],
        warned=[term.told[-1].due for term in appeal.terms if term.told],
        told=[ToldRow(**one._asdict()) for one in told_steps(appeal, now)],
        missed=[fact.due for fact in facts if fact.change == "missed" and fact.due],
        data_missing=appeal.data_missing,
    )
