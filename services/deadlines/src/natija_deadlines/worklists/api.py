"""Worklists over HTTP: what is due, what is in breach, and the calendar feed of an executor."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.clock import Clock
from natija_chassis.http import problems
from natija_chassis.http.access import Principal, access, principal
from natija_chassis.http.parameters import QueryInstant
from natija_chassis.http.problems import Problem
from natija_deadlines.terms.projection import TermsProjection
from natija_deadlines.worklists import calendar_feed, worklist
from natija_deadlines.worklists.queries import ListPlace
from natija_deadlines.worklists.rows import Row
from natija_deadlines.worklists.selection import ListKey, Selection, Within
from natija_events.types.codes import Code, Word
from natija_events.types.deadlines import Addressee

MAX_PAGE = 1000
MAX_FEED = 1000
"""Appeals in the feed of an executor: calendar programs are slow with more."""
ACCESS = (
    access("GET", "/due", "official", "operator", bodies="own"),
    access("GET", "/breaches", "official", "operator", bodies="own"),
    access("GET", "/executors/{executor}/calendar.ics", "official", "operator", bodies="own", basic=True),
)
_FEED_HEADERS = {"Cache-Control": f"private, max-age={int(calendar_feed.REFRESH.total_seconds()) // 4}"}
_CURSOR = r"^([0-9]{1,18}-[0-9A-Z-]{1,40})?$"

ListBy = Annotated[
    Literal["appeal", "body", "executor"], Query(description="One row per appeal, or sums by body or executor.")
]
OfBody = Annotated[Word | None, Query(description="Only the appeals that this body holds.")]
OfExecutor = Annotated[Code | None, Query(description="Only those of this post. Not as of a past time.")]
AsOf = Annotated[QueryInstant | None, Query(description="An instant as 2026-03-04T12:00:00+06:00. Default: now.")]
Known = Annotated[
    QueryInstant | None, Query(description="Only what was recorded by this instant, as 2026-03-04T12:00:00+06:00.")
]
ListLimit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="The most rows of a page.")]
After = Annotated[str, Query(pattern=_CURSOR, description="The `next` of the page before.")]


def _key(sender: Annotated[Principal, Depends(principal)]) -> Principal:
    """The sender, who has a key. People have the control board: it shows each what their rights allow."""
    if sender.csrf_token is not None:
        raise Problem(403, "People open the control board", "This route is for programs with a key.")
    return sender


Sender = Annotated[Principal, Depends(_key)]


class ToldRow(BaseModel):
    """A step of the escalation ladder that was told."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    term: str
    """The id of the term, such as answer-1."""
    step: int
    """The number of the step in the ladder of the policy, from 1."""
    to: Addressee | None
    """The person or body that was told."""
    time: datetime
    """When it was told."""


class WorklistRow(BaseModel):
    """An open appeal. Instants have the offset of its working calendar."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    appeal: str
    """The number of the appeal."""
    body: str | None
    """The body that holds it and must answer."""
    executor: str | None
    """The post that must answer; null as of a past time."""
    term: str | None
    """The id of its present term for the answer, such as answer-1."""
    policy: str | None
    """The policy of that term."""
    due: datetime | None
    """The instant at which that term ends."""
    paused: bool
    """Whether that term stands still."""
    missed_term: str | None
    """The id of the first term that was missed."""
    missed_by: str | None
    """The body that missed it: not always the one that holds the appeal now."""
    breach: datetime | None
    """The due instant of that term: since then it is in breach."""
    days: int | None
    """Calendar days since its last day."""
    working_days: int | None
    """Working days since its last day; null where a working calendar is missing."""
    overall_due: datetime | None
    """When the term of all bodies together ends, or ended; null until the appeal is forwarded."""
    overall_missed: bool
    """Whether that term was missed."""
    told: list[ToldRow]
    """The steps of the escalation ladder that were told so far."""


class WorklistSums(BaseModel):
    """The appeals of a list that one body, or one executor of it, has."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    body: str | None
    """The body that holds them."""
    executor: str | None
    """The post that must answer; null in sums by body."""
    appeals: int
    """How many they are."""
    late: int
    """Of them, those with a term that this body itself missed."""
    first: datetime
    """The first due instant; in the list of breaches, the first that was missed."""


class Worklist(BaseModel):
    """A list as of an instant, as far as this service has read the log: rows, or sums."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    as_of: datetime
    """The instant that was asked about."""
    known: datetime | None
    """Only what was recorded by this instant is in the list; null: all that is known now."""
    last_event: datetime | None = None
    """When the newest event was recorded that the service has applied."""
    rows: list[WorklistRow] | None = None
    """The appeals of this page; null for sums."""
    sums: list[WorklistSums] | None = None
    """The sums; null for rows."""
    next: str | None = None
    """Send it as `after` for the next page; null after the last one."""


class CalendarAnswer(Response):
    """An answer in iCalendar's format."""

    media_type = calendar_feed.MEDIA_TYPE


def router(engine: AsyncEngine, projection: TermsProjection, clock: Clock) -> APIRouter:
    """The paths of worklists, on the terms in the database of *engine*."""
    api, lists = APIRouter(tags=["worklists"]), worklist.Worklists(projection)

    @api.get("/due", responses=problems.responses(422))
    async def due(
        sender: Sender, within: Annotated[Within, Query(description="By the end of the local day, or of Sunday.")],
        by: ListBy = "appeal", body: OfBody = None, executor: OfExecutor = None, as_of: AsOf = None,
        known: Known = None, limit: ListLimit = 100, after: After = "",
    ) -> Worklist:  # fmt: skip
        """Open appeals whose term for the answer ends today or this week, the soonest first.

        A key of one body shows what this body holds. As of a past time the facts on the log tell, without executors.
        """
        selection = _selection(sender, clock, within, body, executor, as_of, known)
        return await _answer(engine, lists, selection, by, limit, after)

    @api.get("/breaches", responses=problems.responses(422))
    async def breaches(
        sender: Sender, by: ListBy = "appeal", body: OfBody = None, executor: OfExecutor = None, as_of: AsOf = None,
        known: Known = None, limit: ListLimit = 100, after: After = "",
    ) -> Worklist:  # fmt: skip
        """Open appeals of which a term for the answer was missed, the longest in breach first.

        The body that holds an appeal must act, also where another one had missed the term: see `missed_by` and `late`.
        """
        selection = _selection(sender, clock, None, body, executor, as_of, known)
        return await _answer(engine, lists, selection, by, limit, after)

    @api.get(
        "/executors/{executor}/calendar.ics", response_class=CalendarAnswer, responses=problems.responses(401, 403, 422)
    )
    async def calendar(sender: Sender, executor: Annotated[Code, Path(description="The post.")]) -> CalendarAnswer:
        """The open terms of an executor as an iCalendar feed: an event on the last day of each, by appeal number.

        A calendar program sends the API key as the password of HTTP Basic, with any user name.
        """
        now = clock.now()
        async with engine.connect() as connection:
            found = await lists.of_executor(connection, executor, sender.body, MAX_FEED)
            told = await worklist.last_event(connection)
        content = calendar_feed.feed(executor, found, projection.policies, now, told)
        return CalendarAnswer(content, headers=_FEED_HEADERS)

    return api


def _selection(
    sender: Principal, clock: Clock, within: Within | None, body: str | None, executor: str | None,
    as_of: datetime | None, known: datetime | None,
) -> Selection:  # fmt: skip
    """The selection of a request, within the body of its key. Raises `Problem`."""
    if sender.body is not None and body not in (None, sender.body):
        raise Problem(403, "This key shows only what its own body holds")
    past = as_of is not None or known is not None
    if past and executor is not None:
        raise problems.invalid_field("executor", "past", "executors are known as of now only")
    return Selection(as_of or clock.now(), within, body or sender.body, executor, past, known)


async def _answer(
    engine: AsyncEngine, lists: worklist.Worklists, selection: Selection, by: str, limit: int, after: str
) -> Worklist:
    if by == "executor" and selection.past:
        raise problems.invalid_field("by", "past", "executors are known as of now only")
    place, answer = _place(after), Worklist(as_of=selection.at, known=selection.known)
    async with engine.connect() as connection:
        answer.last_event = await worklist.last_event(connection)
        if by == "appeal":
            page = await lists.page(connection, selection, place, limit)
            answer.rows, answer.next = _rows(page.rows), None if page.next is None else str(page.next)
        else:
            key: ListKey = "body" if by == "body" else "executor"
            answer.sums = [WorklistSums(**one._asdict()) for one in await lists.sums(connection, selection, key)]
    return answer


def _rows(rows: Sequence[Row]) -> list[WorklistRow]:
    return [WorklistRow(**one._asdict() | {"told": [ToldRow(**step._asdict()) for step in one.told]}) for one in rows]


def _place(after: str) -> ListPlace:
    try:
        return ListPlace.parse(after) if after else ListPlace()
    except (ValueError, OverflowError):
        raise problems.invalid_field("after", "cursor", "is not the next of a page") from None
