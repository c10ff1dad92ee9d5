"""The commands that work on any service: `natija provision, serve, rebuild, lag, parked, clock`."""

from typing import Annotated, Literal

import typer

app = typer.Typer()
Format = Literal["table", "json"]


@app.command()
def provision(
    postgres: Annotated[
        str, typer.Option(envvar="NATIJA_POSTGRES", help="URL of a superuser's connection: postgresql://…")
    ],
) -> None:
    """Make the topics, databases and roles of the realm that are missing."""
    import asyncio

    from natija_chassis.realm.provision import provision_realm
    from natija_chassis.settings import Settings

    for line in asyncio.run(provision_realm(Settings(), postgres)):
        print(f"made {line}")


@app.command()
def serve(process: Annotated[str, typer.Argument(help="intake, registrar, routing, deadlines or analytics")]) -> None:
    """Run one process of the realm until SIGTERM."""
    from natija_chassis.process import serve

    raise typer.Exit(serve.serve(process))


@app.command()
def lag(
    format: Annotated[Format, typer.Option(help="How to print it.")] = "table",
) -> None:
    """Show how many records each service has still to take in, the registrar's inbox first."""
    import asyncio

    from natija_chassis.projections.lag import lag_json, lag_table, measure_lag
    from natija_chassis.settings import Settings

    found = asyncio.run(measure_lag(Settings()))
    print(lag_json(found) if format == "json" else lag_table(found))


@app.command()
def parked(
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Apply them again, in order.")] = False,
    format: Annotated[Format, typer.Option(help="How to print it.")] = "table",
) -> None:
    """List the records that projections set aside as poison, or take them in again once the cause is mended."""
    import asyncio

    from natija_chassis.cli import dead_letter_commands
    from natija_chassis.settings import Settings

    raise typer.Exit(asyncio.run(dead_letter_commands.show(Settings(), service, retry, format)))


@app.command()
def rebuild(service: Annotated[str, typer.Argument(help="The service whose projection is made anew.")]) -> None:
    """Make a projection anew from the log beside the live one, prove it equal, and switch."""
    from natija_chassis.cli import projection_commands

    raise typer.Exit(projection_commands.run(service))


@app.command()
def clock(
    advance: Annotated[str | None, typer.Option(help="Move the clock on: 90s, 30m, 12h or 20d.")] = None,
    speed: Annotated[float | None, typer.Option(help="Run so many times as fast as real time; 0 stands still.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="System time again.")] = False,
) -> None:
    """Show or move the clock that all services of the realm take the time from."""
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
