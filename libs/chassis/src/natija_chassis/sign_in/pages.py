"""The pages that people see of signing in and out: those of the kit with the site of a process, plain ones without."""

from html import escape
from typing import Literal

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from natija_chassis.pages.languages import LANGUAGE_COOKIE, LASTS, path_language
from natija_chassis.pages.site import SENT_ELSEWHERE, Site
from natija_events.words import Language

SIGN_OUT = "/sign-out"
_State = Literal["refused", "unavailable", "signed-out", "sign-out"]
_PLAIN = {
    "refused": ("You are not signed in", "It did not work, or it took too long."),
    "unavailable": ("You are not signed in", "Signing in is not possible right now. Try again in some minutes."),
    "signed-out": ("You are signed out", ""),
    "sign-out": ("Sign out", ""),
}


class SignInPages:
    """The pages of the process with this *site*; None where it has none."""

    def __init__(self, site: Site | None) -> None:
        self.site = site

    def not_signed_in(self, request: Request, state: Literal["refused", "unavailable"]) -> Response:
        """Signing in did not work."""
        return self._page(request, state, 403 if state == "refused" else 503)

    def signed_out(self, request: Request) -> Response:
        """The page after a sign-out, and for a visitor without a session."""
        return self._page(request, "signed-out")

    def sign_out_form(self, request: Request, csrf_token: str) -> Response:
        """There is a session, which the button ends.

        Other pages link to this one. Their policy has `form-action 'self'`, and with that Chromium does not send a form
        whose answer leads on to the provider.
        """
        return self._page(request, "sign-out", csrf_token=csrf_token)

    def to_language(self, request: Request) -> Response | None:
        """From the address without a language to the page in that of the browser; None without a site."""
        if self.site is None:
            return None
        return RedirectResponse(f"/{self.site.language_of(request)}{SIGN_OUT}", 303)

    def remember_language(self, response: Response, path: str) -> None:
        """Remember the language of the page at *path* while the browser is away at the provider."""
        if self.site is not None and (language := path_language(path)) is not None:
            response.set_cookie(LANGUAGE_COOKIE, language, LASTS, httponly=True, samesite="lax")

    def _page(self, request: Request, state: _State, status: int = 200, csrf_token: str = "") -> Response:
        if self.site is None:
            return _plain(state, status, csrf_token)
        language: Language = self.site.language_of(request)
        response = self.site.page(
            request, language, "sign_in.html", status=status, state=state, csrf_token=csrf_token, sign_out=SIGN_OUT
        )
        response.headers["Content-Security-Policy"] = SENT_ELSEWHERE
        return response


def _plain(state: _State, status: int, csrf_token: str) -> HTMLResponse:
    title, text = _PLAIN[state]
    link = '<p><a href="/sign-in">Sign in</a></p>'
    form = (
        f'<form method="post" action="{SIGN_OUT}"><input type="hidden" name="csrf_token" value="{escape(csrf_token)}">'
        "<button>Sign out</button></form>"
    )
    content = form if state == "sign-out" else f"<p>{text}</p>{link}" if text else link
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><main><h1>{title}</h1>{content}</main></body></html>",
        status,
    )
