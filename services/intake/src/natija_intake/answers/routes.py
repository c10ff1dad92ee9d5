"""The page of the answer to an appeal, by its number and access code.

The code is never in the address of a page: histories and logs hold addresses. The page carries a token in its place.
"""

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from natija_chassis.clock import Clock
from natija_chassis.http.access import access
from natija_chassis.http.problems import Problem
from natija_chassis.pages.data_age import DataAge
from natija_chassis.pages.languages import PREFIX, PageLanguage
from natija_chassis.pages.site import KeptForm, Site
from natija_chassis.realm.reference_reader import ReferenceDataMissing
from natija_events.reference.data import GetReferenceData
from natija_events.words import Language
from natija_intake.answers.form import AnswerForm
from natija_intake.answers.service import AnswerService, AnswerUnavailable
from natija_intake.answers.view import shown
from natija_intake.appeals.head_lookup import StatusUnavailable
from natija_intake.following.access import AppealAccess, OpenedAppeal
from natija_intake.pages.follow.routes import GetAddress
from natija_intake.pages.form import STAY, NotTheForm

PATH = "/answer"
_PAGE = PREFIX + PATH
ACCESS = (
    access("GET", _PAGE, "public", bodies="any"),
    access("POST", _PAGE, "public", bodies="any", max_body=4096),
)
_KEPT = KeptForm("appeal", enter="show", stay=STAY)
AnswerNotice = Literal["", "wrong", "locked", "unavailable"]


def router(
    site: Site,
    appeals: AppealAccess,
    service: AnswerService,
    reference: GetReferenceData,
    clock: Clock,
    address_of: GetAddress,
) -> APIRouter:
    """The routes. The answer to the form is the page: nothing is kept between them but in the form itself."""
    pages, answers = APIRouter(include_in_schema=False), _Answers(site, appeals, service, reference, clock)

    @pages.get(_PAGE)
    async def get_answer(request: Request, language: PageLanguage) -> Response:
        return answers.ask(request, language, AnswerForm())

    @pages.post(_PAGE)
    async def post_answer(request: Request, language: PageLanguage) -> Response:
        if request.headers.get("sec-fetch-site") == "cross-site":
            raise Problem(403, "This form is not one of this site")
        try:
            form = AnswerForm.read(await request.body())
        except NotTheForm:
            raise Problem(422, "This is not the form of an answer") from None
        return await answers.next_page(request, language, form, address_of(request))

    return pages


class _Answers:
    """The page after the form."""

    def __init__(
        self, site: Site, appeals: AppealAccess, service: AnswerService, reference: GetReferenceData, clock: Clock
    ) -> None:
        self._site, self._appeals, self._service = site, appeals, service
        self._reference, self._clock = reference, clock

    def ask(
        self, request: Request, language: Language, form: AnswerForm, notice: AnswerNotice = "", status: int = 200
    ) -> Response:
        """The form for number and code. Without an answer it stays as it was typed, but for a wrong code."""
        return self._site.page(
            request, language, "ask.html", status=status, kept=_KEPT, form=form, notice=notice, errors=notice == "wrong"
        )

    async def next_page(self, request: Request, language: Language, form: AnswerForm, address: str) -> Response:
        """The answer, or the form again."""
        if form.step == STAY and not form.access_token:
            return self.ask(request, language, form)
        try:
            opened = await self._open(form, address)
            if opened is None:
                notice: AnswerNotice = "locked" if form.access_token and not form.access_code else "wrong"
                again = form._replace(access_code="", access_token="")
                return self.ask(request, language, again, notice, 403 if notice == "locked" else 404)
            return await self._show(request, language, opened)
        except (StatusUnavailable, AnswerUnavailable, ReferenceDataMissing):
            return self.ask(request, language, form, "unavailable", 503)

    async def _open(self, form: AnswerForm, address: str) -> OpenedAppeal | None:
        opened = await self._appeals.open_again(form.access_token) if form.access_token else None
        if opened is None and (form.access_code or not form.access_token):
            return await self._appeals.open(form.number, form.access_code, address)
        return opened

    async def _show(self, request: Request, language: Language, opened: OpenedAppeal) -> Response:
        data = self._reference()
        found = await self._service.read(opened)
        answer = None if found.given is None else shown(found.given, found.opened, data, language)
        return self._site.page(
            request, language, "answer.html", kept=_KEPT, form=AnswerForm(opened.number, access_token=opened.token),
            answer=answer, is_current=found.is_current, age=DataAge("current", self._clock.now()),
        )  # fmt: skip
