"""`GET /appeals/{number}`: the status of an appeal, for the holder of its access code."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response

from natija_chassis.http import problems
from natija_chassis.http.problems import Problem
from natija_chassis.realm.directory import Directory
from natija_chassis.time_zones import time_zone
from natija_intake.api.post_appeals import PATH, RETRY_AFTER
from natija_intake.api.responses import AppealStatus, status_response
from natija_intake.appeals.head_lookup import StatusUnavailable
from natija_intake.appeals.service import AppealService


def router(service: AppealService, directory: Directory) -> APIRouter:
    """The routes of intake beside `POST /appeals`. Times are in the directory's zone, names in its first language."""
    api = APIRouter(tags=["appeals"])
    zone = time_zone(directory.zone)

    @api.get(PATH + "/{number}", responses=problems.responses(404, 422, 503))
    async def status(
        number: Annotated[str, Path(max_length=64)],
        response: Response,
        access_code: Annotated[str | None, Header(alias="Access-Code", max_length=64)] = None,
        code: Annotated[str | None, Query(max_length=64)] = None,
    ) -> AppealStatus:
        """The status of an appeal. It needs the access code, in the header or in the query."""
        response.headers["Cache-Control"] = "no-store"
        try:
            found = await service.find(number, access_code or code or "")
        except StatusUnavailable:
            headers = {"Retry-After": str(RETRY_AFTER)}
            raise Problem(503, "The status is not available right now", headers=headers) from None
        if found is None:
            raise Problem(404, "There is no appeal with this number and access code")
        return status_response(*found, directory, zone)

    return api
