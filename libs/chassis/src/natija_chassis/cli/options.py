"""Options that commands of several services share. Those of reports are in `natija_chassis.reports.options`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Format = Literal["table", "json"]
FormatOption = Annotated[Format, typer.Option(help="Output format: a table for people, json for programs.")]
RealmFilesOption = Annotated[
    Path | None,
    typer.Option(
        help="Read reference data, such as names, from the realm's files in this folder, not from Kafka.",
        exists=True,
        file_okay=False,
    ),
]
