"""The pages of one process: it renders a template for a request, and serves what every page needs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import APIRouter
from jinja2 import Environment
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from natija_chassis.http.access import RouteAccess, access, is_signed_in
from natija_chassis.http.csrf import refuse_other_site
from natija_chassis.http.known_query import takes_any_query
from natija_chassis.http.problems import Problem, wants_page
from natija_chassis.pages import catalogs, display, environment, languages
from natija_chassis.pages.catalogs import GetText
from natija_chassis.pages.data_age import DataAge
from natija_chassis.pages.display import Display
from natija_chassis.pages.formats import Formats
from natija_chassis.pages.languages import PREFIX, PageLanguage
from natija_chassis.pages.static_files import PATH, StaticFiles
from natija_chassis.realm.reference_reader import ReferenceDataMissing
from natija_events.reference.data import GetReferenceData
from natija_events.words import LANGUAGES, Language

_MAX_FORM = 4096
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SENT_ELSEWHERE = _POLICY.replace(" form-action 'self';", "")
"""The policy of a page whose form leads on to another host."""
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every page. None is kept by a browser or a proxy, since its display settings are personal."""


class PageLink(NamedTuple):
    """A link in the head of every page: *path* without the language, and its *name* in English."""

    path: str
    name: str


class OtherSection(NamedTuple):
    """A section of another process at the address *origin*. One for *officials* is shown to signed-in people only."""

    link: PageLink
    origin: str
    officials: bool


class KeptForm(NamedTuple):
    """The form with this *id*, which a change of the language keeps: the links to languages send it.

    They send the field `step` as *stay*, for which the page comes again as it was filled in. Enter in a field of the
    form sends `step` as *enter*.
    """

    id: str
    enter: str
    stay: str


class Site:
    """The pages whose templates and catalogues are in *folder*; the first of *sections* is the home page."""

    def __init__(self, folder: Path, sections: Sequence[PageLink], reference: GetReferenceData) -> None:
        self._sections = tuple(sections)
        self._others: Sequence[OtherSection] = ()
        self._reference = reference
        self._static = StaticFiles()
        self._folders = (folder, environment.KIT)
        self._words = {language: catalogs.load(self._folders, language) for language in LANGUAGES}
        self._environments = {language: self._environment(language) for language in LANGUAGES}
        self.rows: Sequence[RouteAccess] = (
            access("GET", PATH, "public", bodies="any"),
            access("GET", "/favicon.ico", "public", bodies="any"),
            access("POST", f"{PREFIX}/display", "public", bodies="any", max_body=_MAX_FORM),
            *(access("GET", one.path, "public", bodies="any") for one in sections),
        )
        """The access of the routes of `router`. The service adds those of its own pages."""

    def show_others(self, others: Sequence[OtherSection]) -> None:
        """Lead to the sections of *others*, too, but for those that this site has itself."""
        own = {one.path for one in self._sections}
        self._others = [one for one in others if one.link.path not in own]

    def words(self, language: Language) -> GetText:
        """The function that translates an English text."""
        return self._words[language].gettext

    def language_of(self, request: HTTPConnection) -> Language:
        """The language of the page for *request*, whose path may have none."""
        return languages.of_request(request, languages.known(self._reference_languages()))

    def formats(self, language: Language) -> Formats:
        """The forms of numbers and days."""
        found = self._environments[language].globals["format"]
        assert isinstance(found, Formats)
        return found

    def page(
        self,
        request: HTTPConnection,
        language: Language,
        template: str,
        *,
        status: int = 200,
        age: DataAge | None = None,
        kept: KeptForm | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """The page of *template* with *values*. *age* is that of the data on it, None for a page without data. A change
        of the language keeps the form *kept*."""
        path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
        suffix, home = f"?{query}" if query and status == 200 else "", self._sections[0].path
        text = self._environments[language].get_template(template).render(
            values, age=age, kept=kept, path=path,
            others=[one for one in self._others if not one.officials or is_signed_in(request.scope)],
            here=path + suffix if status == 200 else f"/{language}{home}",
            links=[(one, languages.NAMES[one], languages.path_in(path, one, home) + suffix) for one in LANGUAGES],
            display=Display.of_cookie(request.cookies.get(display.COOKIE)),
        )  # fmt: skip
        return HTMLResponse(text, status, headers={**HEADERS, "Content-Language": language})

    def error_page(self, request: HTTPConnection, problem: Problem) -> Response | None:
        """The page of *problem* if *request* is one of a browser; None for one of a program."""
        if not wants_page(request):
            return None
        response = self.page(request, self.language_of(request), "error.html", status=problem.status, problem=problem)
        response.headers.update(problem.headers or {})
        return response

    def router(self) -> APIRouter:
        """The routes of every site: files, display settings, and a page for each section that chooses the language."""
        pages = APIRouter(include_in_schema=False)

        @pages.get(PATH)
        async def get_static(name: str, request: Request) -> Response:
            return self._static.response(name, request)

        @pages.get("/favicon.ico")
        async def get_icon(request: Request) -> Response:
            return self._static.icon(request)

        @pages.post(f"{PREFIX}/display")
        async def set_display(language: PageLanguage, request: Request) -> Response:
            refuse_other_site(request.scope)
            return _with_display((await request.body()).decode("latin-1"), f"/{language}{self._sections[0].path}")

        for section in self._sections:
            pages.add_api_route(section.path, self._to_language)
        return pages

    @takes_any_query
    async def _to_language(self, request: Request) -> Response:
        language = self.language_of(request)
        query = f"?{request.url.query}" if request.url.query else ""
        headers = {"Vary": "Accept-Language", "Cache-Control": "no-store"}
        return RedirectResponse(f"/{language}{request.scope['path']}{query}", 302, headers=headers)

    def _reference_languages(self) -> Sequence[str]:
        try:
            return self._reference().languages
        except ReferenceDataMissing:  # an error page needs none
            return ()

    def _environment(self, language: Language) -> Environment:
        return environment.build(
            self._folders,
            {
                "_": self.words(language),
                "format": Formats(language, lambda: self._reference().zone),
                "language": language,
                "sections": self._sections,
                "static": self._static.url,
                "choices": display.CHOICES,
            },
        )


def _with_display(body: str, home: str) -> Response:
    back = display.local_path(display.form_value(body, "back") or "") or home
    response = RedirectResponse(back, 303, headers={"Cache-Control": "no-store"})
    value = Display.of_form(body).cookie
    response.set_cookie(display.COOKIE, value, max_age=display.MAX_AGE, httponly=True, samesite="lax")
    return response
