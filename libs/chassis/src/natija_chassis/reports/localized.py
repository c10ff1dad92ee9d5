"""Numbers and days as a language writes them. Instants in columns are ISO 8601, equal in all languages.

Numbers are those of CLDR, by Babel. Days and months are as documents of the state write them, which CLDR does not do.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from natija_events.words import Language

_KYRGYZ_MONTHS = (
    "январы", "февралы", "марты", "апрели", "майы", "июну",
    "июлу", "августу", "сентябры", "октябры", "ноябры", "декабры",
)  # fmt: skip
"""The months as they stand after a day. CLDR has them only as they stand alone."""
_DAYS: Mapping[Language, str] = {
    "ky": "{year}-жылдын {day}-{month}", "kk": "{year} жылғы {day} {month}", "uz": "{year}-yil {day}-{month}",
    "ru": "{day} {month} {year} г.", "en": "{day} {month} {year}",
}  # fmt: skip
_MONTHS: Mapping[Language, str] = {
    "ky": "{year}-жыл, {month}", "kk": "{year} жыл, {month}", "uz": "{year}-yil, {month}", "ru": "{month} {year} г.",
    "en": "{month} {year}",
}  # fmt: skip


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
    """A day with the name of its month, as documents write it."""
    month = _KYRGYZ_MONTHS[day.month - 1] if language == "ky" else _month_name(day.month, language, "format")
    return _DAYS[language].format(day=day.day, month=month, year=day.year)


def long_month(day: date, language: Language) -> str:
    """The month of *day* with its year."""
    name = month_name(day.month, language)
    return _MONTHS[language].format(month=name if language == "en" else name.lower(), year=day.year)


def month_name(month: int, language: Language) -> str:
    """The name of a *month*, 1 to 12, as it stands alone."""
    return _month_name(month, language, "stand-alone")


def short_month(month: int, language: Language) -> str:
    """The name of a *month*, 1 to 12, shortened for a chart."""
    from babel.dates import get_month_names

    return str(get_month_names("abbreviated", "stand-alone", locale=language)[month]).rstrip(".")


def _month_name(month: int, language: Language, context: Literal["format", "stand-alone"]) -> str:
    from babel.dates import get_month_names

    return str(get_month_names("wide", context, locale=language)[month])


def local_time(instant: datetime | None, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """An aware instant as local time of *zone*, to the minute or the second; empty for None."""
    pattern = "%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M"
    return "" if instant is None else instant.astimezone(zone).strftime(pattern)


def _searchable(text: str) -> str:
    """*text* with plain spaces for non-breaking ones. Its columns never wrap, and people search for it."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")
