"""The registrar's commands: `natija verify, rejected, shards`."""

from typing import Annotated, Literal

import typer

app = typer.Typer()
Format = Literal["table", "json"]


@app.command()
def verify(
    appeal: Annotated[str | None, typer.Argument(help="Only the partition this appeal is on.")] = None,
    format: Annotated[Format, typer.Option(help="How to print it.")] = "table",
) -> None:
    """Recompute every chain and every logsequence from the log; name the first event that does not fit.

    Ends with 1 when one does not.

    \b
    natija verify
    natija verify KG-7K3M-9QX4-T2R8-M5
    """
    import asyncio

    from natija_intake.registrar import inspection

    raise typer.Exit(asyncio.run(inspection.verify_log(appeal, format)))


@app.command()
def rejected(
    reason: Annotated[str | None, typer.Option(help="Only this reason, as in unlawful.")] = None,
    last: Annotated[int, typer.Option(help="At most so many, the newest.", min=1)] = 20,
    format: Annotated[Format, typer.Option(help="How to print it.")] = "table",
) -> None:
    """List rejected proposals, the newest last: where they came in, why, and which field breaks which rule.

    \b
    natija rejected --reason conflict
    """
    import asyncio

    from natija_intake.registrar import inspection

    raise typer.Exit(asyncio.run(inspection.show_rejected(reason, last, format)))


@app.command()
def shards(
    number: Annotated[int | None, typer.Argument(help="Share the partitions out in so many shards.")] = None,
) -> None:
    """Show in how many shards the registrars share the partitions out, or change it while they run."""
    import asyncio

    from natija_intake.registrar import inspection

    raise typer.Exit(asyncio.run(inspection.show_shards(number)))
