"""Opens an appeal for whoever has its access code, and opens it again for the token of a page."""

import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from natija_intake.appeals.head_lookup import HeadLookup
from natija_intake.receipts.access_tokens import AccessTokens
from natija_intake.registrar.heads import Head

FindAppeal = Callable[[str, str, str], Awaitable[tuple[str, Head | None] | None]]
"""The appeal with a number and a code, as typed, for a client address: see `AccessCheck.find`."""


class OpenedAppeal(NamedTuple):
    """An appeal that was opened: its *head* is None before it is registered. *token* opens it again."""

    number: str
    head: Head | None
    token: str


class AppealAccess:
    """Opens appeals by *find*, and by *tokens* with the *heads* as they are now."""

    def __init__(self, find: FindAppeal, heads: HeadLookup, tokens: AccessTokens) -> None:
        self._find, self._heads, self._tokens = find, heads, tokens

    async def open(self, typed_number: str, typed_code: str, address: str) -> OpenedAppeal | None:
        """The appeal with this number and code; None, as `AccessCheck.find` says. Raises `StatusUnavailable`."""
        found = await self._find(typed_number, typed_code, address)
        return None if found is None else self.opened(*found)

    async def open_again(self, token: str) -> OpenedAppeal | None:
        """The appeal for which *token* stands; None when it is too old, or the code was replaced since. Raises
        `StatusUnavailable`."""
        given = self._tokens.given_code(token, time.time())
        if given is None:
            return None
        head = await self._heads.get(given.number)
        if head is not None and head.code_generation != given.generation:
            return None
        return self.opened(given.number, head)

    def opened(self, number: str, head: Head | None) -> OpenedAppeal:
        """The appeal *number* with this *head*, and a new token."""
        generation = 1 if head is None else head.code_generation
        return OpenedAppeal(number, head, self._tokens.token(number, generation, time.time()))
