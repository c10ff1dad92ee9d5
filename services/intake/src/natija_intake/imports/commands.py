"""The command of intake: `natija import`."""

from pathlib import Path
from typing import Annotated

import typer

from natija_chassis.cli.options import FormatOption

app = typer.Typer()


@app.command(name="import")
def import_register(
    file: Annotated[
        Path, typer.Argument(help="The register: CSV, also compressed with gzip.", exists=True, dir_okay=False)
    ],
    mapping: Annotated[
        Path,
        typer.Option(
            help="The mapping of columns to fields (YAML): see examples/README.md.", exists=True, dir_okay=False
        ),
    ],
    rejected: Annotated[
        Path | None, typer.Option(help="The list of rejected rows; by default FILE.rejected.csv.")
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option(help="The number of rows that the register says it exported. Another number imports nothing."),
    ] = None,
    format: FormatOption = "table",
) -> None:
    """Import a register's history through the inbox: one row is one proposal of all its events.

    Ends with exit code 0 when every row's outcome is known, even if rows were rejected. Ends with 1 when it could not
    finish; run again, it continues where it stopped.

    \b
    natija import cases.csv.gz --mapping examples/boston311.yaml
    natija import cases.csv.gz --mapping examples/boston311.yaml --rows 8577
    """
    from natija_intake.imports import job

    raise typer.Exit(job.run_import(file, mapping, rejected, rows, format))
