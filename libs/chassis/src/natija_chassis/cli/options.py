"""Options that commands of several services share. Those of reports are in `natija_chassis.reports.options`."""

from typing import Annotated, Literal

import typer

Format = Literal["table", "json"]
FormatOption = Annotated[Format, typer.Option(help="Output format: a table for people, json for programs.")]
