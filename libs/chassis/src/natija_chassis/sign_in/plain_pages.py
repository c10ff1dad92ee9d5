"""The few words that people see of signing in, where no page of a service shows them."""

from html import escape

from starlette.responses import HTMLResponse


def page(title: str, content: str, status: int = 200) -> HTMLResponse:
    """A page without style. *content* is HTML."""
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f"<body><main><h1>{escape(title)}</h1>{content}</main></body></html>",
        status,
    )


def not_signed_in(reason: str, status: int) -> HTMLResponse:
    """Signing in did not work."""
    return page("You are not signed in", f'<p>{escape(reason)}</p><p><a href="/sign-in">Sign in</a></p>', status)


def signed_out() -> HTMLResponse:
    """There is no session."""
    return page("You are signed out", '<p><a href="/sign-in">Sign in</a></p>')


def sign_out_form(csrf_token: str) -> HTMLResponse:
    """There is a session, which the button ends.

    Pages link to this one. Their own policy has `form-action 'self'`, and with that Chromium does not send a form whose
    answer leads on to the provider.
    """
    return page(
        "Sign out",
        f'<form method="post" action="/sign-out"><input type="hidden" name="csrf_token" value="{escape(csrf_token)}">'
        "<button>Sign out</button></form>",
    )
