"""The pages of queues: which appeals wait for whom; and the search by number."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from natija_chassis.http import problems
from natija_chassis.http.access import access
from natija_chassis.pages.languages import PREFIX, PageLanguage
from natija_chassis.sign_in.appeal_access import HANDLING, WATCHING
from natija_events import ids
from natija_events.types.codes import Code, Word
from natija_routing.desk.acts.forms import posts_of
from natija_routing.desk.cases import queues
from natija_routing.desk.cases.queues import MOST_COUNTED, Filters, Queue, QueuePlace
from natija_routing.desk.pages.parts import DeskParts

PATH = "/desk"
QUEUE, FIND = PREFIX + PATH, f"{PREFIX}{PATH}/find"
ACCESS = (
    access("GET", QUEUE, *HANDLING, bodies="own", page=True),
    access("GET", FIND, *HANDLING, *WATCHING, bodies="own", page=True),
)
_PAGE = 25
_LONGEST_NUMBER = 64
_CURSOR = r"^([0-9]{1,18}-[0-9A-Z-]{1,40})?$"


def router(parts: DeskParts) -> APIRouter:
    """The routes."""
    pages = APIRouter(include_in_schema=False)

    @pages.get(QUEUE)
    async def get_queue(
        request: Request,
        language: PageLanguage,
        queue: Queue = "waiting",
        topic: Annotated[Word | Literal[""], Query()] = "",
        executor: Annotated[Code | Literal[""], Query()] = "",
        after: Annotated[str, Query(pattern=_CURSOR)] = "",
    ) -> Response:
        visit, formats = parts.visit(request, language), parts.site.formats(language)
        filters = Filters(topic or None, executor or None)  # a form sends what was not chosen as an empty text
        async with parts.engine.connect() as connection:
            counts = await queues.counts(connection, visit.viewer, visit.day)
            found = await queues.page(
                connection, parts.projection, queue, visit.viewer, filters, visit.day, _place(after), _PAGE
            )
        return parts.site.page(
            request, language, "queue.html", age=parts.age(), visit=visit, names=visit.names, queue=queue,
            counts=counts, most=MOST_COUNTED, cases=found.cases, filters=filters, next=found.next, first=not after,
            topics=formats.sort([(id, visit.names.topic(id)) for id in visit.data.topics], lambda one: one[1]),
            executors=[(id, visit.names.post(id)) for id in posts_of(visit.body, visit.data)],
        )  # fmt: skip

    @pages.get(FIND)
    async def find(request: Request, language: PageLanguage, number: str = "") -> Response:
        visit = parts.visit(request, language)
        try:
            wanted = ids.parse_appeal_number(number[:_LONGEST_NUMBER])
        except ValueError:
            return parts.site.page(request, language, "find.html", status=404, visit=visit, names=visit.names)
        return RedirectResponse(f"/{language}{PATH}/appeals/{wanted}", 303)

    return pages


def _place(after: str) -> QueuePlace | None:
    try:
        return QueuePlace.parse(after) if after else None
    except (ValueError, OverflowError):
        raise problems.invalid_field("after", "cursor", "is not the next of a page") from None
