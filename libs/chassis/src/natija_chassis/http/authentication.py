"""The authenticators that every process has: API keys of the realm's file."""

from collections.abc import Sequence

from starlette.requests import HTTPConnection

from natija_chassis.http.access import Authenticator, Principal, bearer_token
from natija_chassis.http.api_keys import ApiKeys
from natija_chassis.settings import Settings


def authenticators(settings: Settings) -> Sequence[Authenticator]:
    """Those that the *settings* name: none without NATIJA_API_KEYS. Raises `OperatorError` for a wrong file."""
    if settings.api_keys is None:
        return ()
    known = ApiKeys(settings.api_keys)

    async def by_api_key(request: HTTPConnection) -> Principal | None:
        token = bearer_token(request)
        return None if token is None else known.principal(token)

    return (by_api_key,)
