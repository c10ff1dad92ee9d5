"""The status of an appeal, for the holder of its access code."""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Header, Path, Request

from natija_chassis.http import problems
from natija_chassis.http.access import access
from natija_chassis.http.problems import Problem
from natija_events.reference.data import GetReferenceData
from natija_intake.api.client_address import Networks, client_address
from natija_intake.api.post_appeals import PATH, RETRY_AFTER
from natija_intake.api.responses import AppealStatus, status_response
from natija_intake.appeals.head_lookup import StatusUnavailable
from natija_intake.appeals.service import AppealService

FORM = "application/x-www-form-urlencoded"
_MAX_FORM_BYTES = 1024
ACCESS = (
    access("GET", PATH + "/{number}", "public", bodies="any"),  # the access code is what opens the appeal
    access("POST", PATH + "/status", "public", bodies="any", max_body=_MAX_FORM_BYTES),
)
_TEXT = {"type": "string", "maxLength": 64}
_FORM_BODY = {
    "required": True,
    "content": {
        FORM: {
            "schema": {
                "type": "object",
                "required": ["number", "access_code"],
                "properties": {"number": _TEXT, "access_code": _TEXT},
            }
        }
    },
}


def router(service: AppealService, reference: GetReferenceData, trusted_proxies: Networks = ()) -> APIRouter:
    """The routes of intake beside `POST /appeals`. Times are in the realm's zone, names in its first language.

    The code is in the header or in a form, never in the address: logs, histories and `Referer` hold addresses.
    """
    api = APIRouter(tags=["appeals"])

    async def find(request: Request, number: str, code: str) -> AppealStatus:
        _refuse_query(request)
        try:
            found = await service.find(number, code, client_address(request, trusted_proxies))
        except StatusUnavailable:
            headers = {"Retry-After": str(RETRY_AFTER)}
            raise Problem(503, "The status is not available right now", headers=headers) from None
        if found is None:
            raise _no_appeal()
        return status_response(*found, reference())

    @api.get(PATH + "/{number}", responses=problems.responses(404, 422, 503))
    async def status(
        number: Annotated[str, Path(max_length=64)],
        request: Request,
        access_code: Annotated[str, Header(alias="Access-Code", max_length=64)] = "",
    ) -> AppealStatus:
        """The status of an appeal. It needs the access code."""
        return await find(request, number, access_code)

    @api.post(
        PATH + "/status",
        responses=problems.responses(404, 411, 413, 422, 503),
        openapi_extra={"requestBody": _FORM_BODY},
    )
    async def status_by_form(request: Request) -> AppealStatus:
        """The status of an appeal, by a form with its number and access code."""
        form = await _form(request)
        return await find(request, form.get("number", ""), form.get("access_code", ""))

    return api


def _no_appeal() -> Problem:
    """One answer for a wrong number, a wrong code and too many attempts: nobody learns which numbers exist."""
    return Problem(
        404,
        "There is no appeal with this number and access code",
        "Check both. After several wrong attempts, wait for some minutes.",
    )


def _refuse_query(request: Request) -> None:
    if request.url.query:
        raise problems.invalid_field("query", "not_allowed", "send the access code in the header or in a form")


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form, each once. Raises `Problem`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise problems.invalid_field("body", "media_type", f"not sent as {FORM}")
    try:
        fields = parse_qs((await request.body()).decode(), strict_parsing=True, errors="strict", max_num_fields=4)
    except ValueError:
        raise problems.invalid_field("body", "form", "not a form") from None
    return {name: values[-1] for name, values in fields.items()}
