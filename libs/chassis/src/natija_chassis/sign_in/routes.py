"""The routes of signing in and out, and `GET /me`."""

import re
import secrets
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict

from natija_chassis.http import problems
from natija_chassis.http.access import SIGN_IN, access
from natija_chassis.http.csrf import refuse_other_site, refuse_without_token
from natija_chassis.http.known_query import takes_any_query
from natija_chassis.http.problems import Problem
from natija_chassis.pages.languages import PREFIX, PageLanguage
from natija_chassis.pages.site import Site
from natija_chassis.sign_in.dependencies import signed_in
from natija_chassis.sign_in.flow import Answer, SignInRefused
from natija_chassis.sign_in.official import Official
from natija_chassis.sign_in.pages import SIGN_OUT, SignInPages
from natija_chassis.sign_in.provider import ProviderUnavailable
from natija_chassis.sign_in.sessions import SessionsUnavailable
from natija_chassis.sign_in.sign_in import SignIn
from natija_chassis.sign_in.tokens import TokenRefused

CALLBACK, BACK_CHANNEL = f"{SIGN_IN}/callback", "/sign-out/back-channel"
_SIGN_OUT_PAGE = f"{PREFIX}{SIGN_OUT}"
ACCESS = (
    access("GET", SIGN_IN, "public", bodies="any"),
    access("GET", CALLBACK, "public", bodies="any"),
    access("GET", SIGN_OUT, "public", bodies="any"),
    access("POST", SIGN_OUT, "public", bodies="any", max_body=1024),
    access("POST", BACK_CHANNEL, "public", bodies="any", max_body=16384),
    access("GET", "/me", "official", bodies="any"),
    access("POST", "/me/body", "official", bodies="any", max_body=4096),
)
ACCESS_WITH_SITE = (*ACCESS, access("GET", _SIGN_OUT_PAGE, "public", bodies="any"))
"""With the pages of a site."""
_SEE_OTHER = 303
_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,1999}")
"""A path of this service: `//host` and `/\\host` are addresses of other hosts."""
_LONGEST_AGE = 86_400
_PAGE = {"text/html": {"schema": {"type": "string"}}}
_TO_PAGE: dict[int | str, dict[str, Any]] = {303: {"description": "To the page in the language of the browser"}}
_PAGES = problems.responses(404, 422) | {
    403: {"description": "Not signed in", "content": _PAGE},
    503: {"description": "Not available", "content": _PAGE | problems.responses(503)[503]["content"]},
}


class MyPost(BaseModel):
    """A post for which the official acts."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    post: str
    """The id of the post."""
    body: str
    """The id of its body."""
    roles: list[str]
    """Its roles."""
    last_day: date | None
    """The last local day on which they have it; null without end."""
    delegated: bool
    """Whether its rights were given to them for some days."""


class Me(BaseModel):
    """The person who has signed in, as this service knows them."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    official: str
    """The id that reference data have of them."""
    body: str | None
    """The body for which they act in this session."""
    roles: list[str]
    """Their roles for it."""
    posts: list[MyPost]
    """All their posts."""
    session_ends: datetime
    """The instant at which they must sign in again in any case."""


def router(sign_in: SignIn, site: Site | None = None) -> APIRouter:
    """The routes of *sign_in*. Their pages are those of *site*, or plain ones."""
    api = APIRouter(tags=["sign-in"])
    cookies, pages = sign_in.cookies, SignInPages(site)

    @api.get(
        SIGN_IN, response_class=RedirectResponse, status_code=_SEE_OTHER, responses=problems.responses(404, 422, 503)
    )
    async def begin(
        request: Request,
        return_to: Annotated[str, Query(description="The path of this service to come back to.")] = "/me",
        max_age: Annotated[
            int | None,
            Query(ge=0, le=_LONGEST_AGE, description="Prove again who you are, unless you did so in these seconds."),
        ] = None,
    ) -> Response:
        """Go to the identity provider, and come back signed in."""
        _check_path(return_to)
        browser = cookies.browser_id(request) or secrets.token_urlsafe(32)  # kept, for other tabs
        try:
            response = _to(await sign_in.flow.begin(browser, return_to, max_age))
        except (ProviderUnavailable, SessionsUnavailable) as error:
            raise sign_in.unavailable(error) from None
        cookies.set_browser(response, browser)
        pages.remember_language(response, return_to)
        return response

    @api.get(CALLBACK, response_class=RedirectResponse, status_code=_SEE_OTHER, responses=_PAGES)
    @takes_any_query
    async def callback(
        request: Request,
        state: str | None = None,
        code: str | None = None,
        iss: str | None = None,
        error: str | None = None,
    ) -> Response:
        """The identity provider sends the browser back here."""
        answer = Answer(state, code, iss, error)
        try:
            found = await sign_in.flow.complete(cookies.browser_id(request), answer, cookies.session_id(request))
        except SignInRefused:
            return pages.not_signed_in(request, "refused")
        except (ProviderUnavailable, SessionsUnavailable) as error_of_server:
            sign_in.unavailable(error_of_server)
            return pages.not_signed_in(request, "unavailable")
        response = _to(found.return_to)
        cookies.set_session(response, found.id)
        return response

    @api.get(SIGN_OUT, response_class=HTMLResponse, responses=_TO_PAGE | problems.responses(503))
    async def ask_to_sign_out(request: Request) -> Response:
        """A page with the button that signs out, or the way to it in the language of the browser."""
        return pages.to_language(request) or await sign_out_page(request)

    async def sign_out_page(request: Request) -> Response:
        session = await sign_in.session(request)
        return pages.signed_out(request) if session is None else pages.sign_out_form(request, session.csrf_token)

    if site is not None:

        @api.get(_SIGN_OUT_PAGE, include_in_schema=False)
        async def ask_in_language(request: Request, language: PageLanguage) -> Response:
            return await sign_out_page(request)

    @api.post(SIGN_OUT, response_class=RedirectResponse, status_code=_SEE_OTHER, responses=problems.responses(403, 503))
    async def sign_out(request: Request) -> Response:
        """End the session here, and that of the provider. A form with the session's `csrf_token`."""
        refuse_other_site(request.scope)
        session = await sign_in.session(request)
        if session is None:
            return _to(SIGN_OUT)
        await refuse_without_token(request, session.csrf_token)
        response = _to(await sign_in.end(session) or SIGN_OUT)
        cookies.forget_session(response)
        pages.remember_language(response, str((await request.form()).get("page", "")))
        return response

    @api.post(BACK_CHANNEL, response_model=None, responses=problems.responses(400, 404, 503))
    async def end_by_provider(request: Request) -> Response:
        """The identity provider ends sessions: a form with its `logout_token`."""
        form = dict(parse_qsl((await request.body()).decode("ascii", "replace"), max_num_fields=20))
        try:
            await sign_in.flow.end_by_provider(form.get("logout_token", ""))
        except TokenRefused as refused:
            sign_in.note_refused(refused)
            raise Problem(400, "The logout token is not valid") from None
        except (ProviderUnavailable, SessionsUnavailable) as error:
            raise sign_in.unavailable(error) from None
        return Response()

    @api.post(
        "/me/body", response_class=RedirectResponse, status_code=_SEE_OTHER, responses=problems.responses(422, 503)
    )
    async def choose_body(
        official: Annotated[Official, Depends(signed_in)],
        body: Annotated[str, Form(description="The id of the body.")],
        return_to: Annotated[str, Form(description="The path of this service to go to.")] = "/me",
    ) -> Response:
        """Act for another body in which one has a post, in this session."""
        _check_path(return_to)
        await sign_in.choose_body(official, body)
        return _to(return_to)

    @api.get("/me")
    def me(official: Annotated[Official, Depends(signed_in)]) -> Me:
        """The person who has signed in, with their posts, roles and body."""
        return Me(
            official=official.id,
            body=official.body,
            roles=sorted(official.roles),
            posts=[
                MyPost(
                    post=one.post, body=one.body, roles=sorted(one.roles), last_day=one.last_day,
                    delegated=one.delegation is not None,
                )
                for one in official.posts
            ],
            session_ends=official.session.ends,
        )  # fmt: skip

    return api


def _check_path(return_to: str) -> None:
    """Raises `Problem` for an address that may lead to another host."""
    if not _PATH.fullmatch(return_to):
        raise problems.invalid_field("return_to", "path", "must be a path of this service, such as /me")


def _to(address: str) -> RedirectResponse:
    return RedirectResponse(address, _SEE_OTHER)
