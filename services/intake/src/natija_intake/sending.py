"""How `POST /appeals` is read: one look at its headers, one call of pydantic for its body."""

import re

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.types import Receive, Scope, Send

from natija_intake import problems
from natija_intake.problems import Problem
from natija_intake.submission import Submission

MOST_BYTES = 262_144
"""Of a body."""
KEY = r"^[\x21-\x7e]{1,200}$"
"""What an idempotency key looks like."""

_KEY = re.compile(KEY)


class Sending(APIRoute):
    """A route that FastAPI matches and documents, and neither reads nor answers: its own way from the request to the
    arguments and from the result to the answer takes longer than all that is done for an appeal in between.

    The endpoint is called with the submission, the idempotency key and the traceparent.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a POST; whatever else is asked here is FastAPI's to refuse."""
        if scope["method"] != "POST":
            await super().handle(scope, receive, send)
            return
        request = Request(scope, receive)
        _small_enough(request)
        key, submission = _key(request), _submission(request, await request.body())
        answer: Response = await self.endpoint(submission, key, request.headers.get("traceparent"))
        await answer(scope, receive, send)


def _small_enough(request: Request) -> None:
    """A body that is too large, or does not say how large it is, is refused before it is read."""
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise Problem(411, "Say how long it is: Content-Length")
    if int(length) > MOST_BYTES:
        raise Problem(413, f"More than {MOST_BYTES} bytes")


def _key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        message = f"String should match pattern '{KEY}'"
        raise problems.invalid(
            [{"field": "header.Idempotency-Key", "rule": "string_pattern_mismatch", "message": message}]
        )
    return key


def _submission(request: Request, body: bytes) -> Submission:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):  # a page elsewhere can send text unasked
        raise problems.invalid([{"field": "body", "rule": "media_type", "message": "is not sent as application/json"}])
    try:
        return Submission.model_validate_json(body)
    except ValidationError as error:
        known = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(known) from None
