"""The commands that work on any service."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from natija_chassis.cli.options import FormatOption
from natija_chassis.errors import OperatorError
from natija_chassis.services import service_infos

app = typer.Typer()
projection = typer.Typer(help="Rebuild a projection from the log, or show how far each service lags.")
dead_letters = typer.Typer(help="List the log records that a projection could not apply, or retry them.")
keys = typer.Typer(help="Make keys: those that sign proposals, that of the realm, the KEK. List the signing keys.")
audit = typer.Typer(help="List who opened the sealed text of an appeal, and why.")
api_key = typer.Typer(help="Add, list, rotate and revoke the API keys that open the read APIs.")
app.add_typer(projection, name="projection")
app.add_typer(api_key, name="api-key")
app.add_typer(keys, name="keys")
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(audit, name="audit")

_PROCESSES = f"The process: {', '.join(info.name for info in service_infos())}."
POSTGRES = "NATIJA_POSTGRES"
ServiceOption = Annotated[str | None, typer.Option(help="Only this service.")]


class KeyRole(StrEnum):  # Typer takes no list of literals
    """The role of an API key: see `natija_chassis.http.access`."""

    PUBLISHER = "publisher"
    OFFICIAL = "official"
    OPERATOR = "operator"


@app.command()
def serve(process: Annotated[str, typer.Argument(help=_PROCESSES)]) -> None:
    """Run one process of the realm until SIGTERM."""
    from natija_chassis.process import serve

    raise typer.Exit(serve.serve(process))


@app.command()
def provision(
    postgres: Annotated[
        str | None,
        typer.Option(
            envvar=POSTGRES, help="URL of a superuser's connection: postgresql://… By default that of the local stack."
        ),
    ] = None,
) -> None:
    """Create the realm's missing topics, databases and roles. Write the reference data that the files changed."""
    import asyncio

    from natija_chassis.realm.provision import provision_realm
    from natija_chassis.settings import Settings, read_env_file

    url = postgres or read_env_file().get(POSTGRES)
    if url is None:
        raise OperatorError(f"the databases cannot be created: give --postgres, or set {POSTGRES}")
    for line in asyncio.run(provision_realm(Settings(), url)):
        print(line)


@keys.command()
def create(
    source: Annotated[str, typer.Argument(help="The publisher, such as /services/routing or /registers/osh.")],
    output: Annotated[
        Path | None, typer.Option(help="The file of the private key; by default that of the source in NATIJA_KEYS.")
    ] = None,
) -> None:
    """Make a key that signs proposals, and print the line that publishers.yaml needs.

    \b
    natija keys create /registers/osh
    natija keys create /services/routing --output routing-2027.pem
    """
    from natija_chassis.cli import key_commands

    key_commands.create(source, output)


@keys.command()
def realm() -> None:
    """Make a key pair of the realm, and print it as two settings. Nothing is written to disk.

    Publishers seal personal data with NATIJA_REALM_PUBLIC_KEY, and cannot open what they sealed. The registrar opens
    each value once, with NATIJA_REALM_KEY. To replace a pair, add the new private key behind the old one, separated
    by a blank, and restart the registrars. Then give the new public key to everybody who seals. Remove the old private
    key when nobody uses its public key any more, and the inbox holds nothing that was sealed for it.

    \b
    natija keys realm
    """
    from natija_chassis.cli import key_commands

    key_commands.print_realm_key()


@keys.command()
def kek() -> None:
    """Make a key encryption key (KEK), and print it as a setting. Nothing is written to disk.

    The registrar wraps the data keys of sealed values under it, and stores them on the topic appeals.keys. Without the
    KEK nobody can open a sealed value, so keep a copy elsewhere. To add a version, write it behind the earlier ones,
    separated by a blank: the last one wraps new keys, and each opens what it wrapped.

    \b
    natija keys kek
    """
    from natija_chassis.cli import key_commands

    key_commands.print_storage_key()


@keys.command(name="list")
def list_keys() -> None:
    """List the signing keys in NATIJA_KEYS: the process that holds each, the file, the key's id."""
    from natija_chassis.cli import key_commands

    key_commands.show()


@api_key.command()
def add(
    name: Annotated[str, typer.Argument(help="Whose key it is, in small letters, digits and dashes.")],
    role: Annotated[list[KeyRole], typer.Option(help="What it opens. The option may be repeated.")],
    body: Annotated[str | None, typer.Option(help="The body it acts for; by default the whole realm.")] = None,
    source: Annotated[str | None, typer.Option(help="The publisher as which it proposes events.")] = None,
) -> None:
    """Make an API key, and print it once. The file NATIJA_API_KEYS keeps its hash only.

    \b
    natija api-key add head-office --role operator
    natija api-key add health-portal --role official --body ministry-health
    natija api-key add labour --role publisher --body ministry-labour --source /desks/labour
    """
    from natija_chassis.cli import api_key_commands

    api_key_commands.add(name, [one.value for one in role], body, source)


@api_key.command(name="list")
def list_api_keys(format: FormatOption = "table") -> None:
    """List the API keys: name, roles, body and day."""
    from natija_chassis.cli import api_key_commands

    api_key_commands.show(format)


@api_key.command()
def rotate(name: Annotated[str, typer.Argument(help="Whose key it is.")]) -> None:
    """Give NAME a new API key, and print it once. The former key stays valid until it is revoked, or rotated again.

    \b
    natija api-key rotate labour
    natija api-key revoke labour --former
    """
    from natija_chassis.cli import api_key_commands

    api_key_commands.rotate(name)


@api_key.command()
def revoke(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    former: Annotated[bool, typer.Option("--former", help="Only the key of before the last rotation.")] = False,
) -> None:
    """Revoke the API key of NAME. Every process refuses it from the next request on."""
    from natija_chassis.cli import api_key_commands

    api_key_commands.revoke(name, former=former)


@app.command()
def settings(format: FormatOption = "table") -> None:
    """Show every environment variable: its value, where the value comes from, its default and meaning.

    Secrets are masked.
    """
    from natija_chassis.cli import settings_table

    settings_table.show(format)


@app.command()
def clock(
    advance: Annotated[str | None, typer.Option(help="Move the clock forward by 90s, 30m, 12h or 20d.")] = None,
    speed: Annotated[float | None, typer.Option(help="Run this many times faster than real time; 0 stops it.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Return to system time.")] = False,
) -> None:
    """Show or move the clock that all services of the realm read."""
    from natija_chassis.clock import FileClock, describe_clock, parse_duration
    from natija_chassis.settings import Settings

    current = Settings().injected_clock
    if advance is None and speed is None and not reset:
        print(describe_clock(current))
        return
    if not isinstance(current, FileClock):
        raise typer.BadParameter("NATIJA_CLOCK is system: only a file:PATH clock can be moved")
    if reset:
        current.reset()
    else:
        try:
            current.move(parse_duration(advance or "0s"), speed)
        except ValueError as error:
            raise typer.BadParameter(f"--advance: {error}") from None
    print(describe_clock(current))


@projection.command()
def lag(format: FormatOption = "table") -> None:
    """Show how many records each service has not applied yet."""
    import asyncio

    from natija_chassis.projections.lag import lag_json, lag_table, measure_lag
    from natija_chassis.settings import Settings

    found = asyncio.run(measure_lag(Settings()))
    print(lag_json(found) if format == "json" else lag_table(found))


@projection.command()
def rebuild(service: Annotated[str, typer.Argument(help="The service whose projection is rebuilt.")]) -> None:
    """Rebuild a projection from the log beside the live one, prove the two equal, and switch."""
    from natija_chassis.cli import projection_commands

    raise typer.Exit(projection_commands.run(service))


@dead_letters.command(name="list")
def list_dead_letters(service: ServiceOption = None, format: FormatOption = "table") -> None:
    """List the log records that could not be applied, each with its error."""
    import asyncio

    from natija_chassis.cli import dead_letter_commands
    from natija_chassis.settings import Settings

    asyncio.run(dead_letter_commands.show(Settings(), service, format))


@dead_letters.command()
def retry(service: ServiceOption = None, format: FormatOption = "table") -> None:
    """Apply the dead letters again, in order, after their cause is fixed. Ends with exit code 1 when one fails
    again."""
    import asyncio

    from natija_chassis.cli import dead_letter_commands
    from natija_chassis.settings import Settings

    raise typer.Exit(asyncio.run(dead_letter_commands.retry_all(Settings(), service, format)))


@audit.command("list")
def list_looks(
    number: Annotated[str, typer.Argument(help="The appeal.")],
    format: FormatOption = "table",
) -> None:
    """List the looks at an appeal: when, who, for which purpose, and the sequences of the opened events. It opens
    nothing. Ends with exit code 1 when a record cannot be read.

    \b
    natija audit list KG-7K3M-9QX4-T2R8-MA
    natija audit list KG-7K3M-9QX4-T2R8-MA --format json
    """
    import asyncio

    from natija_chassis.cli import audit_commands
    from natija_chassis.settings import Settings
    from natija_events.ids import parse_appeal_number

    try:
        appeal = parse_appeal_number(number)
    except ValueError as error:
        raise OperatorError(str(error)) from None
    raise typer.Exit(asyncio.run(audit_commands.show(Settings(), appeal, format)))
