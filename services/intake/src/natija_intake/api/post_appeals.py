"""`POST /appeals`: one plain route. It reads the headers once and parses the body with one call of pydantic.

FastAPI's handling would take longer than everything that is done for an appeal.
"""

import re
from typing import Any
from uuid import UUID, uuid4

from opentelemetry.trace import SpanKind
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from natija_chassis.http import problems
from natija_chassis.http.access import access
from natija_chassis.http.plain_route import PlainRoute, schema_ref
from natija_chassis.http.problems import Problem
from natija_chassis.observability import tracing
from natija_chassis.realm.reference_reader import ReferenceDataMissing
from natija_chassis.time_zones import time_zone
from natija_events.kafka import DeliveryUnconfirmed
from natija_events.reference.data import GetReferenceData
from natija_events.wire.rejection import Rejection
from natija_intake.api.address_limit import AddressLimit
from natija_intake.api.responses import BeingRegisteredResponse, RegisteredResponse, receipt_response
from natija_intake.appeals.identity import RequestKey
from natija_intake.appeals.service import AppealService, KeyUsed, Receipt
from natija_intake.appeals.submission import SOURCE, Submission

PATH = "/appeals"
MAX_BODY_BYTES = 262_144
ACCESS = access("POST", PATH, "public", bodies="any", max_body=MAX_BODY_BYTES)
RETRY_AFTER = 5
"""Seconds after which a client may send again."""

_KEY_PATTERN = r"^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[47][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$"
_KEY = re.compile(_KEY_PATTERN)
_KEY_FIELD = "header.Idempotency-Key"
_Headers = dict[bytes, bytes]
"""By lower-case name, as ASGI has them."""


def route(service: AppealService, reference: GetReferenceData, limit: AddressLimit) -> PlainRoute:
    """The route. Times are in the realm's zone. *limit* counts appeals by client."""
    endpoint = _PostAppeals(service, reference, limit)
    models = (Submission, RegisteredResponse, BeingRegisteredResponse)
    return PlainRoute("POST", PATH, endpoint, operation=_OPERATION, models=models)


class _PostAppeals:
    """The endpoint. Errors leave it as `Problem`."""

    def __init__(self, service: AppealService, reference: GetReferenceData, limit: AddressLimit) -> None:
        self._limit = limit
        self._service = service
        self._reference = reference

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._limit.check(scope)
        if scope["query_string"]:
            raise problems.invalid_field("query", "unknown", "takes no parameters")
        headers: _Headers = dict(scope["headers"])
        request = RequestKey(SOURCE, _idempotency_key(headers) or uuid4())
        body = await _read(receive)
        if body is None:
            return
        submission = _parse(headers, body)
        traceparent = headers.get(b"traceparent")
        with tracing.span(
            "POST /appeals", kind=SpanKind.SERVER, traceparent=traceparent.decode("latin-1") if traceparent else None
        ):
            receipt = await self._register(submission, request)
        await self._response(receipt, request)(scope, receive, send)

    async def _register(self, submission: Submission, request: RequestKey) -> Receipt:
        try:
            result = await self._service.register(submission, request, tracing.current_traceparent())
        except KeyUsed:
            raise problems.invalid_field(
                _KEY_FIELD, "key_used", "was used for another appeal, or for this one some days ago"
            ) from None
        except (DeliveryUnconfirmed, ReferenceDataMissing):
            raise _unconfirmed(str(request.key)) from None
        if isinstance(result, Rejection):
            raise _rejected(result, str(request.key))
        return result

    def _response(self, receipt: Receipt, request: RequestKey) -> Response:
        return Response(
            receipt_response(receipt, time_zone(self._reference().zone)).model_dump_json(),
            202 if receipt.registered is None else 201,
            {
                "Idempotency-Key": str(request.key),
                "Location": f"{PATH}/{receipt.number}",
            },
            "application/json",
        )


def _idempotency_key(headers: _Headers) -> UUID | None:
    """The key, which nobody else can guess or choose by chance; None without one."""
    key = headers.get(b"idempotency-key")
    if key is None:
        return None
    if not _KEY.fullmatch(text := key.decode("latin-1")):
        raise problems.invalid_field(_KEY_FIELD, "uuid", "not a UUID of version 4 or 7")
    return UUID(text)


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None when the client closes the connection meanwhile."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _parse(headers: _Headers, body: bytes) -> Submission:
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media_type != b"application/json" and not media_type.endswith(b"+json"):
        # A page of another site can make a browser send text, and not JSON, without the user's consent.
        raise problems.invalid_field("body", "media_type", "not sent as application/json")
    try:
        values = from_json(body)
    except ValueError:
        raise problems.invalid_field("body", "json_invalid", "not valid JSON") from None
    try:
        # `model_validate_json` takes ten times as long for 85,000 lists in place of a text, since errors copy it.
        return Submission.model_validate(values)
    except ValidationError as error:
        raise problems.from_validation(error) from None


def _unconfirmed(key: str) -> Problem:
    return Problem(
        503,
        "Appeals cannot be registered right now",
        "Send the same appeal again with this Idempotency-Key. It is registered once, even if this attempt "
        "succeeds later.",
        headers={"Retry-After": str(RETRY_AFTER), "Idempotency-Key": key},
        idempotency_key=key,
    )


def _rejected(why: Rejection, key: str) -> Problem:
    if why.reason in ("invalid", "unlawful", "oversize", "unreadable"):
        return problems.invalid_field(why.field, why.reason, why.rule)
    detail = f"{why.reason}: {why.field} {why.rule}"
    return Problem(500, "The registrar accepts no appeals of this API", detail, headers={"Idempotency-Key": key})


_HEADERS = {name: {"schema": {"type": "string"}} for name in ("Idempotency-Key", "Location")}


def _success(description: str, model: type[BaseModel]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema_ref(model)}}
    return {"description": description, "headers": _HEADERS, "content": content}


_OPERATION: dict[str, Any] = {
    "tags": ["appeals"],
    "summary": "Send an appeal",
    "description": "201: the appeal is registered. 202: registration takes longer; the number is already valid.",
    "operationId": "post_appeals",
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "format": "uuid", "pattern": _KEY_PATTERN},
            "description": "A UUID of version 4 or 7, a new one for each appeal. The same appeal with the same key is "
            "one appeal, for three days or more. Another appeal with it is refused. Without a key, the answer "
            "brings one.",
        }
    ],
    "requestBody": {"required": True, "content": {"application/json": {"schema": schema_ref(Submission)}}},
    "responses": {
        "201": _success("Registered", RegisteredResponse),
        "202": _success("Being registered", BeingRegisteredResponse),
    }
    | {str(status): answer for status, answer in problems.responses(411, 413, 422, 429, 500, 503).items()},
}
