"""The pages of one appeal: what is known of it, its texts, its history, and the forms of acts."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from natija_chassis.http.access import access
from natija_chassis.http.problems import FieldError, Problem
from natija_chassis.pages.form_errors import FormErrors
from natija_chassis.pages.languages import PREFIX, PageLanguage
from natija_chassis.sign_in.appeal_access import HANDLING, WATCHING
from natija_chassis.sign_in.dependencies import signed_in_within
from natija_events.types.base import AppealNumber
from natija_events.types.personal import Text
from natija_events.wire.record import RecordedEvent
from natija_events.words import Language
from natija_routing.desk.acts import forms
from natija_routing.desk.acts.forms import ActContext, ActForm, NotAnActForm, Wrong, event_data
from natija_routing.desk.acts.rules import ACTS, RULES, DeskAct, find_obstacle
from natija_routing.desk.acts.service import DeskActResult, DeskEvent
from natija_routing.desk.cases.state import Case
from natija_routing.desk.pages.case_view import CaseView, handles
from natija_routing.desk.pages.choices import choices, labels
from natija_routing.desk.pages.parts import DeskParts, DeskVisit
from natija_routing.desk.pages.queue_pages import PATH

CASE = f"{PREFIX}{PATH}/appeals/{{number}}"
TEXT, ACT = f"{CASE}/text", f"{CASE}/{{act}}"
MAX_BODY_BYTES = 262_144
SIGNED_WITHIN = timedelta(minutes=15)
"""A signature needs a proof of who signs that is not older."""
ACCESS = (
    access("GET", CASE, *HANDLING, *WATCHING, bodies="own", page=True),
    access("POST", TEXT, *HANDLING, *WATCHING, bodies="own", max_body=1024, page=True),
    access("GET", ACT, *HANDLING, bodies="own", page=True),
    access("POST", ACT, *HANDLING, bodies="own", max_body=MAX_BODY_BYTES, page=True),
)
"""Which act is open to whom, its own rule says."""
_WITH_DRAFT: tuple[DeskAct, ...] = ("approve", "sign", "decline", "prepare")
Number = Annotated[AppealNumber, Path()]


def router(parts: DeskParts) -> APIRouter:
    """The routes."""
    pages, view = APIRouter(include_in_schema=False), CaseView(parts)

    @pages.get(CASE)
    async def get_case(request: Request, language: PageLanguage, number: Number, sequence: int = 0) -> Response:
        visit = parts.visit(request, language)
        case = await view.find(visit, number, sequence)
        undecided = sequence > case.standing.sequence
        return await _case_page(view, request, language, visit, case, handles(visit, case), undecided=undecided)

    @pages.post(TEXT)
    async def post_text(request: Request, language: PageLanguage, number: Number) -> Response:
        visit = parts.visit(request, language)
        return await _case_page(view, request, language, visit, await view.find(visit, number), True)

    @pages.get(ACT)
    async def get_act(request: Request, language: PageLanguage, number: Number, act: DeskAct) -> Response:
        _prove_again(request, act)
        visit = parts.visit(request, language)
        case = await view.find(visit, number)
        if find_obstacle(act, case, visit.official, visit.data, visit.now) is not None:
            return RedirectResponse(f"/{language}{PATH}/appeals/{number}", 303)
        draft = None
        if act in _WITH_DRAFT:  # without it one may still decline it, or write another one
            draft = await view.draft(visit, case, required=act in ("approve", "sign"))
        form = ActForm.empty(case)._replace(language=case.language or "")
        if act == "prepare" and draft is not None:
            form = form._replace(text=draft.text or "", outcome=case.draft_outcome or "")
        letter = await view.letter(visit, case) if act == "prepare" else None
        return _form_page(parts, request, language, visit, act, case, form, draft, letter=letter)

    @pages.post(ACT)
    async def post_act(request: Request, language: PageLanguage, number: Number, act: DeskAct) -> Response:
        _prove_again(request, act)
        visit = parts.visit(request, language)
        try:
            form = ActForm.read((await request.form()).multi_items())
        except NotAnActForm:
            raise Problem(422, "This is not the form of an act") from None
        return await _Acting(parts, view, request, language, visit, act, form).answer(number)

    return pages


def _prove_again(request: Request, act: DeskAct) -> None:
    """Lead whoever signs to the provider, unless they have just proved who they are. Raises `Problem`."""
    if act == "sign":
        signed_in_within(SIGNED_WITHIN)(request)


async def _case_page(
    view: CaseView, request: Request, language: Language, visit: DeskVisit, case: Case, opening: bool, *,
    undecided: bool = False,
) -> Response:  # fmt: skip
    """The page. *undecided*: the registrar has not decided about an act of this official."""
    shown = await view.show(visit, language, case, opening)
    return view.parts.site.page(
        request, language, "case.html", age=view.parts.age(), visit=visit, names=visit.names, case=case, shown=shown,
        undecided=undecided,
        acts=[(act, find_obstacle(act, case, visit.official, visit.data, visit.now)) for act in ACTS],
    )  # fmt: skip


def _form_page(
    parts: DeskParts, request: Request, language: Language, visit: DeskVisit, act: DeskAct, case: Case, form: ActForm,
    draft: Text | None, *, letter: Text | None = None, errors: Sequence[FieldError] = (), status: int = 200,
    notice: str = "", rule: str = "",
) -> Response:  # fmt: skip
    named = labels(parts.site.words(language))
    return parts.site.page(
        request, language, "act.html", status=status, visit=visit, names=visit.names, act=act, case=case, form=form,
        draft=draft, letter=letter, fields=forms.FIELDS[act], labels=named,
        choices=choices(visit, case, parts.site.formats(language)),
        errors=FormErrors(errors, named, parts.site.words(language)), notice=notice, rule=rule,
        with_reason=act != "sign" or case.draft_outcome in forms.WITH_REASON,
    )  # fmt: skip


class _Acting(NamedTuple):
    """A form of an act that was sent."""

    parts: DeskParts
    view: CaseView
    request: Request
    language: Language
    visit: DeskVisit
    act: DeskAct
    form: ActForm

    async def answer(self, number: str) -> Response:
        """The page of the appeal after the act, the form again, or what has changed."""
        id = self.form.event_id(number, self.act)
        try:
            case = await self.view.find(self.visit, number)
        except Problem:
            return await self._left(number, id)
        later = await self.view.later(case, self.form.sequence)
        if done := next((one for one in later if one.id == id), None):  # the form was sent before
            return self._to_case(number, done.sequence)
        obstacle = find_obstacle(self.act, case, self.visit.official, self.visit.data, self.visit.now)
        if obstacle == "role":
            raise Problem(403, "Your posts do not open this", advice="no-post")
        if obstacle is not None or not case.standing.material <= self.form.sequence <= case.standing.sequence:
            return await self._changed(case)
        draft = await self.view.draft(self.visit, case, required=True) if self.act == "sign" else None
        about = await self.view.complained_of(case)
        try:
            data = event_data(self.act, self.form, self._context(case, draft, about))
        except Wrong as wrong:
            return self._again(case, draft, errors=wrong.errors, status=422)
        event = DeskEvent(number, self.visit.body, id, self.form.sequence, self.visit.now, data)
        return await self._after(case, draft, await self.parts.acts.propose(event))

    def _context(self, case: Case, draft: Text | None, about: frozenset[str]) -> ActContext:
        roles = RULES[self.act].roles
        posts = [one for one in self.visit.official.posts if one.body == self.visit.body and one.roles & roles]
        post = next((one.post for one in posts if one.post == case.executor), posts[0].post)
        return ActContext(case, self.visit.body, post, self.visit.data, self.visit.now, draft, about)

    async def _after(self, case: Case, draft: Text | None, result: DeskActResult) -> Response:
        if result.result == "conflict":
            await self.view.caught_up(case.appeal, case.standing.sequence + 1)
            try:
                return await self._changed(await self.view.find(self.visit, case.appeal))
            except Problem:
                return await self._left(case.appeal, None)
        if result.result in ("refused", "unavailable"):
            status = 422 if result.result == "refused" else 503
            return self._again(case, draft, status=status, notice=result.result, rule=result.rule)
        sequence = result.sequence or self.form.sequence + 1  # a repeated form is told no sequence
        await self.view.caught_up(case.appeal, sequence)
        if self.act in ("route", "forward") and self.form.body != self.visit.body:  # another body has it now
            return self._to_queue()
        return self._to_case(case.appeal, sequence)

    async def _left(self, number: str, id: UUID | None) -> Response:
        """The answer when the official may not read the appeal any more. Raises `Problem` for one that they never might
        read, as for an unknown one."""
        left = await self.view.left(self.visit, number, self.form.sequence)
        if left is None:
            raise Problem(404, "There is no such appeal")
        if any(one.id == id for one in left.events):  # the form was sent before
            return self._to_queue()
        return self._changed_page(left.case, left.events, left=True)

    def _to_queue(self) -> Response:
        return RedirectResponse(f"/{self.language}{PATH}", 303)

    def _to_case(self, number: str, sequence: int) -> Response:
        return RedirectResponse(f"/{self.language}{PATH}/appeals/{number}?sequence={sequence}", 303)

    def _again(
        self, case: Case, draft: Text | None, *, status: int, errors: Sequence[FieldError] = (), notice: str = "",
        rule: str = "",
    ) -> Response:  # fmt: skip
        return _form_page(
            self.parts, self.request, self.language, self.visit, self.act, case, self.form, draft, errors=errors,
            status=status, notice=notice, rule=rule,
        )  # fmt: skip

    async def _changed(self, case: Case) -> Response:
        """409: the events since the page that the official saw. Their own words are shown again."""
        return self._changed_page(case, await self.view.later(case, self.form.sequence), left=False)

    def _changed_page(self, case: Case, events: Sequence[RecordedEvent], *, left: bool) -> Response:
        lines = self.view.lines(self.visit, self.language, events)
        obstacle = find_obstacle(self.act, case, self.visit.official, self.visit.data, self.visit.now)
        return self.parts.site.page(
            self.request, self.language, "changed.html", status=409, visit=self.visit, names=self.visit.names,
            act=self.act, case=case, form=self.form, lines=lines, left=left, obstacle=obstacle,
        )  # fmt: skip
