"""Dependencies of routes: the signed-in official, and the demand of a fresh proof."""

from collections.abc import Callable
from datetime import timedelta

from fastapi import Request

from natija_chassis.http.access import sign_in_address
from natija_chassis.http.problems import Problem
from natija_chassis.sign_in.official import Official
from natija_chassis.sign_in.tokens import LEEWAY

OFFICIAL = "natija.official"
"""The name in the scope under which the authenticator leaves the official."""


def signed_in(request: Request) -> Official:
    """The official who sends *request*. Raises `Problem` for a key, which is not a person."""
    found = request.scope.get(OFFICIAL)
    if not isinstance(found, Official):
        raise Problem(403, "Only a person who has signed in may use this route")
    return found


def csrf_token(request: Request) -> str:
    """The token that each form of a page carries in its field `csrf_token`."""
    return signed_in(request).session.csrf_token


def signed_in_within(max_age: timedelta) -> Callable[[Request], Official]:
    """A dependency like `signed_in`, of who has proved within *max_age* who they are.

    Others are led to the provider and come back to this address. A form is not sent on its way there, so an unsafe
    request gets 403 with the way to prove it as the member `sign_in`: let its page ask first.
    """

    def recently(request: Request) -> Official:
        official = signed_in(request)
        proved = official.session.authenticated
        if proved is not None and official.instant - proved <= max_age + timedelta(seconds=LEEWAY):
            return official
        seconds = f"&max_age={int(max_age.total_seconds())}"
        if request.method == "GET":
            raise Problem(
                303, "Prove again who you are", headers={"Location": sign_in_address(request.scope) + seconds}
            )
        address = sign_in_address(request.scope) + seconds
        raise Problem(403, "Prove again who you are", advice="prove-again", sign_in=address)

    return recently
