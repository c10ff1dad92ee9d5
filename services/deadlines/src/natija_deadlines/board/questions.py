"""The questions of the forms, read from the address of a page (pure)."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import NamedTuple
from urllib.parse import urlencode

from natija_chassis.http.problems import FieldError
from natija_chassis.time_zones import YEARS, time_zone

LOCAL_TIME = "%Y-%m-%dT%H:%M"
"""The form in which browsers send a day and time, and want it back."""


class AskedTime(NamedTuple):
    """The instant *at* that a page shows. *text*: as the form has it, empty for now. *error*: it was not an instant."""

    at: datetime
    text: str = ""
    error: FieldError | None = None

    @property
    def past(self) -> bool:
        """Whether a time was asked for: then the facts about terms tell."""
        return bool(self.text) and self.error is None


def read_as_of(given: str, zone: str, now: datetime) -> AskedTime:
    """The instant that *given* names: local day and time in *zone*, or empty for *now*."""
    if not given.strip():
        return AskedTime(now)
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(given.strip())
        local = found if found.tzinfo else found.replace(tzinfo=time_zone(zone))
        if local.year in YEARS:
            return AskedTime(local, local.astimezone(time_zone(zone)).strftime(LOCAL_TIME))
    return AskedTime(now, given, {"field": "as_of", "rule": "instant", "message": "must be a day and time"})


def read_day(field: str, given: str) -> date | FieldError:
    """The day that *given* names, such as 2026-03-04."""
    with suppress(ValueError):
        found = date.fromisoformat(given.strip())
        if found.year in YEARS:
            return found
    rule = "day" if given.strip() else "missing"
    return {"field": field, "rule": rule, "message": "must be a day as 2026-03-04"}


def query(values: Mapping[str, object]) -> str:
    """The query of a link that asks for *values*; empty ones are left out."""
    given = {name: value for name, value in values.items() if value not in (None, "")}
    return f"?{urlencode(given)}" if given else ""
