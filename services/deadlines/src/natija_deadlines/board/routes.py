"""The routes of the board. Every page is for people who have signed in, and shows each what their rights allow."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.clock import Clock
from natija_chassis.http import problems
from natija_chassis.http.access import access
from natija_chassis.http.known_query import takes_any_query
from natija_chassis.http.problems import FieldError, Problem
from natija_chassis.pages.catalogs import GetText
from natija_chassis.pages.data_age import GetDataAge
from natija_chassis.pages.form_errors import FormErrors
from natija_chassis.pages.languages import PREFIX, PageLanguage
from natija_chassis.pages.site import PageLink, Site
from natija_chassis.sign_in.dependencies import signed_in
from natija_chassis.sign_in.official import Official
from natija_deadlines.board import lists, questions, rights
from natija_deadlines.board.appeal import AppealView
from natija_deadlines.board.names import Names
from natija_deadlines.board.overview import Overview
from natija_deadlines.board.questions import AskedTime
from natija_deadlines.board.turns import SlowQuestions, connection_of
from natija_deadlines.terms.projection import TermsProjection
from natija_deadlines.worklists.queries import ListPlace
from natija_deadlines.worklists.selection import ListReader, Selection, Within
from natija_deadlines.worklists.worklist import Page, Worklists
from natija_events.ids import parse_appeal_number
from natija_events.reference.data import GetReferenceData, ReferenceData
from natija_events.types.codes import Code
from natija_events.words import Language

PATH = "/board"
SECTIONS = (
    PageLink(PATH, "Control board"), PageLink(f"{PATH}/breaches", "In breach"), PageLink(f"{PATH}/what-if", "What if"),
)  # fmt: skip
_PATHS = ("", "/breaches", "/due", "/appeals", "/appeals/{number}", "/what-if")
ACCESS = tuple(access("GET", f"{PREFIX}{PATH}{path}", *rights.ROLES, bodies="own", page=True) for path in _PATHS)
ROWS_OF_PAGE = 50

_Me = Annotated[Official, Depends(signed_in)]
_Text = Query(max_length=64)
TimeQuery = Annotated[str, Query(max_length=40, description="A local day and time as 2026-03-04T12:00. Default: now.")]
BodyQuery = Annotated[str, _Text]
ExecutorQuery = Annotated[Code | Literal[""], Query()]
CursorQuery = Annotated[str, Query(pattern=r"^([0-9]{1,18}-[0-9A-Z-]{1,40})?$")]


class Visit(NamedTuple):
    """A look at a page: the *official*, the *language*, and the part of the lists that they see."""

    official: Official
    reader: ListReader
    language: Language
    data: ReferenceData
    names: Names
    words: GetText

    @property
    def home(self) -> str:
        """The address of the board."""
        return f"/{self.language}{PATH}"


class Board:
    """The pages on the terms in the database of *engine*."""

    def __init__(
        self, site: Site, engine: AsyncEngine, projection: TermsProjection, reference: GetReferenceData, clock: Clock,
        age: GetDataAge,
    ) -> None:  # fmt: skip
        self.site, self.engine, self.projection = site, engine, projection
        self.clock, self.age, self.slow = clock, age, SlowQuestions(engine)
        self.lists = Worklists(projection)
        self._reference = reference

    def visit(self, official: Official, language: Language) -> Visit:
        """The visit of *official*."""
        data, words = self._reference(), self.site.words(language)
        names = Names(data, self.site.formats(language), words)
        return Visit(official, rights.reader_of(official, data), language, data, names, words)

    def page(self, request: Request, visit: Visit, template: str, status: int = 200, **values: Any) -> Response:
        """A page with what all of them show: the body for which the reader acts, and how old the data are."""
        official = visit.official
        bodies = visit.names.bodies(rights.bodies_of(official))
        session = {"acts_for": official.body, "bodies": bodies, "csrf_token": official.session.csrf_token}
        return self.site.page(
            request, visit.language, template, status=status, age=self.age(), home=visit.home, session=session,
            **values,
        )  # fmt: skip

    def as_of(self, visit: Visit, given: str) -> AskedTime:
        """The instant that the form asks for."""
        return questions.read_as_of(given, visit.data.zone, self.clock.now())

    async def ask(self, selection: Selection, question: Any) -> Any:
        """The answer to *question*, a function of a connection. Those about the past wait for their turn."""
        if selection.past:
            async with self.slow.connection() as connection:
                return await question(connection)
        async with connection_of(self.engine) as connection:
            return await question(connection)


def router(board: Board) -> APIRouter:
    """The routes of overview, lists and appeals."""
    pages = APIRouter(include_in_schema=False)

    @pages.get(PREFIX + PATH)
    @takes_any_query
    async def get_overview(request: Request, language: PageLanguage, me: _Me, as_of: TimeQuery = "") -> Response:
        visit = board.visit(me, language)
        time = board.as_of(visit, as_of)
        selection = Selection(time.at, past=time.past, reader=visit.reader)
        figures = await board.ask(selection, lambda connection: board.lists.figures(connection, selection))
        view = Overview(figures, visit.names, visit.words, visit.home, time.text if time.past else "")
        labels = {"as_of": visit.words("As of")}
        return board.page(
            request, visit, "board.html", 422 if time.error else 200, view=view, time=time,
            errors=_errors([time.error] if time.error else [], labels, visit),
        )  # fmt: skip

    @pages.get(f"{PREFIX}{PATH}/breaches")
    @takes_any_query
    async def get_breaches(
        request: Request, language: PageLanguage, me: _Me, body: BodyQuery = "", executor: ExecutorQuery = "",
        as_of: TimeQuery = "", after: CursorQuery = "",
    ) -> Response:  # fmt: skip
        return await _list(board, request, board.visit(me, language), None, (body, executor, as_of, after))

    @pages.get(f"{PREFIX}{PATH}/due")
    @takes_any_query
    async def get_due(
        request: Request, language: PageLanguage, me: _Me, within: Within = "today", body: BodyQuery = "",
        executor: ExecutorQuery = "", as_of: TimeQuery = "", after: CursorQuery = "",
    ) -> Response:  # fmt: skip
        return await _list(board, request, board.visit(me, language), within, (body, executor, as_of, after))

    @pages.get(f"{PREFIX}{PATH}/appeals")
    @takes_any_query
    async def find_appeal(
        request: Request, language: PageLanguage, me: _Me, number: Annotated[str, _Text] = ""
    ) -> Response:
        visit = board.visit(me, language)
        try:
            known = parse_appeal_number(number.strip())
        except ValueError:
            error: FieldError = {"field": "number", "rule": "number" if number.strip() else "missing", "message": ""}
            errors = _errors([error], {"number": visit.words("Number of an appeal")}, visit)
            return board.page(request, visit, "find.html", 422, number=number, errors=errors)
        return RedirectResponse(f"{visit.home}/appeals/{known}", 303, headers={"Cache-Control": "no-store"})

    @pages.get(f"{PREFIX}{PATH}/appeals/{{number}}")
    @takes_any_query
    async def get_appeal(
        request: Request, language: PageLanguage, me: _Me, number: Annotated[str, Path(max_length=64)]
    ) -> Response:
        visit = board.visit(me, language)
        view = await _appeal(board, visit, number)
        return board.page(request, visit, "appeal.html", view=view, number=view.appeal.appeal)

    return pages


async def _list(
    board: Board, request: Request, visit: Visit, within: Within | None, asked: tuple[str, str, str, str]
) -> Response:
    """A page of a list. *asked*: body, executor, time and cursor as the address has them."""
    body, executor, as_of, after = asked
    time, words = board.as_of(visit, as_of), visit.words
    bodies = visit.names.bodies(visit.reader.bodies)
    if body and body not in dict(bodies):
        raise problems.invalid_field("body", "unknown", "is not one of those of the page")
    selection = Selection(
        time.at, within, body or None, (executor or None) if not time.past else None, time.past, reader=visit.reader
    )
    place = _place(after)

    async def ask(connection: AsyncConnection) -> tuple[Page, list[str]]:
        page = await board.lists.page(connection, selection, place, ROWS_OF_PAGE)
        if selection.past:
            return page, []
        every = selection._replace(executor=None)
        found = {one.executor for one in await board.lists.sums(connection, every, "executor") if one.executor}
        return page, sorted({*found, *([executor] if executor else [])})

    page, executors = await board.ask(selection, ask)
    names = {None: words("In breach"), "today": words("Due today"), "week": words("Due this week")}
    chosen = {"within": within, "body": body, "executor": selection.executor, "as_of": time.text if time.past else ""}
    following = None if page.next is None else str(page.next)
    return board.page(
        request, visit, "list.html", 422 if time.error else 200, heading=names[within], time=time, chosen=chosen,
        table=lists.table(page.rows, selection, visit.names, words, title=names[within], home=visit.home),
        bodies=bodies, executors=[(one, visit.names.executor(body or None, one)) for one in executors],
        next=following and questions.query({**chosen, "after": following}), first=after and questions.query(chosen),
        errors=_errors([time.error] if time.error else [], {"as_of": words("As of")}, visit),
    )  # fmt: skip


async def _appeal(board: Board, visit: Visit, number: str) -> AppealView:
    """The appeal with that *number*. Raises `Problem`: one that the reader may not see is like one that is unknown."""
    unknown = problems.not_found("number", "unknown", "there is no such appeal, or your posts do not open it")
    try:
        known = parse_appeal_number(number)
    except ValueError:
        raise unknown from None
    async with connection_of(board.engine) as connection:
        found = await board.projection.find(connection, known)
        if found is None:
            raise unknown
        appeal, facts = found
        first = appeal.complaint_of
        original = None if first is None else (await board.projection.load(connection, [first])).get(first)
    sight = rights.sight(visit.official, appeal, original, visit.data)
    if sight == "nothing":
        raise unknown
    policies, formats = board.projection.policies, board.site.formats(visit.language)
    return AppealView(appeal, facts, sight, policies, board.clock.now(), visit.names, formats, visit.words)


def _errors(errors: Sequence[FieldError], labels: dict[str, str], visit: Visit) -> FormErrors:
    return FormErrors(errors, labels, visit.words)


def _place(after: str) -> ListPlace:
    try:
        return ListPlace.parse(after) if after else ListPlace()
    except (ValueError, OverflowError):
        raise Problem(422, "This page of the list does not exist") from None
