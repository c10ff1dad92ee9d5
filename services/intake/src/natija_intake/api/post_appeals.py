"""How `POST /appeals` is read: one look at its headers, one call of pydantic for its body."""

import re
from collections.abc import Awaitable, Callable

from fastapi import Response
from pydantic import ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from natija_chassis.http import problems
from natija_chassis.http.problems import Problem
from natija_intake.appeals.submission import Submission

PATH = "/appeals"
MAX_BODY_BYTES = 262_144
"""Of a body."""
KEY = r"^[\x21-\x7e]{1,200}$"
"""What an idempotency key looks like."""

_KEY = re.compile(KEY)
_Headers = dict[bytes, bytes]
"""By their names in small letters, as ASGI has them."""


Endpoint = Callable[[Submission, str | None, str | None], Awaitable[Response]]
"""Called with the submission, the idempotency key and the traceparent."""


class Sending:
    """The middleware that answers `POST /appeals`. FastAPI documents it and answers everything else: its own way from
    the request to the arguments and from the result to the answer takes longer than all that is done for an appeal in
    between.
    """

    def __init__(self, app: ASGIApp, endpoint: Endpoint) -> None:
        self._app = app
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        try:
            answer = await self._answer(dict(scope["headers"]), receive)
        except Problem as problem:
            answer = problems.to_response(problem)
        if answer is not None:
            await answer(scope, receive, send)

    async def _answer(self, headers: _Headers, receive: Receive) -> Response | None:
        """None for who went away. Raises `Problem`."""
        _small_enough(headers)
        key = _key(headers)
        body = await _body(receive)
        if body is None:
            return None
        submission = _submission(headers, body)
        traceparent = headers.get(b"traceparent")
        return await self._endpoint(submission, key, traceparent.decode("latin-1") if traceparent else None)


def _small_enough(headers: _Headers) -> None:
    """A body that is too large, or does not say how large it is, is refused before it is read."""
    length = headers.get(b"content-length", b"")
    if not length.isdigit() or b"transfer-encoding" in headers:  # in chunks it may be longer than it says
        raise Problem(411, "Content-Length is missing")
    if int(length) > MAX_BODY_BYTES:
        raise Problem(413, f"The body is larger than {MAX_BODY_BYTES} bytes")


def _key(headers: _Headers) -> str | None:
    key = headers.get(b"idempotency-key")
    if key is None:
        return None
    if not _KEY.fullmatch(text := key.decode("latin-1")):
        raise problems.invalid_field(
            "header.Idempotency-Key",
            "string_pattern_mismatch",
            "not 1 to 200 printable ASCII characters without blanks",
        )
    return text


async def _body(receive: Receive) -> bytes | None:
    """All of it; None when who sends it goes away meanwhile."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _submission(headers: _Headers, body: bytes) -> Submission:
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media_type != b"application/json" and not media_type.endswith(b"+json"):
        # A page elsewhere can send text unasked.
        raise problems.invalid_field("body", "media_type", "not sent as application/json")
    try:
        return Submission.model_validate_json(body)
    except ValidationError as error:
        raise problems.from_pydantic(
            error.errors(include_url=False, include_context=False, include_input=False)
        ) from None
