"""The route of the page that compares another policy with what was."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from natija_chassis.http.known_query import takes_any_query
from natija_chassis.pages.form_errors import FormErrors
from natija_chassis.pages.languages import PREFIX, PageLanguage
from natija_chassis.sign_in.dependencies import signed_in
from natija_chassis.sign_in.official import Official
from natija_deadlines.board import what_if
from natija_deadlines.board.routes import PATH, Board, Visit
from natija_deadlines.board.what_if import Question, WhatIfResult
from natija_deadlines.what_if.comparison import compare

_Text = Annotated[str, Query(max_length=64)]


def router(board: Board) -> APIRouter:
    """The route."""
    pages = APIRouter(include_in_schema=False)

    @pages.get(f"{PREFIX}{PATH}/what-if")
    @takes_any_query
    async def get_what_if(
        request: Request, language: PageLanguage, me: Annotated[Official, Depends(signed_in)], policy: _Text = "",
        days: _Text = "", first: _Text = "", last: _Text = "", body: _Text = "",
    ) -> Response:  # fmt: skip
        visit = board.visit(me, language)
        given = {"policy": policy, "days": days, "first": first, "last": last, "body": body}
        if not any(given.values()):
            return _page(board, request, visit, given)
        bodies = [id for id, _ in visit.names.bodies(visit.reader.bodies)]
        question = what_if.read_question(given, _installed(board, visit), board.projection.policies.calendars, bodies)
        if not isinstance(question, Question):
            labels = {
                "policy": visit.words("Policy"), "days": visit.words("Working days instead"),
                "first": visit.words("Received from"), "last": visit.words("Received until"),
                "body": visit.words("Body"),
            }  # fmt: skip
            return _page(board, request, visit, given, 422, errors=FormErrors(question, labels, visit.words))
        result = await _compared(board, visit, question)
        if result is None:
            return _page(board, request, visit, given, 422, too_long=True)
        return _page(board, request, visit, given, result=result, question=question)

    return pages


async def _compared(board: Board, visit: Visit, question: Question) -> WhatIfResult | None:
    """The result; None for a period with too many appeals. One comparison at a time: see `SlowQuestions`."""
    async with board.slow.connection() as connection:
        if await what_if.is_too_long(connection, question):
            return None
        found = await compare(connection, question.policy, question.calendar, *question.period, board.clock.now())
    return WhatIfResult(found.by_body(), visit.reader, question.body, visit.names, visit.words)


def _page(
    board: Board, request: Request, visit: Visit, given: dict[str, str], status: int = 200, **values: Any
) -> Response:
    policies = [(number, f"{one.title} ({number})") for number, one in _installed(board, visit).items()]
    return board.page(
        request, visit, "what_if.html", status, given=given, policies=policies,
        bodies=visit.names.bodies(visit.reader.bodies), most=what_if.MOST_APPEALS, **values,
    )  # fmt: skip


def _installed(board: Board, visit: Visit) -> Any:
    return what_if.installed(board.projection.policies, visit.data.jurisdictions)
