"""The head and the registration of one appeal, from the registrar's database."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.postgres.sqlstate import is_undefined_table
from natija_events.wire.envelope import Event
from natija_events.wire.identity import event_key
from natija_intake.registrar.admission import AdmissionState, IncomingProposal
from natija_intake.registrar.checks.links import linked_appeals
from natija_intake.registrar.heads import Head
from natija_intake.registrar.projection import load_admission_state, load_heads


class StatusUnavailable(Exception):
    """The database does not answer."""


class Registration(NamedTuple):
    """An appeal is registered since *time*: by the event that was asked for (*same*), or by another one."""

    time: datetime
    same: bool


class _NoTables(Exception):
    """No registrar has run in this realm yet."""


class HeadLookup:
    """Reads heads over the connections of *engine*."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get(self, number: str) -> Head | None:
        """The head of the appeal; None before it is registered. Raises `StatusUnavailable`."""
        try:
            async with self._connection() as connection:
                return (await load_heads(connection, [number])).get(number)
        except _NoTables:
            return None

    async def registration(self, event: Event) -> Registration | None:
        """The registration of the appeal that *event* opens; None before it. Raises `StatusUnavailable`."""
        key = event.subject, event_key(event.source, event.id)
        try:
            async with self._connection() as connection:
                state = await load_admission_state(connection, [key], AdmissionState())
        except _NoTables:
            return None
        registered = state.head(event.subject).registered
        return None if registered is None else Registration(registered, key in state.keys)

    async def knows(self, number: str, keys: Collection[UUID]) -> bool:
        """Whether the appeal has an event with one of *keys*. Raises `StatusUnavailable`."""
        wanted = [(number, key) for key in keys]
        try:
            async with self._connection() as connection:
                return bool((await load_admission_state(connection, wanted, AdmissionState())).keys)
        except _NoTables:
            return False

    async def admission_state(self, incoming: IncomingProposal) -> AdmissionState:
        """The heads and keys on which the registrar would decide *incoming* now. Raises `StatusUnavailable`."""
        wanted = [(incoming.subject, key) for key in incoming.keys]
        linked = set(linked_appeals(incoming.proposal))
        try:
            async with self._connection() as connection:
                return await load_admission_state(connection, wanted, AdmissionState(), linked)
        except _NoTables:
            return AdmissionState()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            if is_undefined_table(error):
                raise _NoTables from None
            raise StatusUnavailable from None
        except (SQLAlchemyError, OSError, TimeoutError):
            raise StatusUnavailable from None
