"""`natija publisher`: add a publisher, list them, and show what was rejected of one."""

from pathlib import Path
from typing import Annotated

import typer

from natija_chassis.cli.options import FormatOption

app = typer.Typer(help="Add another service that publishes events, list all, or show what was rejected of one.")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Its source, such as /desks/labour, or only the last part: labour.")],
    role: Annotated[str, typer.Option(help="Its role: channel, desk, oversight, data-officer, router or history.")],
    body: Annotated[str | None, typer.Option(help="The body that it speaks for, as directory.yaml names it.")] = None,
    output: Annotated[Path, typer.Option(help="The folder for its keys and its Kafka password.")] = Path(),
    write: Annotated[
        bool,
        typer.Option("--write", help="Add its entry to publishers.yaml, and an API key to the file NATIJA_API_KEYS."),
    ] = False,
    public_key: Annotated[
        str | None, typer.Option(help="Its public key in base64url, if it has made its key pair itself.")
    ] = None,
) -> None:
    """Make all that a new publisher needs, and print what is left to do: its entry, ACLs, and a first event.

    The keys and the Kafka password are written to files that only you can read. Send them to the publisher in a
    safe way, then delete them. Nothing takes effect until `natija provision` has written the entry.

    \b
    natija publisher add labour --role desk --body ministry-labour --write
    natija publisher add /portals/open-city --role channel --output secrets
    """
    from natija_intake.publishers import onboarding

    onboarding.add(name, role, body, output, write=write, public_key=public_key)


@app.command(name="list")
def list_publishers(format: FormatOption = "table") -> None:
    """List the publishers in the reference data: source, roles, body, keys, Kafka user.

    \b
    natija publisher list
    """
    import asyncio

    from natija_intake.publishers import listing

    asyncio.run(listing.show_publishers(format))


@app.command()
def rejections(
    source: Annotated[str, typer.Argument(help="The publisher, such as /desks/labour.")],
    last: Annotated[int, typer.Option(help="The maximum number: the newest are shown.", min=1, max=10_000)] = 20,
    format: FormatOption = "table",
) -> None:
    """List what was rejected of a publisher in the last 90 days, the newest last. A duplicate does not count.

    \b
    natija publisher rejections /desks/labour
    natija publisher rejections /desks/labour --last 100 --format json
    """
    import asyncio

    from natija_intake.publishers import listing

    asyncio.run(listing.show_rejections(source, last, format))
