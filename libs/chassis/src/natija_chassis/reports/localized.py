"""Numbers and days as a language writes them, by Babel. Instants in columns are ISO 8601, equal in all languages."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from natija_events.words import Language


def number(count: int, language: Language) -> str:
    """A whole number as *language* groups it."""
    from babel.numbers import format_decimal

    return _searchable(format_decimal(count, locale=language))


def percent(value: Decimal | None, language: Language) -> str:
    """A share with all the places it was rounded to; empty for None."""
    from babel.numbers import format_decimal

    if value is None:
        return ""
    places = max(0, -int(value.as_tuple().exponent))
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return _searchable(format_decimal(value, format=pattern, locale=language))


def long_day(day: date, language: Language) -> str:
    """A day with the name of its month."""
    from babel.dates import format_date

    return _searchable(format_date(day, "long", locale=language))


def local_time(instant: datetime | None, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """An aware instant as local time of *zone*, to the minute or the second; empty for None."""
    pattern = "%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M"
    return "" if instant is None else instant.astimezone(zone).strftime(pattern)


def _searchable(text: str) -> str:
    """*text* with plain spaces for non-breaking ones. Its columns never wrap, and people search for it."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")
