"""The registrar's commands: `natija registrar verify, rejected, shards`."""

from typing import Annotated

import typer

from natija_chassis.cli.options import FormatOption

app = typer.Typer()
registrar = typer.Typer(help="Verify the log, list rejected proposals, or show and change the shards.")
app.add_typer(registrar, name="registrar")


@registrar.command()
def verify(
    appeal: Annotated[str | None, typer.Argument(help="Verify only the partition of this appeal.")] = None,
    signatures: Annotated[
        bool, typer.Option("--signatures", help="Prove who said what, from the log and the publishers' keys alone.")
    ] = False,
    format: FormatOption = "table",
) -> None:
    """Recompute every hash chain and every logsequence from the log. Print the first inconsistent event.

    With --signatures, verify instead each proposal's signature, and print who signed how many events. With an appeal,
    print all that was said about it. Ends with exit code 1 when something is inconsistent or not proven.

    \b
    natija registrar verify
    natija registrar verify --signatures
    natija registrar verify KG-7K3M-9QX4-T2R8-MA --signatures
    """
    import asyncio

    from natija_intake.registrar import inspection, signature_report

    verified = signature_report.show(appeal, format) if signatures else inspection.verify_log(appeal, format)
    raise typer.Exit(asyncio.run(verified))


@registrar.command()
def rejections(
    reason: Annotated[str | None, typer.Option(help="Only this reason, such as unlawful.")] = None,
    source: Annotated[str | None, typer.Option(help="Only of this publisher, such as /desks/labour.")] = None,
    last: Annotated[int, typer.Option(help="The maximum number of rejections: the newest are shown.", min=1)] = 20,
    format: FormatOption = "table",
) -> None:
    """List rejected proposals, the newest last: publisher, offset, reason, field and rule. Then the number by reason.

    \b
    natija registrar rejections --reason conflict
    natija registrar rejections --source /desks/labour
    """
    import asyncio

    from natija_intake.registrar import inspection

    raise typer.Exit(asyncio.run(inspection.show_rejected(reason, source, last, format)))


@registrar.command()
def shards(
    number: Annotated[int | None, typer.Argument(help="The new number of shards.")] = None,
) -> None:
    """Show the number of shards, or change it while registrars run."""
    import asyncio

    from natija_intake.registrar import inspection

    raise typer.Exit(asyncio.run(inspection.show_shards(number)))
