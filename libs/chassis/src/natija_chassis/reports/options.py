"""The options that every report has, and the errors that name them. `natija --help` imports this: keep it light."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from natija_events.words import Language

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from natija_chassis.reports.period import Period

ReportFormat = Literal["table", "csv", "json"]

ReportFormatOption = Annotated[
    ReportFormat, typer.Option("--format", help="Output format: a table for people, csv or json for programs.")
]
LanguageOption = Annotated[Language, typer.Option("--lang", help="Language of words, names and numbers.")]
ZoneOption = Annotated[
    str | None, typer.Option(help="Time zone for days and local times, such as Asia/Bishkek. Default: the realm's.")
]
AsOfOption = Annotated[
    str | None, typer.Option(help="Instant in ISO 8601, such as 2019-07-01T00:00:00+06:00. Default: now.")
]
_DAY = ["%Y-%m-%d"]
FirstDayOption = Annotated[datetime, typer.Option("--from", formats=_DAY, metavar="DAY", help="First local day.")]
LastDayOption = Annotated[datetime, typer.Option("--to", formats=_DAY, metavar="DAY", help="Last local day, included.")]


def zone_option(name: str) -> "ZoneInfo":
    """The time zone *name*. Raises `typer.BadParameter`."""
    from natija_chassis.time_zones import time_zone

    try:
        return time_zone(name)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--zone") from None


def period_options(first: date, last: date, zone: str) -> "Period":
    """The period of `--from`, `--to` and `--zone`. Raises `typer.BadParameter`."""
    from natija_chassis.reports.period import Period

    zone_option(zone)
    for day, option in ((first, "--from"), (last, "--to")):
        _check_year(day, option)
    if last < first:
        raise typer.BadParameter("is before --from", param_hint="--to")
    return Period(first, last, zone)


def _check_year(day: date, option: str) -> None:
    from natija_chassis.time_zones import YEARS

    if day.year not in YEARS:
        raise typer.BadParameter(f"must be in the years {YEARS[0]} to {YEARS[-1]}", param_hint=option)


def instant_option(text: str, zone: "ZoneInfo", option: str = "--as-of") -> datetime:
    """The aware instant of an *option*; local time of *zone* when it has no offset. Raises `typer.BadParameter`."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        hint = "not an ISO 8601 instant (example: 2019-07-01T00:00:00+06:00)"
        raise typer.BadParameter(hint, param_hint=option) from None
    _check_year(instant, option)
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)
