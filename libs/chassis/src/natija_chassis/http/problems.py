"""Errors as problem+json (RFC 9457). They name fields and rules, and repeat nothing that was sent."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from natija_chassis.http import app

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An answer that is an error. *errors* name the fields; *members* are further members of the answer."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str | None = None,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        **members: str,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.headers = headers
        optional = {"detail": detail, "errors": list(errors)}
        self.body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
        self.body |= {name: value for name, value in optional.items() if value} | members


def install(app: FastAPI) -> None:
    """Have every error of *app* answered as problem+json."""
    app.exception_handler(Problem)(_answer)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_plain)
    app.exception_handler(Exception)(_failed)


def validation_problem(errors: Sequence[Mapping[str, str]]) -> Problem:
    """What was sent breaks rules, each of *errors* with its `field`, `rule` and `message`."""
    return Problem(
        422, "What was sent cannot be taken", "Each error names a field and the rule it breaks.", errors=errors
    )


def problem_of_pydantic(errors: Sequence[Any]) -> Problem:
    """What was sent does not fit its model, as *errors* of pydantic say."""
    return validation_problem([_field_error(one) for one in errors])


def to_response(problem: Problem) -> JSONResponse:
    """The HTTP answer of *problem*."""
    return JSONResponse(problem.body, problem.status, headers=problem.headers, media_type=MEDIA_TYPE)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return to_response(error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    known: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else ()
    return to_response(problem_of_pydantic(known))


def _field_error(error: Any) -> dict[str, str]:
    if error["type"] == "extra_forbidden":
        # The name of a field nobody knows may be anything, also a person's name.
        error = error | {"loc": error["loc"][:-1], "msg": "has a field that is not of this contract"}
    return app.problem(error)


async def _plain(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return to_response(Problem(error.status_code, str(error.detail), headers=error.headers))


async def _failed(request: Request, error: Exception) -> JSONResponse:
    log.error("a %s request failed", request.method, exc_info=error)
    return to_response(Problem(500, "Something failed here"))
