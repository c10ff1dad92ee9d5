"""The page on which a citizen follows an appeal, by its number and access code, and acts on it.

The code is never in the address of a page: histories and logs hold addresses. The page carries a token in its place.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from natija_chassis.clock import Clock
from natija_chassis.http.access import access
from natija_chassis.http.problems import FieldError, Problem
from natija_chassis.observability import tracing
from natija_chassis.pages.data_age import DataAge
from natija_chassis.pages.form_errors import FormErrors
from natija_chassis.pages.languages import PREFIX, PageLanguage
from natija_chassis.pages.site import KeptForm, Site
from natija_chassis.realm.reference_reader import ReferenceDataMissing
from natija_chassis.time_zones import time_zone
from natija_events.kafka import DeliveryUnconfirmed
from natija_events.reference.data import GetReferenceData
from natija_events.words import Language
from natija_intake.appeals.head_lookup import StatusUnavailable
from natija_intake.appeals.status import public_status
from natija_intake.following.access import OpenedAppeal
from natija_intake.following.acts import ApplicantAct
from natija_intake.following.service import FollowingService, is_current
from natija_intake.following.timeline import AppealTimeline
from natija_intake.pages.filing import CheckLimit
from natija_intake.pages.follow.form import FollowForm
from natija_intake.pages.follow.steps import AppealPage, named_steps
from natija_intake.pages.form import MOST_CHARACTERS, STAY, NotTheForm, field_error

PATH = "/follow"
_PAGE = PREFIX + PATH
_MAX_BODY_BYTES = 262_144
ACCESS = (
    access("GET", _PAGE, "public", bodies="any"),
    access("POST", _PAGE, "public", bodies="any", max_body=_MAX_BODY_BYTES),
)
_KEPT = KeptForm("appeal", enter="show", stay=STAY)
Notice = Literal["", "done", "pending", "closed", "limited", "unavailable", "locked", "wrong"]
GetAddress = Callable[[Request], str]
"""The address of the client, also behind a proxy."""


def router(
    site: Site,
    service: FollowingService,
    reference: GetReferenceData,
    clock: Clock,
    check_limit: CheckLimit,
    address_of: GetAddress,
    answers_url: str,
) -> APIRouter:
    """The routes. The answer to the form is the page again: nothing is kept between them but in the form itself."""
    pages = APIRouter(include_in_schema=False)
    following = _Following(site, service, reference, clock, check_limit, answers_url)

    @pages.get(_PAGE)
    async def get_follow(request: Request, language: PageLanguage) -> Response:
        return following.ask(request, language, FollowForm())

    @pages.post(_PAGE)
    async def post_follow(request: Request, language: PageLanguage) -> Response:
        if request.headers.get("sec-fetch-site") == "cross-site":
            raise Problem(403, "This form is not one of this site")
        try:
            form = FollowForm.read(await request.body())
        except NotTheForm:
            raise Problem(422, "This is not the form of an appeal") from None
        return await following.next_page(request, language, form, address_of(request))

    return pages


class _Following:
    """The page after a step of the form."""

    def __init__(
        self,
        site: Site,
        service: FollowingService,
        reference: GetReferenceData,
        clock: Clock,
        check_limit: CheckLimit,
        answers_url: str,
    ) -> None:
        self._site, self._service, self._reference, self._clock = site, service, reference, clock
        self._check_limit, self._answers_url = check_limit, answers_url

    def ask(self, request: Request, language: Language, form: FollowForm, *, wrong: bool = False) -> Response:
        """The form for number and code."""
        return self._site.page(
            request, language, "follow.html", status=404 if wrong else 200, kept=_KEPT, form=form, errors=wrong
        )

    async def next_page(self, request: Request, language: Language, form: FollowForm, address: str) -> Response:
        """The page of the appeal after the step of *form*, or the form that asks for the code."""
        if not form.access_token and form.step == STAY:
            return self.ask(request, language, form)
        try:
            opened = await self._open(form, address)
            if opened is None:
                return self._refuse(request, language, form)
            if form.act is not None:
                return await self._act(request, language, form, opened, form.act)
            return await self._show(request, language, form, opened)
        except (DeliveryUnconfirmed, StatusUnavailable, ReferenceDataMissing):
            if not form.access_token:
                raise Problem(503, "The status is not available right now") from None
            return self._closed(request, language, form, "unavailable", 503)

    async def _open(self, form: FollowForm, address: str) -> OpenedAppeal | None:
        opened = await self._service.open_again(form.access_token) if form.access_token else None
        if opened is None and (form.access_code or not form.access_token):
            return await self._service.open(form.number, form.access_code, address)
        return opened

    def _refuse(self, request: Request, language: Language, form: FollowForm) -> Response:
        if not form.access_token:
            return self.ask(request, language, form._replace(access_code=""), wrong=True)
        return self._closed(request, language, form, "wrong" if form.access_code else "locked", 403)

    async def _act(
        self, request: Request, language: Language, form: FollowForm, opened: OpenedAppeal, act: ApplicantAct
    ) -> Response:
        if errors := form.errors(act):
            return await self._show(request, language, form, opened, errors=errors, status=422)
        try:
            self._check_limit(request.scope)
        except Problem as limit:
            return await self._show(request, language, form, opened, notice="limited", status=limit.status)
        traceparent = tracing.current_traceparent()
        result, after = await self._service.act(opened, act, UUID(form.key), form.text(act), traceparent)
        if result == "too-long":
            errors = [field_error(act, "too_long")]
            return await self._show(request, language, form, after, errors=errors, status=422)
        if result == "closed":
            return await self._show(request, language, form, after, notice=result, status=409)
        return await self._show(request, language, form.without(act), after, notice=result)

    async def _show(
        self,
        request: Request,
        language: Language,
        form: FollowForm,
        opened: OpenedAppeal,
        *,
        notice: Notice = "",
        errors: Sequence[FieldError] = (),
        status: int = 200,
    ) -> Response:
        timeline = await self._service.timeline(opened, patient=notice == "done")
        form = form._replace(number=opened.number, access_token=opened.token, access_code="")
        found = self._appeal(language, opened, timeline)
        return self._page(request, language, form, found, notice=notice, errors=errors, status=status)

    def _closed(self, request: Request, language: Language, form: FollowForm, notice: Notice, status: int) -> Response:
        """The page without the appeal: what was written stays on it."""
        return self._page(request, language, form._replace(access_code=""), None, notice=notice, status=status)

    def _page(
        self,
        request: Request,
        language: Language,
        form: FollowForm,
        appeal: AppealPage | None,
        *,
        notice: Notice,
        errors: Sequence[FieldError] = (),
        status: int,
    ) -> Response:
        words = self._site.words(language)
        labels = {"data": words("The data"), "add": words("What you add"), "withdraw": words("Your reason")}
        return self._site.page(
            request, language, "status.html", status=status, kept=_KEPT, form=form, appeal=appeal, notice=notice,
            age=DataAge("current", self._clock.now()) if appeal is not None else None,
            errors=FormErrors(errors, labels, words), labels=labels, most=MOST_CHARACTERS,
            answers_url=self._answers_url,
        )  # fmt: skip

    def _appeal(self, language: Language, opened: OpenedAppeal, found: AppealTimeline | None) -> AppealPage:
        head, data, timeline = opened.head, self._reference(), found or AppealTimeline()
        asked, state = timeline.asks_to_withdraw, public_status(head)
        return AppealPage(
            state=state,
            registered=None if head is None else head.registered,
            body=data.name("bodies", head.body, language) if head is not None and head.body else None,
            last_day=self._last_day(None if head is None else head.due),
            term=timeline.term,
            acts=[one for one in self._service.open_acts(opened) if not (one == "withdraw" and asked)],
            withdraws_at_once=head is not None and head.holding.holder is None,
            asks_to_withdraw=asked,
            data_until=self._last_day(timeline.data_until),
            steps=named_steps(timeline.steps, data, language, self._last_day),
            is_current=found is not None and is_current(found, opened),
            has_answer=timeline.answered or state == "answered",
        )

    def _last_day(self, due: datetime | None) -> date | None:
        """The last local day of a term that ends at *due*, which is the end of that day."""
        if due is None:
            return None
        return (due - timedelta(microseconds=1)).astimezone(time_zone(self._reference().zone)).date()
