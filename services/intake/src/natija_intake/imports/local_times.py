"""Instants from the local times of a register, the same on every machine and in every run."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


class LocalTimes:
    """Reads times in *format* (strptime; None: ISO 8601) and in *zone*, unless they have an offset.

    The order of a register's times is kept. A time that the clocks showed twice is the first of the two. A time that
    they skipped is the moment when they were set forward.
    """

    def __init__(self, zone: ZoneInfo, format: str | None) -> None:
        self._zone = zone
        self._format = format

    def instant(self, text: str) -> datetime:
        """The instant, in UTC. Raises ValueError, without the text."""
        return _instant(text, self._zone, self._format)

    def reads(self, text: str) -> bool:
        """Whether *text* is a time."""
        try:
            self.instant(text)
        except ValueError:
            return False
        return True


@lru_cache(maxsize=4096)
def _instant(text: str, zone: ZoneInfo, format: str | None) -> datetime:
    try:
        time = datetime.strptime(text, format) if format else datetime.fromisoformat(text)
        return _in_zone(time, zone) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"is not a time in the form {format}" if format else "is not a time in ISO 8601") from None


def _in_zone(time: datetime, zone: ZoneInfo) -> datetime:
    instant = time.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == time:
        return instant
    return _gap_end(time.replace(tzinfo=zone, fold=1).astimezone(UTC), instant, zone)


def _gap_end(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The transition between an instant *before* it and one *after* it, to the second, by bisection."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)
