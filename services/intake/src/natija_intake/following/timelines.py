"""The timelines of appeals: read from the log by the places that the relay keeps, and kept while nothing is new."""

from collections import OrderedDict

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.kafka.log_lookup import LogLookup, LogUnavailable
from natija_intake.following.timeline import AppealTimeline, read_timeline
from natija_intake.outcomes import shared_store

MOST_EVENTS = 60
"""Of a timeline: the last ones. A usual life has eight."""
_MOST_KEPT = 2000


class Timelines:
    """The timelines of the appeals in the log that *log* reads; *engine* reaches the tables of the relay."""

    def __init__(self, engine: AsyncEngine, log: LogLookup) -> None:
        self._engine = engine
        self._log = log
        self._kept: OrderedDict[str, tuple[int, AppealTimeline]] = OrderedDict()
        """By number, with the offset of the last event. So a page that is opened again and again reads nothing."""

    async def get(self, number: str) -> AppealTimeline | None:
        """The timeline of the appeal, as far as the relay has read it; None when it cannot be read now."""
        try:
            async with self._engine.connect() as connection:
                places = await shared_store.places_of(connection, number)
            if not places:
                return AppealTimeline()
            last = places[-1].offset
            kept = self._kept.get(number)
            if kept is None or kept[0] != last:
                kept = last, read_timeline(await self._log.events(places[-MOST_EVENTS:]))
        except (SQLAlchemyError, OSError, TimeoutError, LogUnavailable):  # also where no relay has ever run
            return None
        self._kept[number] = kept
        self._kept.move_to_end(number)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return kept[1]
