"""Types of parameters and fields that several services have.

pydantic by itself takes numbers for days and instants, too: 20260214 would be a day of the year 1970.
"""

import re
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

from natija_chassis.time_zones import YEARS

_Time = TypeVar("_Time", bound=date)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(rf"{_DAY.pattern}(T\d\d:\d\d(:\d\d(\.\d{{1,9}})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)


def _read_day(value: Any) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise PydanticCustomError("day", "must be a day as 2026-03-04")


def _read_instant(value: Any) -> datetime:
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        with suppress(ValueError):
            return datetime.fromisoformat(value)
    raise PydanticCustomError("instant", "must be a time as 2026-03-04T12:00:00+06:00")


def _in_our_years(value: _Time) -> _Time:
    if value.year not in YEARS:
        raise PydanticCustomError(
            "year", "must be in the years {first} to {last}", {"first": YEARS[0], "last": YEARS[-1]}
        )
    return value


Day = Annotated[date, BeforeValidator(_read_day)]
QueryDay = Annotated[Day, AfterValidator(_in_our_years)]
QueryInstant = Annotated[AwareDatetime, BeforeValidator(_read_instant), AfterValidator(_in_our_years)]
LocalInstant = Annotated[datetime, BeforeValidator(_read_instant), AfterValidator(_in_our_years)]
"""With an offset or without; a day is its beginning."""
AfterNumber = Annotated[str, StringConstraints(pattern="^[0-9A-Z-]{0,40}$")]
"""The cursor of a list of appeals: the number of the last one, empty at the beginning."""
