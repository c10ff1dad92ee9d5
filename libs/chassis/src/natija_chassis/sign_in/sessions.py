"""Sessions of one service, and the sign-ins under way, in its database. All times are wall time."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.clock import Clock
from natija_chassis.postgres.engine import create_service_tables
from natija_chassis.postgres.sqlstate import is_undefined_table
from natija_chassis.sign_in.provider import AuthorizationRequest, Redeemed
from natija_chassis.sign_in.tables import logout_tokens, metadata, sessions, sign_ins
from natija_chassis.sign_in.tokens import LogoutRequest

SIGN_IN_LASTS = timedelta(minutes=10)
"""From leaving for the provider to coming back."""
_SEEN_EVERY = timedelta(minutes=1)
"""A session's last request is noted once in this time, and not for each one."""


class SessionsUnavailable(Exception):
    """The database does not answer."""


class Session(NamedTuple):
    """A session of *subject* at *issuer*; *id* is its hash. *authenticated* and *acr* tell when and how they proved it.

    It ends at *ends*, and after an idle time. *body* is the one that the user has chosen, if any.
    """

    id: bytes
    issuer: str
    subject: str
    signed_in: datetime
    ends: datetime
    authenticated: datetime | None
    acr: str | None
    csrf_token: str
    body: str | None
    id_token: str


class Pending(NamedTuple):
    """A sign-in under way: what was *sent*, and where it leads."""

    sent: AuthorizationRequest
    return_to: str
    max_age: int | None


class Sessions:
    """The rows in the database of *engine*. A session ends after *idle* without a request, and after *lifetime*."""

    def __init__(self, engine: AsyncEngine, clock: Clock, idle: timedelta, lifetime: timedelta) -> None:
        self._engine = engine
        self._clock = clock
        self._idle = idle
        self._lifetime = lifetime

    async def begin(self, browser: str, pending: Pending) -> None:
        """Store a sign-in of the browser with the cookie *browser*, and make the tables where they are missing."""
        now, sent = self._clock.now(), pending.sent
        async with _available():
            await create_service_tables(self._engine, metadata)
        async with self._transaction() as connection:
            await connection.execute(delete(sign_ins).where(sign_ins.c.expires < now))
            await connection.execute(
                insert(sign_ins).values(
                    state=digest(sent.state), browser=digest(browser), nonce=sent.nonce,
                    code_verifier=sent.code_verifier, return_to=pending.return_to, max_age=pending.max_age,
                    expires=now + SIGN_IN_LASTS,
                )
            )  # fmt: skip

    async def take(self, browser: str, state: str) -> Pending | None:
        """The sign-in that *browser* began with *state*, for this once. None for any other."""
        table = sign_ins.c
        taken = delete(sign_ins).where(
            table.state == digest(state), table.browser == digest(browser), table.expires >= self._clock.now()
        )
        try:
            async with self._transaction() as connection:
                row = (await connection.execute(taken.returning(sign_ins))).one_or_none()
        except _NoTable:
            return None
        if row is None:
            return None
        sent = AuthorizationRequest("", state, row.nonce, row.code_verifier)
        return Pending(sent, row.return_to, row.max_age)

    async def create(self, redeemed: Redeemed, replaced: str | None) -> str:
        """A new session, in place of the one with the cookie *replaced*. Gives the id for the cookie: it is stored
        nowhere."""
        id, now, who = secrets.token_urlsafe(32), self._clock.now(), redeemed.identity
        over = or_(sessions.c.ends < now, sessions.c.last_seen < now - self._idle)
        if replaced is not None:
            over = or_(over, sessions.c.id == digest(replaced))
        async with self._transaction() as connection:
            await connection.execute(delete(sessions).where(over))
            await connection.execute(
                insert(sessions).values(
                    id=digest(id), issuer=who.issuer, subject=who.subject, sid=who.sid, signed_in=now, last_seen=now,
                    ends=now + self._lifetime, authenticated=who.authenticated, acr=who.acr,
                    csrf_token=secrets.token_urlsafe(32), id_token=redeemed.id_token,
                )
            )  # fmt: skip
        return id

    async def find(self, id: str) -> Session | None:
        """The session with the cookie *id*; None when there is none, or it is over."""
        now = self._clock.now()
        wanted = select(sessions).where(
            sessions.c.id == digest(id), sessions.c.ends > now, sessions.c.last_seen > now - self._idle
        )
        try:
            async with self._transaction() as connection:
                row = (await connection.execute(wanted)).one_or_none()
                if row is None:
                    return None
                if row.last_seen < now - min(_SEEN_EVERY, self._idle / 10):
                    seen = update(sessions).where(sessions.c.id == row.id).values(last_seen=now)
                    await connection.execute(seen)
        except _NoTable:
            return None
        return Session(*(getattr(row, name) for name in Session._fields))

    async def choose_body(self, session: Session, body: str) -> None:
        """Let *session* act for *body*."""
        async with self._transaction() as connection:
            await connection.execute(update(sessions).where(sessions.c.id == session.id).values(body=body))

    async def end(self, session: Session) -> None:
        """End *session*."""
        async with self._transaction() as connection:
            await connection.execute(delete(sessions).where(sessions.c.id == session.id))

    async def end_by(self, request: LogoutRequest) -> bool:
        """End the sessions that the provider has ended; false when this *request* was used before."""
        table = sessions.c
        ended = delete(sessions).where(table.issuer == request.issuer)
        ended = ended.where(table.subject == request.subject) if request.subject is not None else ended
        ended = ended.where(table.sid == request.sid) if request.sid is not None else ended
        used = insert(logout_tokens).values(id=digest(request.id), expires=request.expires).on_conflict_do_nothing()
        async with _available():
            await create_service_tables(self._engine, metadata)
        async with self._transaction() as connection:
            await connection.execute(delete(logout_tokens).where(logout_tokens.c.expires < self._clock.now()))
            is_first = (await connection.execute(used)).rowcount == 1
            if is_first:
                await connection.execute(ended)
        return is_first

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        async with _available(), self._engine.begin() as connection:
            yield connection


class _NoTable(Exception):
    """Nobody has signed in since the database was made."""


@asynccontextmanager
async def _available() -> AsyncIterator[None]:
    """Raises `SessionsUnavailable` for a database that does not answer."""
    try:
        yield
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        if is_undefined_table(error):
            raise _NoTable from None
        raise SessionsUnavailable from error


def digest(id: str) -> bytes:
    """The hash by which an id is stored. It is random, so it needs no salt and no slow hash."""
    return hashlib.sha256(id.encode()).digest()
