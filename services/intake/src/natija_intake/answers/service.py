"""Reads the answer to an appeal, and opens its texts. Each look is recorded first."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.clock import Clock
from natija_chassis.kafka.log_lookup import LogUnavailable
from natija_chassis.opening.appeal_reader import AppealReader
from natija_chassis.opening.audit_writer import AuditUnconfirmed
from natija_chassis.opening.key_lookup import KeysUnavailable
from natija_chassis.opening.opened_event import OpenedEvent
from natija_events.wire.audit_record import Look
from natija_intake.answers.given_answer import GivenAnswer, find_answer
from natija_intake.following.access import OpenedAppeal
from natija_intake.info import ANSWERS
from natija_intake.outcomes import shared_store

_MOST_EVENTS = 200
"""Of an appeal: the first one and the last ones. Few appeals have more than twenty."""


class AnswerUnavailable(Exception):
    """The answer cannot be shown now: a server does not answer, or the look cannot be recorded. Nothing was opened."""


class OpenedAnswer(NamedTuple):
    """The answer *given*, None without one, and its events as they were opened, by sequence.

    *is_current*: it reaches to the last event of the appeal. The relay reads an event a moment after it is registered.
    """

    given: GivenAnswer | None
    opened: Sequence[OpenedEvent]
    is_current: bool


class AnswerService:
    """Reads answers with *reader*; *engine* reaches the tables of the relay, which know where the events are."""

    def __init__(self, engine: AsyncEngine, reader: AppealReader, clock: Clock) -> None:
        self._engine, self._reader, self._clock = engine, reader, clock

    async def read(self, appeal: OpenedAppeal) -> OpenedAnswer:
        """The last answer to *appeal*. Before anything is opened, the look is recorded; without an answer nothing is.

        Raises `AnswerUnavailable`.
        """
        try:
            return await self._read(appeal)
        except (SQLAlchemyError, OSError, TimeoutError, LogUnavailable, AuditUnconfirmed, KeysUnavailable) as error:
            raise AnswerUnavailable(type(error).__name__) from None  # also where no relay has ever run

    async def _read(self, appeal: OpenedAppeal) -> OpenedAnswer:
        async with self._engine.connect() as connection:
            places = [one.offset for one in await shared_store.places_of(connection, appeal.number)]
        if not places:
            return OpenedAnswer(None, (), appeal.head is None)
        first, *others = places
        events = await self._reader.history(appeal.number, [first, *others[1 - _MOST_EVENTS :]])
        is_current = appeal.head is None or events[-1].sequence >= appeal.head.standing.sequence
        given = find_answer(events)
        if given is None:
            return OpenedAnswer(None, (), is_current)
        look = Look(reader="applicant", purpose="access", process=ANSWERS.name, time=self._clock.now())
        opened = await self._reader.read(appeal.number, [one.offset for one in given.events], look)
        return OpenedAnswer(given, opened, is_current)
