"""Forged requests: a page of another site must not act with the session of whoever looks at it.

Every unsafe request of a signed-in person carries the token of their session, in the form field `csrf_token` or the
header `X-CSRF-Token`. Where the browser says that another site has sent it, it is refused before anything is read.
"""

import hmac

from fastapi import Request
from starlette.types import Scope

from natija_chassis.http.problems import Problem

FIELD, HEADER = "csrf_token", "x-csrf-token"
_SAFE = ("GET", "HEAD")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def refuse_other_site(scope: Scope) -> None:
    """Raises `Problem` for an unsafe request that a page of another site has made the browser send."""
    if scope["method"] not in _SAFE and (b"sec-fetch-site", b"cross-site") in scope["headers"]:
        raise Problem(403, "Another site has sent this request", advice="other-site")


async def refuse_without_token(request: Request, token: str) -> None:
    """Raises `Problem` for an unsafe *request* that does not carry *token*."""
    if request.method in _SAFE:
        return
    given = request.headers.get(HEADER)
    if given is None and request.headers.get("content-type", "").partition(";")[0].strip().lower() in _FORMS:
        given = await _field_of_form(request)
    if given is None or not hmac.compare_digest(given.encode(), token.encode()):
        detail = "Open the page again, and send it again."
        raise Problem(403, "The token of the form is missing or old", detail, advice="old-form")


async def _field_of_form(request: Request) -> str | None:
    """The token in the form, which the request keeps for its route. Raises `Problem` where that is not in UTF-8."""
    try:
        form = await request.form()
        for _, value in form.multi_items():
            if isinstance(value, str):
                value.encode()  # half a character comes by the charset that a form of several parts names
    except UnicodeError:
        raise Problem(422, "The form is not text in UTF-8") from None
    field = form.get(FIELD)
    return field if isinstance(field, str) else None
