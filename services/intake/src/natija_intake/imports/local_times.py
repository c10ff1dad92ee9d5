"""Instants from the local times of a register, the same on every machine and in every run."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


class LocalTimes:
    """Reads times as *format* writes them (strptime; None: ISO 8601) in *zone*, unless they carry an offset.

    The order of a register's times is kept: one that the clocks showed twice is the first of the two, and one that
    they skipped is the moment they were set forward.
    """

    def __init__(self, zone: ZoneInfo, format: str | None) -> None:
        self._zone = zone
        self._format = format
        self.instant = lru_cache(maxsize=4096)(self._instant)

    def _instant(self, text: str) -> datetime:
        """The instant, in UTC. Raises ValueError, without the text."""
        try:
            time = datetime.strptime(text, self._format) if self._format else datetime.fromisoformat(text)
            return self._placed(time) if time.tzinfo is None else time.astimezone(UTC)
        except (ValueError, OverflowError):
            form = f"in the form {self._format}" if self._format else "in ISO 8601"
            raise ValueError(f"is not a time {form}") from None

    def _placed(self, time: datetime) -> datetime:
        instant = time.replace(tzinfo=self._zone, fold=0).astimezone(UTC)
        if instant.astimezone(self._zone).replace(tzinfo=None) == time:
            return instant
        return self._gap_end(time.replace(tzinfo=self._zone, fold=1).astimezone(UTC), instant)

    def _gap_end(self, before: datetime, after: datetime) -> datetime:
        """The transition between two instants on either side of it, to the second."""
        offset = after.astimezone(self._zone).utcoffset()
        while after - before > timedelta(seconds=1):
            middle = before + (after - before) // 2
            if middle.astimezone(self._zone).utcoffset() == offset:
                after = middle
            else:
                before = middle
        return after.replace(microsecond=0)
