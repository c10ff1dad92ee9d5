"""The pages on which a citizen files an appeal: what to know before, the form, the preview, the receipt."""

from collections.abc import Callable, Sequence
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.types import Scope

from natija_chassis.http.access import access
from natija_chassis.http.problems import FieldError, Problem
from natija_chassis.observability import tracing
from natija_chassis.pages.form_errors import FormErrors
from natija_chassis.pages.languages import PREFIX, PageLanguage
from natija_chassis.pages.site import KeptForm, Site
from natija_chassis.realm.reference_reader import ReferenceDataMissing
from natija_events.kafka import DeliveryUnconfirmed
from natija_events.reference.data import GetReferenceData
from natija_events.wire.rejection import Rejection
from natija_events.words import Language
from natija_intake.appeals.identity import RequestKey
from natija_intake.appeals.service import AppealService, KeyUsed, Receipt
from natija_intake.appeals.submission import SOURCE
from natija_intake.pages.choices import Choices
from natija_intake.pages.form import MOST_CHARACTERS, AppealForm, NotTheForm, errors_of

PATH = "/file"
_GUIDE, _FORM = PREFIX + PATH, f"{PREFIX}{PATH}/form"
MAX_BODY_BYTES = 262_144
ACCESS = (
    access("GET", _GUIDE, "public", bodies="any"),
    access("GET", _FORM, "public", bodies="any"),
    access("POST", _FORM, "public", bodies="any", max_body=MAX_BODY_BYTES),
)
_SENT_BEFORE = "sent-before"
_KEPT = KeptForm("appeal", enter="check", stay="edit")
_PREVIEWED = KeptForm("appeal", enter="send", stay="check")
CheckLimit = Callable[[Scope], None]
"""Counts an appeal of the client. Raises `Problem` when it has sent too many."""


def router(site: Site, service: AppealService, reference: GetReferenceData, check_limit: CheckLimit) -> APIRouter:
    """The routes. The answer to the form is the next page: nothing is kept between them but in the form itself."""
    pages, filing = APIRouter(include_in_schema=False), _Filing(site, service, reference, check_limit)

    @pages.get(_GUIDE)
    async def get_guide(request: Request, language: PageLanguage) -> Response:
        return site.page(request, language, "guide.html")

    @pages.get(_FORM)
    async def get_form(request: Request, language: PageLanguage) -> Response:
        return filing.form(request, language, AppealForm.empty(language))

    @pages.post(_FORM)
    async def post_form(request: Request, language: PageLanguage) -> Response:
        if request.headers.get("sec-fetch-site") == "cross-site":
            raise Problem(403, "This form is not one of this site")
        try:
            form = AppealForm.read(await request.body())
        except NotTheForm:
            raise Problem(422, "This is not the form of an appeal") from None
        return await filing.next_page(request, language, form)

    return pages


class _Filing:
    """The page after a step of the form."""

    def __init__(
        self, site: Site, service: AppealService, reference: GetReferenceData, check_limit: CheckLimit
    ) -> None:
        self._site, self._service, self._reference, self._check_limit = site, service, reference, check_limit

    async def next_page(self, request: Request, language: Language, form: AppealForm) -> Response:
        """The form again, the preview, or the receipt."""
        if form.step == "edit":
            return self.form(request, language, form)
        if errors := form.errors:
            return self.form(request, language, form, errors)
        if form.step != "send":
            return self._preview(request, language, form)
        try:
            self._check_limit(request.scope)
        except Problem as limit:
            return self._preview(request, language, form, notice="limited", status=limit.status)
        try:
            return await self._send(request, language, form)
        except ValidationError as error:
            return self.form(request, language, form, errors_of(error))
        except KeyUsed:
            again = form._replace(key=AppealForm.empty(language).key)
            return self._preview(request, language, again, notice=_SENT_BEFORE, status=409)
        except (DeliveryUnconfirmed, ReferenceDataMissing):
            return self._preview(request, language, form, notice="unavailable", status=503)

    def form(
        self, request: Request, language: Language, form: AppealForm, errors: Sequence[FieldError] = ()
    ) -> Response:
        """The form as filled in, with *errors* beside the fields."""
        choices = self._choices(language)
        return self._site.page(
            request, language, "form.html", status=422 if errors else 200, kept=_KEPT, form=form, choices=choices,
            errors=FormErrors(errors, choices.labels, self._site.words(language)), most=MOST_CHARACTERS,
        )  # fmt: skip

    def _preview(
        self, request: Request, language: Language, form: AppealForm, *, notice: str = "", status: int = 200
    ) -> Response:
        rows = self._choices(language).preview(form)
        return self._site.page(
            request, language, "preview.html", status=status, kept=_PREVIEWED, form=form, rows=rows, notice=notice
        )

    async def _send(self, request: Request, language: Language, form: AppealForm) -> Response:
        key = RequestKey(SOURCE, UUID(form.key))
        outcome = await self._service.register(form.submission(), key, tracing.current_traceparent())
        if isinstance(outcome, Rejection):
            if outcome.reason not in ("invalid", "oversize"):
                raise Problem(500, "The registrar accepts no appeals of this page")
            return self.form(request, language, form, errors_of(outcome))
        return self._receipt(request, language, outcome)

    def _receipt(self, request: Request, language: Language, receipt: Receipt) -> Response:
        return self._site.page(request, language, "receipt.html", receipt=receipt)

    def _choices(self, language: Language) -> Choices:
        return Choices(self._reference(), self._site.formats(language), self._site.words(language))
