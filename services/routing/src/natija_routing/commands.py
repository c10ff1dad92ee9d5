"""The commands of routing: `natija routing …`."""

from typing import Annotated

import typer

from natija_chassis.cli.options import RealmFilesOption

app = typer.Typer()
routing = typer.Typer(help="Explain who must answer an appeal.")
app.add_typer(routing, name="routing")


@routing.command()
def explain(
    topic: Annotated[str, typer.Argument(help="The topic's id.")],
    region: Annotated[str | None, typer.Option(help="The region's id.")] = None,
    complained_of: Annotated[
        list[str] | None, typer.Option(help="A body that the appeal complains of; may be repeated.")
    ] = None,
    realm_files: RealmFilesOption = None,
) -> None:
    """Print the body that must answer by today's rules: its id, its name and the rule.

    Ends with exit code 1 when no rule names a body.
    """
    import asyncio

    from natija_chassis.realm.reference_loader import load_current
    from natija_routing.competence import reference
    from natija_routing.competence.rules import Competent, Matter, find_competent_body
    from natija_routing.settings import RoutingSettings

    settings = RoutingSettings() if realm_files is None else RoutingSettings(realm_files=realm_files)
    competence, known = reference.load(settings), asyncio.run(load_current(settings, realm_files))
    reference.check(settings, competence, known)
    data = reference.with_reference(competence, known)
    day = data.day(settings.injected_clock.now())
    found = find_competent_body(Matter(topic, region, tuple(complained_of or ())), day, competence, data.bodies)
    if not isinstance(found, Competent):
        print(f"nobody: {found.reason}")
        raise typer.Exit(1)
    print(f"{found.body}\t{known.name('bodies', found.body)}\t{found.rule}")
