"""Options that many commands share."""

from typing import Annotated, Literal

import typer

Format = Literal["table", "json"]
FormatOption = Annotated[Format, typer.Option(help="Output format: a table for people, json for programs.")]
