"""The page of a registrar: one form for a letter; its answer is the receipt, with the form for the next letter."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import ValidationError

from natija_chassis.clock import Clock
from natija_chassis.http.access import access
from natija_chassis.http.problems import FieldError, Problem
from natija_chassis.observability import tracing
from natija_chassis.pages.form_errors import FormErrors
from natija_chassis.pages.languages import PREFIX, PageLanguage
from natija_chassis.pages.site import KeptForm, Site
from natija_chassis.realm.reference_reader import ReferenceDataMissing
from natija_chassis.sign_in.dependencies import signed_in
from natija_chassis.sign_in.official import Official
from natija_chassis.time_zones import time_zone
from natija_events.kafka import DeliveryUnconfirmed
from natija_events.reference.data import GetReferenceData
from natija_events.reference.entries import OfficialRole
from natija_events.wire.rejection import Rejection
from natija_events.words import Language
from natija_intake.appeals.identity import RequestKey
from natija_intake.appeals.service import AppealService, KeyUsed, Receipt
from natija_intake.appeals.submission import SOURCE
from natija_intake.pages.clerk.choices import LetterChoices
from natija_intake.pages.clerk.form import FIELDS, LastChoice, LetterForm
from natija_intake.pages.form import NotTheForm, errors_of

_PAGE = f"{PREFIX}/clerk"
_MAX_BODY_BYTES = 262_144
ROLE: OfficialRole = "registrar"
ACCESS = (
    access("GET", _PAGE, ROLE, bodies="any", page=True),
    access("POST", _PAGE, ROLE, bodies="any", max_body=_MAX_BODY_BYTES, page=True),
)
COOKIE = "natija-clerk"
"""It keeps the last choice of the browser's clerk: channel and form, and nothing of a letter."""
_COOKIE_LASTS = 180 * 86_400
_KEPT = KeptForm("letter", enter="send", stay="edit")
_Clerk = Annotated[Official, Depends(signed_in)]


def router(
    site: Site, service: AppealService, reference: GetReferenceData, clock: Clock, jurisdiction: str
) -> APIRouter:
    """The routes. An appeal is registered by *service* under the law of *jurisdiction*."""
    pages, desk = APIRouter(include_in_schema=False), _Desk(site, service, reference, clock, jurisdiction)

    @pages.get(_PAGE)
    async def get_letter(request: Request, language: PageLanguage, clerk: _Clerk) -> Response:
        return desk.new_form(request, language, clerk, _last_choice(request))

    @pages.post(_PAGE)
    async def post_letter(request: Request, language: PageLanguage, clerk: _Clerk) -> Response:
        try:
            form = LetterForm.read((await request.form()).multi_items())
        except NotTheForm:
            raise Problem(422, "This is not the form of an appeal") from None
        return await desk.next_page(request, language, clerk, form)

    return pages


class _Desk:
    """The page after a letter was sent."""

    def __init__(
        self, site: Site, service: AppealService, reference: GetReferenceData, clock: Clock, jurisdiction: str
    ) -> None:
        self._site, self._service, self._reference, self._clock = site, service, reference, clock
        self._jurisdiction = jurisdiction

    def new_form(
        self, request: Request, language: Language, clerk: Official, last: LastChoice, receipt: Receipt | None = None
    ) -> Response:
        """The form for the next letter, below the *receipt* of the one before."""
        spoken = self._reference().languages
        form = LetterForm.empty(last, language if language in spoken else spoken[0], self._today())
        return self._page(request, language, clerk, form, receipt=receipt)

    async def next_page(self, request: Request, language: Language, clerk: Official, form: LetterForm) -> Response:
        """The receipt with a new form, or the form again."""
        if form.step == "edit":  # in another language
            return self._page(request, language, clerk, form)
        if errors := form.errors(self._today()):
            return self._page(request, language, clerk, form, errors)
        try:
            outcome = await self._register(clerk, form)
        except ValidationError as error:
            return self._page(request, language, clerk, form, errors_of(error, FIELDS))
        except KeyUsed:
            again = form._replace(key=LetterForm.empty(form.choice, language, self._today()).key)
            return self._page(request, language, clerk, again, notice="sent-before", status=409)
        except (DeliveryUnconfirmed, ReferenceDataMissing):
            return self._page(request, language, clerk, form, notice="unavailable", status=503)
        if isinstance(outcome, Rejection):
            if outcome.reason not in ("invalid", "oversize"):
                raise Problem(500, "The registrar accepts no appeals of this page")
            return self._page(request, language, clerk, form, errors_of(outcome, FIELDS))
        response = self.new_form(request, language, clerk, form.choice, outcome)
        response.set_cookie(
            COOKIE, urlencode(form.choice._asdict()), max_age=_COOKIE_LASTS, httponly=True, samesite="lax"
        )
        return response

    async def _register(self, clerk: Official, form: LetterForm) -> Receipt | Rejection:
        body, post = _acts_for(clerk)
        key = RequestKey(SOURCE, UUID(form.key))
        return await self._service.register(form.appeal(body, post), key, tracing.current_traceparent())

    def _page(
        self,
        request: Request,
        language: Language,
        clerk: Official,
        form: LetterForm,
        errors: Sequence[FieldError] = (),
        *,
        receipt: Receipt | None = None,
        notice: str = "",
        status: int = 200,
    ) -> Response:
        words, formats = self._site.words(language), self._site.formats(language)
        choices = LetterChoices(self._reference(), formats, words, self._today(), self._jurisdiction)
        body, post = _acts_for(clerk)
        return self._site.page(
            request, language, "letter.html", status=422 if errors else status, kept=_KEPT, form=form, choices=choices,
            errors=FormErrors(errors, choices.labels, words), receipt=receipt, notice=notice, post=post,
            body=self._reference().name("bodies", body, language), csrf_token=clerk.session.csrf_token,
        )  # fmt: skip

    def _today(self) -> date:
        return self._clock.now().astimezone(time_zone(self._reference().zone)).date()


def _acts_for(clerk: Official) -> tuple[str, str]:
    """The body that the letter went to, and the post of who accepts it. The access table lets nobody in without."""
    return next((one.body, one.post) for one in clerk.posts if one.body == clerk.body and ROLE in one.roles)


def _last_choice(request: Request) -> LastChoice:
    """The choice that the cookie keeps; the usual one without it."""
    kept = dict(parse_qsl(request.cookies.get(COOKIE, "")[:200]))
    return LastChoice(**{name: kept[name] for name in LastChoice._fields if name in kept})
