"""`POST /proposals`: events of other services, without Kafka; and what became of them."""

from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from natija_chassis.http import problems
from natija_chassis.http.access import access, principal
from natija_chassis.http.problems import Problem
from natija_chassis.observability import tracing
from natija_events import limits
from natija_events.kafka import DeliveryUnconfirmed
from natija_events.lifecycle.transitions import TABLE
from natija_events.wire.proposal import BATCH_JSON, STRUCTURED_JSON
from natija_events.wire.rejection import Rejection
from natija_events.wire.values import Unreadable
from natija_intake.api.cloudevents import read_request
from natija_intake.appeals.head_lookup import StatusUnavailable
from natija_intake.appeals.metrics import PROPOSALS_LIMITED
from natija_intake.outcomes.store import StoredOutcome
from natija_intake.proposals.service import OutcomesUnavailable, ProposalService, SubmittedProposal
from natija_intake.receipts.send_limit import SendLimit

PATH = "/proposals"
RETRY_AFTER = 5
NO_LIMIT = SendLimit(0)
_COUNTED_BYTES = 10_000
"""A proposal counts once more for each. To parse a megabyte may take the time of a thousand small proposals."""
ACCESS = (
    access("POST", PATH, "publisher", bodies="own", max_body=limits.PROPOSAL_BYTES),
    access("GET", PATH + "/{id}", "publisher", bodies="own"),
)

_STATUS = {"forbidden": 403, "conflict": 409, "reused": 409, "oversize": 413}
"""The HTTP status of a rejection; 422 for every other reason."""


class RegisteredEvent(BaseModel):
    """An event and its place in the history of its appeal."""

    id: UUID = Field(description="The id of the event.")
    sequence: int = Field(description="Its place among the events of the appeal, from 1.")


class ProposalResponse(BaseModel):
    """The decision on a proposal. A proposal has the id of its first event."""

    proposal: UUID = Field(description="The id of the first event.")
    appeal: str | None = Field(description="The number of the appeal.", examples=["KG-7K3M-9QX4-T2R8-MA"])
    decision: Literal["registered", "pending", "rejected"] = Field(
        description="What the registrar decided; *pending* as long as it has not."
    )
    events: list[RegisteredEvent] = Field([], description="The registered events, in the order of the proposal.")
    reason: str | None = Field(
        None, description="Why it was rejected; *duplicate* if it is registered, by an earlier proposal."
    )
    field: str | None = Field(
        None,
        description="The field that breaks the rule; of a duplicate *sealed* if its sealed values were not compared.",
    )
    rule: str | None = Field(None, description="The rule, without the value that breaks it.")


def router(service: ProposalService, limit: SendLimit = NO_LIMIT) -> APIRouter:
    """The routes. Each publisher sees what became of its own proposals, and of nobody else's. *limit* counts them."""
    api = APIRouter(prefix=PATH, tags=["proposals"])

    @api.post(
        "",
        status_code=201,
        response_model=ProposalResponse,
        response_model_exclude_none=True,
        responses={
            200: {"description": "A dry run: it would be registered", "model": ProposalResponse},
            202: {"description": "Not decided yet: see Location", "model": ProposalResponse},
            **problems.responses(401, 403, 409, 411, 413, 422, 429, 503),
        },
        openapi_extra={"requestBody": _BODY},
    )
    async def propose(
        request: Request,
        response: Response,
        dry_run: Annotated[bool, Query(description="Only say what the registrar would decide now.")] = False,
    ) -> ProposalResponse:
        """Propose one event, or several of one appeal that are registered together or not at all.

        Send CloudEvents in binary, structured or batched mode. Personal fields may be sent in clear: they are sealed
        and signed here, if the publisher's entry says `vouched`. The same events again count once and
        have the reason `duplicate`, so send them again after no answer, 202 or 503.
        """
        source = source_of(request)
        if seconds := limit.take(source, 1 + int(request.headers["content-length"]) // _COUNTED_BYTES):
            PROPOSALS_LIMITED.inc()
            raise Problem(429, "Too many proposals of this publisher", headers={"Retry-After": str(seconds)})
        body = await request.body()
        try:
            proposal = read_request(request.headers.items(), body)
        except Unreadable as error:
            raise problems.invalid_field(error.field, "unreadable", error.rule) from None
        try:
            if dry_run:
                submitted = await service.dry_run(proposal, source)
            else:
                submitted = await service.submit(proposal, source, tracing.current_traceparent())
        except (DeliveryUnconfirmed, StatusUnavailable):
            raise _unavailable("Proposals cannot be decided right now") from None
        if submitted.state == "rejected" and submitted.rejection is not None:
            raise _rejected(submitted.rejection)
        response.status_code = 200 if dry_run else 202 if submitted.state == "pending" else 201
        response.headers["Location"] = f"{PATH}/{proposal.events[0].id}"
        return _answer(submitted)

    @api.get(
        "/{id}",
        response_model=ProposalResponse,
        response_model_exclude_none=True,
        responses=problems.responses(401, 403, 404, 422, 503),
    )
    async def outcome(request: Request, id: UUID) -> ProposalResponse:
        """The decision on a proposal of yours, by the id of its first event, for 90 days. 404 before its decision."""
        try:
            found = await service.outcome(source_of(request), id)
        except OutcomesUnavailable:
            raise _unavailable("Outcomes cannot be read right now") from None
        if found is None:
            raise Problem(404, "The proposal is not decided yet", headers={"Retry-After": "1"})
        return stored_answer(found)

    return api


def source_of(request: Request) -> str:
    """The publisher that sends *request*. Raises `Problem` when its key is not that of a publisher."""
    source = principal(request).source
    if source is None:
        raise Problem(403, "This key does not propose events", "`natija api-key add NAME --source SOURCE` makes one.")
    return source


def stored_answer(found: StoredOutcome) -> ProposalResponse:
    """An outcome as it is answered. Of a batch, only the first event's id is known here."""
    decided = found.decided
    assert decided.proposal is not None
    why = decided.rejection
    events = []
    if decided.registered and decided.sequence is not None:
        events = [RegisteredEvent(id=decided.proposal, sequence=decided.sequence)]
    return ProposalResponse(
        proposal=decided.proposal,
        appeal=decided.subject,
        decision="registered" if decided.registered else "rejected",
        events=events,
        **_told(why),
    )


def _told(why: Rejection | None) -> dict[str, str]:
    return {} if why is None else {"reason": why.reason, "field": why.field, "rule": why.rule}


def _answer(submitted: SubmittedProposal) -> ProposalResponse:
    ids, first = [event.id for event in submitted.proposal.events], submitted.sequence
    numbered = [] if first is None else list(enumerate(ids, first))
    return ProposalResponse(
        proposal=ids[0],
        appeal=submitted.proposal.subject,
        decision=submitted.state,
        events=[RegisteredEvent(id=id, sequence=sequence) for sequence, id in numbered],
        **_told(submitted.rejection),
    )


def _rejected(why: Rejection) -> Problem:
    status = _STATUS.get(why.reason, 422)
    if status == 422:
        return problems.invalid_field(why.field, why.reason, why.rule)
    title = "The proposal is rejected" if status != 403 else HTTPStatus(403).phrase
    return Problem(status, title, errors=[{"field": why.field, "rule": why.reason, "message": why.rule}])


def _unavailable(title: str) -> Problem:
    return Problem(
        503, title, "Send the same request again: an event id counts once.", headers={"Retry-After": str(RETRY_AFTER)}
    )


_EVENT: dict[str, Any] = {
    "type": "object",
    "description": "A CloudEvent. CONTRACT.md explains its attributes; `/contract/schemas/` has the data of each type.",
    "required": ["specversion", "id", "source", "type", "subject", "time"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid"},
        "source": {"type": "string", "description": "The source of your API key.", "examples": ["/desks/labour"]},
        "type": {"enum": [type for type, row in TABLE.items() if type == row.type]},
        "subject": {"type": "string", "description": "The appeal's number.", "examples": ["KG-7K3M-9QX4-T2R8-MA"]},
        "time": {"type": "string", "format": "date-time"},
        "expectedsequence": {"type": "integer", "minimum": 0},
        "data": {"type": "object"},
        "data_base64": {"type": "string", "description": "In place of `data`, if you sign the event."},
    },
}
_DATA = {"type": "object", "description": "The data of one event, its attributes in headers such as `ce-id`."}
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        STRUCTURED_JSON: {"schema": _EVENT},
        BATCH_JSON: {"schema": {"type": "array", "items": _EVENT, "minItems": 1, "maxItems": limits.PROPOSAL_EVENTS}},
        "application/json": {"schema": _DATA},
    },
}
