"""The pages on which a citizen follows an appeal, by its number and access code."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import Response

from natija_chassis.clock import Clock
from natija_chassis.http.access import access
from natija_chassis.http.problems import Problem
from natija_chassis.pages.data_age import DataAge
from natija_chassis.pages.languages import PREFIX, PageLanguage
from natija_chassis.pages.site import Site
from natija_chassis.time_zones import time_zone
from natija_events.reference.data import GetReferenceData
from natija_intake.appeals.head_lookup import StatusUnavailable
from natija_intake.appeals.service import AppealService
from natija_intake.appeals.status import public_status

PATH = "/follow"
_PAGE = PREFIX + PATH
_MAX_BODY_BYTES = 1024
_MOST_OF_FIELD = 64
ACCESS = (
    access("GET", _PAGE, "public", bodies="any"),
    access("POST", _PAGE, "public", bodies="any", max_body=_MAX_BODY_BYTES),
)
GetAddress = Callable[[Request], str]
"""The address of the client, also behind a proxy."""


def router(
    site: Site, service: AppealService, reference: GetReferenceData, clock: Clock, address_of: GetAddress
) -> APIRouter:
    """The routes. The code is never in the address of a page: histories and logs hold addresses."""
    pages = APIRouter(include_in_schema=False)

    @pages.get(_PAGE)
    async def get_follow(request: Request, language: PageLanguage) -> Response:
        return site.page(request, language, "follow.html", number="", errors=False)

    @pages.post(_PAGE)
    async def post_follow(request: Request, language: PageLanguage) -> Response:
        number, code = _fields(await request.body())
        try:
            found = await service.find(number, code, address_of(request))
        except StatusUnavailable:
            raise Problem(503, "The status is not available right now") from None
        if found is None:
            return site.page(request, language, "follow.html", status=404, number=number, errors=True)
        number, head = found
        data, zone = reference(), time_zone(reference().zone)
        body = data.name("bodies", head.body, language) if head is not None and head.body else None
        due = head.due if head is not None else None
        return site.page(
            request, language, "status.html", age=DataAge("current", clock.now()), number=number,
            state=public_status(head), registered=head.registered if head is not None else None, body=body,
            last_day=(due - timedelta(microseconds=1)).astimezone(zone).date() if due else None,
        )  # fmt: skip

    return pages


def _fields(body: bytes) -> tuple[str, str]:
    """The number and the code in the form. Raises `Problem`."""
    try:
        given = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=4)
    except ValueError:
        raise Problem(422, "This is not the form of an appeal") from None
    number, code = (given.get(name, [""])[-1][:_MOST_OF_FIELD] for name in ("number", "access_code"))
    return number, code
