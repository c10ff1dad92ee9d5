"""The commands of routing: `natija routing …`."""

from typing import Annotated

import typer

app = typer.Typer()
routing = typer.Typer(help="Explain who must answer an appeal.")
app.add_typer(routing, name="routing")


@routing.command()
def explain(
    topic: Annotated[str, typer.Argument(help="The topic's id in the directory.")],
    region: Annotated[str | None, typer.Option(help="The region's id.")] = None,
    complained_of: Annotated[
        list[str] | None, typer.Option(help="A body that the appeal complains of; may be repeated.")
    ] = None,
) -> None:
    """Print the body that must answer by today's rules: its id, its name and the rule.

    Ends with exit code 1 when no rule names a body.
    """
    from natija_routing.competence import reference
    from natija_routing.competence.rules import Competent, Matter, find_competent_body
    from natija_routing.settings import RoutingSettings

    settings = RoutingSettings()
    rules = reference.load(settings)
    day = rules.day(settings.injected_clock.now())
    found = find_competent_body(Matter(topic, region, tuple(complained_of or ())), day, rules.competence, rules.bodies)
    if not isinstance(found, Competent):
        print(f"nobody: {found.reason}")
        raise typer.Exit(1)
    print(f"{found.body}\t{rules.directory.name('bodies', found.body)}\t{found.rule}")
