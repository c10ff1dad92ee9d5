"""The HTTP API of intake: send an appeal, and follow it with its number and access code."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import APIRouter, FastAPI, Header, Path, Query, Response
from opentelemetry.trace import SpanKind
from pydantic import BaseModel, Field

from natija_chassis.http import problems
from natija_chassis.http.problems import FieldError, Problem
from natija_chassis.observability import tracing
from natija_chassis.realm.directory import Directory
from natija_events.kafka import DeliveryUnconfirmed
from natija_events.wire.rejection import Rejection
from natija_intake.api import metrics
from natija_intake.api.post_appeals import KEY, PATH, Sending
from natija_intake.appeals.service import AppealRejected, AppealService, Receipt, StatusUnavailable
from natija_intake.appeals.status import PublicStatus, label, public_status
from natija_intake.appeals.submission import Submission, unknown_ids
from natija_intake.registrar.heads import Head

RETRY_AFTER = 5

_KEY = Header(
    alias="Idempotency-Key",
    pattern=KEY,
    description="The same appeal sent again with the same key is one appeal. Without one, the answer brings one.",
)


class RegisteredResponse(BaseModel):
    """The appeal is in the register: its receipt."""

    number: str = Field(examples=["KG-7K3M-9QX4-T2R8-M5"])
    access_code: str = Field(examples=["14K7Q-3MX9T"], description="With the number it opens the appeal's status.")
    registered: datetime = Field(description="When it was registered, with the offset of the zone.")
    date: str = Field(examples=["2026-03-31"], description="The day of the registration, local.")
    time: str = Field(examples=["14:05:09"], description="The time of the registration, local.")
    zone: str = Field(examples=["Asia/Bishkek"])


class BeingRegisteredResponse(BaseModel):
    """The appeal is safe and will be registered: its receipt so far."""

    number: str
    access_code: str
    status: PublicStatus = "being_registered"
    says: str


class ResponsibleBody(BaseModel):
    """Who has the appeal."""

    id: str
    name: str


class AppealStatus(BaseModel):
    """How an appeal stands."""

    number: str
    status: PublicStatus
    says: str = Field(description="The status in words.")
    registered: datetime | None
    due: datetime | None = Field(description="The instant the term ends; none where no term is set.")
    body: ResponsibleBody | None


_PROBLEM: dict[str, Any] = {"content": {problems.MEDIA_TYPE: {}}}


def install(app: FastAPI, reception: AppealService, directory: Directory) -> None:
    """Give *app* the routes. Times are told in the directory's zone, names in its first language."""
    router = APIRouter(tags=["appeals"])
    zone = ZoneInfo(directory.zone)

    async def send(
        submission: Submission,
        idempotency_key: Annotated[str | None, _KEY] = None,
        traceparent: Annotated[str | None, Header(include_in_schema=False)] = None,
    ) -> Response:
        """Send an appeal. 201: it is registered. 202: that takes longer; the number holds all the same."""
        key = idempotency_key or str(uuid4())
        with tracing.span("POST /appeals", kind=SpanKind.SERVER, traceparent=traceparent):
            receipt = await _measured(lambda: _take(reception, directory, submission, key))
        said = _said(receipt, directory.zone, zone)
        return Response(
            said.model_dump_json(),
            201 if isinstance(said, RegisteredResponse) else 202,
            {"Idempotency-Key": key, "Location": f"{PATH}/{receipt.number}", "Cache-Control": "no-store"},
            "application/json",
        )

    router.add_api_route(
        PATH,
        send,
        methods=["POST"],
        status_code=201,
        response_model=RegisteredResponse | BeingRegisteredResponse,
        responses={
            201: {"model": RegisteredResponse},
            202: {"model": BeingRegisteredResponse},
            422: _PROBLEM | {"description": "A field breaks a rule"},
            503: _PROBLEM | {"description": "Not registered: send the same again with the same Idempotency-Key"},
        },
    )
    app.add_middleware(Sending, endpoint=send)

    @router.get(PATH + "/{number}", responses=problems.responses(404, 422, 503))
    async def status(
        number: Annotated[str, Path(max_length=64)],
        response: Response,
        access_code: Annotated[str | None, Header(alias="Access-Code", max_length=64)] = None,
        code: Annotated[str | None, Query(max_length=64)] = None,
    ) -> AppealStatus:
        """How an appeal stands, for whoever has its access code, in the header or in the query."""
        response.headers["Cache-Control"] = "no-store"
        try:
            found = await reception.find(number, access_code or code or "")
        except StatusUnavailable:
            raise _later("The status cannot be looked up now") from None
        if found is None:
            raise Problem(404, "There is no appeal with this number and access code")
        return _standing(*found, directory, zone)

    app.include_router(router)


def _said(receipt: Receipt, zone_name: str, zone: ZoneInfo) -> RegisteredResponse | BeingRegisteredResponse:
    if receipt.registered is None:
        return BeingRegisteredResponse(
            number=receipt.number,
            access_code=receipt.code,
            says="The appeal is safe and will be registered; its number holds.",
        )
    local = receipt.registered.astimezone(zone)
    return RegisteredResponse(
        number=receipt.number,
        access_code=receipt.code,
        registered=local,
        date=local.date().isoformat(),
        time=local.time().isoformat("seconds"),
        zone=zone_name,
    )


async def _measured(take: Callable[[], Awaitable[Receipt]]) -> Receipt:
    """Count a POST by what it will answer, and how long that took."""
    status = 500
    try:
        with metrics.POST_SECONDS.time():
            receipt = await take()
        status = 202 if receipt.registered is None else 201
    except Problem as problem:
        status = problem.status
        raise
    finally:
        metrics.POSTS.labels(str(status)).inc()
    return receipt


async def _take(reception: AppealService, directory: Directory, submission: Submission, key: str) -> Receipt:
    unknown = list(unknown_ids(submission, directory))
    if unknown:
        raise problems.invalid(
            *(
                FieldError(field=field, rule="unknown_id", message=f"not an id of the directory's {section}")
                for field, section in unknown
            )
        )
    try:
        return await reception.take(submission, key, tracing.current_traceparent())
    except AppealRejected as rejected:
        raise _refused(rejected.rejection, key) from None
    except DeliveryUnconfirmed:
        raise _later(
            "Appeals cannot be registered now",
            "Send the same appeal again with this Idempotency-Key: whatever became of this attempt, it will be one.",
            key,
        ) from None


def _later(title: str, detail: str | None = None, key: str | None = None) -> Problem:
    headers = {"Retry-After": str(RETRY_AFTER)}
    if key is None:
        return Problem(503, title, detail, headers=headers)
    return Problem(503, title, detail, headers=headers | {"Idempotency-Key": key}, idempotency_key=key)


def _refused(why: Rejection, key: str) -> Problem:
    if why.reason in ("invalid", "unlawful", "oversize", "unreadable"):
        return problems.invalid_field(why.field, why.reason, why.rule)
    return Problem(
        500, "The register does not take appeals from here", f"{why.reason}: {why.field} {why.rule}",
        headers={"Idempotency-Key": key},
    )  # fmt: skip


def _standing(number: str, head: Head | None, directory: Directory, zone: ZoneInfo) -> AppealStatus:
    status = public_status(head)
    if head is None:
        return AppealStatus(number=number, status=status, says=label(status), registered=None, due=None, body=None)
    language = directory.languages[0]
    return AppealStatus(
        number=number,
        status=status,
        says=label(status),
        registered=head.registered.astimezone(zone) if head.registered else None,
        due=head.due.astimezone(zone) if head.due else None,
        body=ResponsibleBody(id=head.body, name=directory.name("bodies", head.body, language)) if head.body else None,
    )
