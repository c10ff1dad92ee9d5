"""Types of query parameters that several services have."""

from datetime import date, datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, StringConstraints
from pydantic_core import PydanticCustomError

from natija_chassis.time_zones import YEARS

_Time = TypeVar("_Time", bound=date)


def _in_our_years(value: _Time) -> _Time:
    if value.year not in YEARS:
        raise PydanticCustomError(
            "year", "must be in the years {first} to {last}", {"first": YEARS[0], "last": YEARS[-1]}
        )
    return value


QueryDay = Annotated[date, AfterValidator(_in_our_years)]
QueryInstant = Annotated[AwareDatetime, AfterValidator(_in_our_years)]
LocalInstant = Annotated[datetime, AfterValidator(_in_our_years)]
"""With an offset or without."""
AfterNumber = Annotated[str, StringConstraints(pattern="^[0-9A-Z-]{0,40}$")]
"""The cursor of a list of appeals: the number of the last one, empty at the beginning."""
