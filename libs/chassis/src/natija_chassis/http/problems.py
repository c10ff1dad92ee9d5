"""HTTP errors of every service: one `application/problem+json` body (RFC 9457).

An error names fields and rules. It never repeats a value that was sent, because a value may be a person's.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal, TypedDict

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from natija_chassis.realm.reference_reader import ReferenceDataMissing

MEDIA_TYPE = "application/problem+json"

_UNMARKED = ("body", "query", "path")
"""Locations that are left out of a field's name. A header is kept: `header.Idempotency-Key`."""
_QUOTING = ("value_error", "assertion_error")
"""Rules of our own validators: their messages may quote the value. Those of pydantic's own rules do not."""

SCHEMA_NAME = "Problem"
"""Of the body of every error, in an OpenAPI document."""

MAX_ERRORS = 50
"""The most errors that an answer lists."""

log = logging.getLogger(__name__)


class FieldError(TypedDict):
    """A *field* (dotted path in the body, or a parameter's name) breaks a *rule* (a code); *message* is for people."""

    field: str
    rule: str
    message: str


Advice = Literal["signed-out", "old-form", "other-site", "no-post", "prove-again"]
"""The advice that the page of a 401 or 403 gives to a person. A program reads the title."""


class Problem(Exception):
    """An error answer. *errors* name fields; *members* are further members of the body. *advice* is for its page."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        advice: Advice | None = None,
        **members: str,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.headers = headers
        self.advice = advice
        optional = {"detail": detail, "errors": list(errors)}
        self.body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
        self.body |= {name: value for name, value in optional.items() if value} | members


def invalid(*errors: FieldError) -> Problem:
    """422: the request breaks rules."""
    return Problem(422, "The request is not valid", "Each error names a field and the rule it breaks.", errors=errors)


def invalid_field(field: str, rule: str, message: str) -> Problem:
    """422: one field breaks one rule."""
    return invalid({"field": field, "rule": rule, "message": message})


def not_found(field: str, rule: str, message: str) -> Problem:
    """404: what *field* names does not exist."""
    return Problem(404, "Not found", errors=[{"field": field, "rule": rule, "message": message}])


def from_validation(error: ValidationError) -> Problem:
    """422: the request does not match its model. It lists the errors unless there are too many."""
    if error.error_count() > MAX_ERRORS:  # to list 25,000 takes half a second
        return invalid_field("body", "too_many_errors", f"breaks more than {MAX_ERRORS} rules")
    return invalid(*map(_field_error, error.errors(include_url=False, include_context=False, include_input=False)))


ErrorPage = Callable[[HTTPConnection, Problem], Response | None]
"""Makes the page of a problem for a browser; None for a request that wants no page."""


def to_response(problem: Problem) -> JSONResponse:
    """The HTTP answer of *problem* for a program."""
    return JSONResponse(problem.body, problem.status, headers=problem.headers, media_type=MEDIA_TYPE)


def wants_page(request: HTTPConnection) -> bool:
    """Whether *request* asks for HTML, as a browser does when somebody opens an address."""
    return "text/html" in request.headers.get("accept", "")


def answer(request: HTTPConnection, problem: Problem, error_page: ErrorPage | None) -> Response:
    """The HTTP answer of *problem*: a page of *error_page* where that makes one. A page that fails is left out."""
    if error_page is not None:
        try:
            return error_page(request, problem) or to_response(problem)
        except Exception as error:
            log.error("the page of a problem failed", exc_info=error)
    return to_response(problem)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These error answers, for the OpenAPI document of a route or a router."""
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{SCHEMA_NAME}"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def install(app: FastAPI, error_page: ErrorPage | None = None) -> None:
    """Answer every error of *app* as problem+json: ours, FastAPI's, unknown paths and methods, and failures.

    A browser gets a page of *error_page* instead.
    """
    for kind, read in _READERS.items():
        app.exception_handler(kind)(_handler(read, error_page))


def _handler(
    read: Callable[[Request, Any], Problem], error_page: ErrorPage | None
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        return answer(request, read(request, error), error_page)

    return handle


def _of_problem(_: Request, error: Problem) -> Problem:
    return error


def _of_missing_reference_data(_: Request, error: ReferenceDataMissing) -> Problem:
    return Problem(503, "Reference data is not available right now", headers={"Retry-After": "5"})


def _of_invalid_request(_: Request, error: RequestValidationError) -> Problem:
    return invalid(*map(_field_error, error.errors()[:MAX_ERRORS]))


def _of_http_error(_: Request, error: HTTPException) -> Problem:
    return Problem(error.status_code, str(error.detail), headers=error.headers)


def _of_failure(request: Request, error: Exception) -> Problem:
    log.error("a %s request failed", request.method, exc_info=error)
    return Problem(500, "Internal error")


_READERS: Mapping[type[Exception], Callable[[Request, Any], Problem]] = {
    Problem: _of_problem,
    ReferenceDataMissing: _of_missing_reference_data,
    RequestValidationError: _of_invalid_request,
    HTTPException: _of_http_error,
    Exception: _of_failure,
}


def _field_error(error: Any) -> FieldError:
    rule, place = str(error["type"]), error["loc"]
    if rule == "json_invalid":  # the parser's message quotes
        return {"field": "body", "rule": rule, "message": "not valid JSON"}
    if rule == "extra_forbidden":
        # The name of an unknown field can be anything, also a person's name: the object around it is named.
        return {"field": _field(place[:-1]), "rule": rule, "message": "has an unknown field"}
    return {"field": _field(place), "rule": rule, "message": "not valid" if rule in _QUOTING else str(error["msg"])}


def _field(place: Sequence[Any]) -> str:
    steps = [str(step) for step in place]
    if steps and steps[0] in _UNMARKED:
        del steps[0]
    return ".".join(steps) or "body"


SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "rule", "message"],
                "properties": {name: {"type": "string"} for name in ("field", "rule", "message")},
            },
        },
    },
}
