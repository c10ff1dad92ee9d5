"""The commands of intake: `natija import`, `intake`, `appeal`, `publisher`."""

from typing import Annotated

import typer

from natija_chassis.cli.options import FormatOption
from natija_intake.imports import commands
from natija_intake.publishers import commands as publishers

app = typer.Typer()
app.add_typer(commands.app)
intake = typer.Typer(help="Rotate the secret of registration ids, or replace an access code.")
app.add_typer(intake, name="intake")
appeal = typer.Typer(help="Show an appeal with what is sealed in it.")
app.add_typer(appeal, name="appeal")
app.add_typer(publishers.app, name="publisher")


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

    from natija_intake.appeals import code_replacement
    from natija_intake.settings import IntakeSettings

    print(asyncio.run(code_replacement.replace_code(IntakeSettings(), _parsed(number))))


@appeal.command()
def show(
    number: Annotated[str, typer.Argument(help="The appeal.")],
    format: FormatOption = "table",
) -> None:
    """Show all events of an appeal with personal data and texts, opened with NATIJA_KEY_ENCRYPTION_KEY.

    Reads the log and the topic of data keys, and writes nothing. A value whose key was erased is shown as erased. Ends
    with exit code 1 when another value cannot be opened, such as one whose key is missing.

    \b
    natija appeal show KG-7K3M-9QX4-T2R8-MA
    natija appeal show KG-7K3M-9QX4-T2R8-MA --format json
    """
    import asyncio

    from natija_intake.appeal_view import inspection
    from natija_intake.settings import OpenerSettings

    raise typer.Exit(asyncio.run(inspection.show(OpenerSettings(), _parsed(number), format)))


def _parsed(number: str) -> str:
    from natija_chassis.errors import OperatorError
    from natija_events.ids import parse_appeal_number

    try:
        return parse_appeal_number(number)
    except ValueError as error:
        raise OperatorError(str(error)) from None
