"""The authenticators that every process has: API keys of the realm's file."""

from collections.abc import Sequence

from starlette.requests import HTTPConnection

from natija_chassis.http.access import Authenticator, Principal, basic_password, bearer_token
from natija_chassis.http.api_keys import ApiKeys
from natija_chassis.settings import Settings


def authenticators(settings: Settings) -> Sequence[Authenticator]:
    """Those that the *settings* name: none without NATIJA_API_KEYS. Raises `OperatorError` for a wrong file."""
    if settings.api_keys is None:
        return ()
    known = ApiKeys(settings.api_keys)

    async def by_api_key(request: HTTPConnection) -> Principal | None:
        key = bearer_token(request) or basic_password(request)
        return None if key is None else known.principal(key)

    return (by_api_key,)
