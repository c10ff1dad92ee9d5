"""Options that commands of several services share, so that they look the same everywhere."""

from datetime import datetime
from typing import Annotated, Literal

import typer

Format = Literal["table", "json"]
FormatOption = Annotated[Format, typer.Option(help="Output format: a table for people, json for programs.")]

ReportFormat = Literal["table", "csv", "json"]
ReportFormatOption = Annotated[
    ReportFormat, typer.Option("--format", help="Output format: a table for people, csv or json for programs.")
]
_DAY = ["%Y-%m-%d"]
FirstDayOption = Annotated[datetime, typer.Option("--from", formats=_DAY, metavar="DAY", help="The first local day.")]
LastDayOption = Annotated[
    datetime, typer.Option("--to", formats=_DAY, metavar="DAY", help="The last local day, included.")
]
ZoneOption = Annotated[
    str | None, typer.Option(help="The time zone of days and times, for example Asia/Bishkek; by default the realm's.")
]
