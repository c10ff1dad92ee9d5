"""The commands of deadlines: `natija deadlines …`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
deadlines = typer.Typer(help="Maintain the working calendars.")
app.add_typer(deadlines, name="deadlines")


@deadlines.command()
def seed_calendars(
    country: Annotated[str, typer.Option(help="KG, KZ or UZ.")],
    first: Annotated[int, typer.Option("--from", help="The first year.")],
    last: Annotated[int, typer.Option("--to", help="The last year.")],
    folder: Annotated[
        Path | None, typer.Option(help="The folder of the calendars; by default that of this package.")
    ] = None,
) -> None:
    """Write working calendars from the package `holidays`; decrees in the files stay."""
    from natija_terms.calendars.files import DATA
    from natija_terms.calendars.seed import COUNTRIES, seed

    if country not in COUNTRIES:
        raise typer.BadParameter(f"one of {', '.join(COUNTRIES)}", param_hint="--country")
    for year in range(first, last + 1):
        changed = seed(country, year, folder or DATA)
        print(f"{country} {year}: {'written' if changed else 'unchanged'}")
