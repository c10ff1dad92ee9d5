"""The parts that signing in adds to an app: routes, their rows of the access table, and an authenticator."""

from collections.abc import Sequence
from typing import NamedTuple

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.http.access import Authenticator, RouteAccess
from natija_chassis.pages.site import Site
from natija_chassis.sign_in import routes
from natija_chassis.sign_in.settings import SignInSettings
from natija_chassis.sign_in.sign_in import SignIn
from natija_events.reference.data import GetReferenceData


class SignInParts(NamedTuple):
    """Parts of an app, as `create_apps` takes them."""

    router: APIRouter
    rows: Sequence[RouteAccess]
    authenticate: Authenticator


def make(
    settings: SignInSettings, engine: AsyncEngine, reference: GetReferenceData, site: Site | None = None
) -> SignInParts:
    """Those for the process of *settings*; *reference* gives the posts of officials, *site* the pages.

    Raises `OperatorError`.
    """
    sign_in = SignIn(settings, engine, reference)
    rows = routes.ACCESS if site is None else routes.ACCESS_WITH_SITE
    return SignInParts(routes.router(sign_in, site), rows, sign_in.authenticate)
