"""Time zones, from the pinned `tzdata` package alone: the same on every machine.

The machine's own files may be older, and PYTHONTZPATH may name others. A due date must not depend on either.
"""

from functools import cache
from importlib.resources import files
from typing import Annotated
from zoneinfo import ZoneInfo

import tzdata
from pydantic import AfterValidator

from natija_chassis.errors import OperatorError

MINIMUM = "2024a"
"""The oldest release of the IANA data with our countries' present rules: since then Kazakhstan has one time zone."""

YEARS = range(1900, 2200)
"""The years in which a request may ask for days and instants. Near year 1 and 9999 an offset can leave the calendar."""


def version() -> str:
    """The release of the IANA data that is used, as 2024a."""
    return str(tzdata.IANA_VERSION)


@cache
def time_zone(name: str) -> ZoneInfo:
    """The time zone *name*. Raises ValueError for an unknown name, and `OperatorError` where the data are too old."""
    check_version(version())
    if name not in _names():
        raise ValueError("not a time zone (example: Asia/Bishkek)")
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def check_version(found: str) -> None:
    """Raise `OperatorError` if the release *found* is older than the oldest one that will do."""
    if found < MINIMUM:
        raise OperatorError(
            f"the time zone data of the package tzdata are of release {found}, and {MINIMUM} is the oldest with the "
            "rules in force: run pip install --upgrade tzdata"
        )


@cache
def _names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text().split())


def _known(name: str) -> str:
    time_zone(name)
    return name


ZoneName = Annotated[str, AfterValidator(_known)]
"""The type of a field that names a time zone."""
