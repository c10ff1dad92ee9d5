"""The commands of intake: `natija import`, `natija intake`."""

import typer

from natija_intake.imports import commands

app = typer.Typer()
app.add_typer(commands.app)
intake = typer.Typer(help="Change the secrets of intake.")
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
