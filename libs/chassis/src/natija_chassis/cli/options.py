"""Options that commands of several services share, so that they look the same everywhere. Those of reports: `reports`."""

from typing import Annotated, Literal

import typer

Format = Literal["table", "json"]
FormatOption = Annotated[Format, typer.Option(help="Output format: a table for people, json for programs.")]
