"""The commands of intake: `natija import`, `natija intake`."""

from typing import Annotated

import typer

from natija_intake.imports import commands

app = typer.Typer()
app.add_typer(commands.app)
intake = typer.Typer(help="Rotate the secret of registration ids, or replace an access code.")
app.add_typer(intake, name="intake")


@intake.command()
def rotate_secret() -> None:
    """Add a secret of registration ids, and delete the one before the last. Every intake process uses it at once.

    An appeal that is sent again with its idempotency key is recognized until its secret is deleted: run this every
    third day. Without a file, it creates one.

    \b
    natija intake rotate-secret
    """
    from natija_intake.receipts.registration_secrets import rotate
    from natija_intake.settings import IntakeSettings, registration_secrets_file

    path = registration_secrets_file(IntakeSettings())
    kept = rotate(path)
    print(f"{path} has a new secret" + (", and keeps the one before" if kept > 1 else ""))


@intake.command()
def replace_code(number: Annotated[str, typer.Argument(help="The appeal.")]) -> None:
    """Replace the access code of an appeal, and print the new one. The former code opens it no longer.

    \b
    natija intake replace-code KG-7K3M-9QX4-T2R8-MA
    """
    import asyncio

    from natija_chassis.errors import OperatorError
    from natija_events.ids import parse_appeal_number
    from natija_intake.appeals import code_replacement
    from natija_intake.settings import IntakeSettings

    try:
        parsed = parse_appeal_number(number)
    except ValueError as error:
        raise OperatorError(str(error)) from None
    print(asyncio.run(code_replacement.replace_code(IntakeSettings(), parsed)))
