"""Numbers, days and times as a page of one language writes them, and lists in the order of its alphabet."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from babel.numbers import format_decimal

from natija_chassis.pages.alphabets import sort_key
from natija_chassis.reports import localized
from natija_chassis.time_zones import time_zone
from natija_events.words import Language

_Item = TypeVar("_Item")


class Formats:
    """The forms of one *language*; times are those of the zone that *zone* names."""

    def __init__(self, language: Language, zone: Callable[[], str]) -> None:
        self.language = language
        self._zone = zone

    def number(self, value: int) -> str:
        """A whole number with the signs of the language. It does not break at the end of a line."""
        return format_decimal(value, locale=self.language)

    def percent(self, value: Decimal | None) -> str:
        """A share with all its places; empty for None."""
        return localized.percent(value, self.language)

    def day(self, day: date) -> str:
        """A day with the name of its month."""
        return localized.long_day(day, self.language)

    def local_day(self, instant: datetime) -> str:
        """The local day of an aware *instant*."""
        return self.day(instant.astimezone(time_zone(self._zone())).date())

    def last_day(self, due: datetime) -> str:
        """The local day that ends at *due*."""
        return self.local_day(due - timedelta(microseconds=1))

    def month(self, day: date) -> str:
        """The month of *day*, with its year."""
        return localized.long_month(day, self.language)

    def month_name(self, month: int) -> str:
        """The name of a month, 1 to 12, as it stands alone."""
        return localized.month_name(month, self.language)

    def short_month(self, month: int) -> str:
        """The same, shortened for a chart."""
        return localized.short_month(month, self.language)

    def time(self, instant: datetime) -> str:
        """An aware *instant*: local day and time, and how far that is from UTC."""
        local = instant.astimezone(time_zone(self._zone()))
        offset = local.strftime("%z")
        minutes = "" if offset[3:] == "00" else f":{offset[3:]}"
        sign = "−" if offset[0] == "-" else "+"
        return f"{self.day(local.date())}, {local:%H:%M} (UTC{sign}{int(offset[1:3])}{minutes})"

    def sort(self, items: Iterable[_Item], name: Callable[[_Item], str]) -> list[_Item]:
        """*items* by their names, as the alphabet of the language has them."""
        return sorted(items, key=lambda item: sort_key(name(item), self.language))
