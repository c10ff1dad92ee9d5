"""The commands of deadlines: `natija deadlines …`."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from natija_chassis.cli.options import RealmFilesOption
from natija_chassis.reports.options import FirstDayOption, LanguageOption, LastDayOption, ReportFormatOption
from natija_deadlines.worklists.commands import worklists

WhatIfKey = Literal["body", "appeal"]

if TYPE_CHECKING:
    from natija_deadlines.policies.calculation import DerivationStep
    from natija_terms.derivation import Step

app = typer.Typer()
deadlines = typer.Typer(help="Show what is due and in breach, calculate terms, and maintain the working calendars.")
deadlines.registered_commands += worklists.registered_commands
app.add_typer(deadlines, name="deadlines")


@deadlines.command()
def seed_calendars(
    country: Annotated[str, typer.Option(help="KG, KZ or UZ.")],
    first: Annotated[int, typer.Option("--from", help="The first year.")],
    last: Annotated[int, typer.Option("--to", help="The last year.")],
    folder: Annotated[
        Path | None, typer.Option(help="The folder of the calendars; by default that of this package.")
    ] = None,
) -> None:
    """Write working calendars from the package `holidays`; decrees in the files stay."""
    from natija_terms.calendars.files import DATA
    from natija_terms.calendars.seed import COUNTRIES, seed

    if country not in COUNTRIES:
        raise typer.BadParameter(f"one of {', '.join(COUNTRIES)}", param_hint="--country")
    for year in range(first, last + 1):
        changed = seed(country, year, folder or DATA)
        print(f"{country} {year}: {'written' if changed else 'unchanged'}")


@deadlines.command()
def calculate(
    jurisdiction: Annotated[str, typer.Option(help="KG, KZ or UZ.")],
    kind: Annotated[str, typer.Option(help="application, complaint, proposal, request, message or response.")],
    received: Annotated[str, typer.Option(help="A day, or a time such as 2026-03-04T12:00; local without an offset.")],
    country_type: Annotated[
        str | None, typer.Option("--type", help="The country's own type, such as notary-request.")
    ] = None,
    calendar: Annotated[
        str | None, typer.Option(help="A working calendar, such as KZ-ORAL; by default the jurisdiction's.")
    ] = None,
    body: Annotated[str | None, typer.Option(help="A body, whose working calendar counts.")] = None,
    known_at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Leave out decrees published after this day.")
    ] = None,
    realm_files: RealmFilesOption = None,
    language: LanguageOption = "en",
    format: Annotated[Literal["text", "json"], typer.Option(help="The steps in words, or json for programs.")] = "text",
) -> None:
    """Calculate the term of an appeal, and show how it follows from the receipt and the law."""
    import asyncio

    from natija_chassis.realm.reference_loader import load_current
    from natija_chassis.reports.output import as_json
    from natija_deadlines.policies import calculation
    from natija_deadlines.policies.policy import PolicyMissing, TypeUnknown, load_policies
    from natija_deadlines.settings import DeadlinesSettings
    from natija_terms.calendars.calendar import CalendarMissing

    settings = DeadlinesSettings()
    try:
        if body is not None and calendar is None:
            reference = asyncio.run(load_current(settings, realm_files))
            calendar = calculation.calendar_of_body(body, jurisdiction, reference)
        found = calculation.calculate(
            load_policies(settings.policies, settings.calendars), jurisdiction, kind, _instant(received),
            country_type=country_type, calendar_id=calendar, known_at=known_at.date() if known_at else None,
            language=language,
        )  # fmt: skip
    except (calculation.CalendarUnknown, TypeUnknown) as unknown:
        option = "--type" if unknown.field == "country_type" else f"--{unknown.field}"
        raise typer.BadParameter(str(unknown), param_hint=option) from None
    except (PolicyMissing, CalendarMissing) as missing:
        raise typer.BadParameter(f"there is {missing}", param_hint="--received") from None
    if format == "json":
        print(as_json(found.model_dump(mode="json")), end="")
    else:
        print(f"{found.title} ({found.policy}), calendar {found.calendar}")
        _print_steps(found.derivation)
        if found.unverified:
            print(f"Not checked with the law: {', '.join(found.unverified)}")


def _instant(text: str) -> datetime:
    from natija_chassis.time_zones import YEARS

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("is not a day or time such as 2026-03-04T12:00", param_hint="--received") from None
    if found.year not in YEARS:
        raise typer.BadParameter(f"must be in the years {YEARS[0]} to {YEARS[-1]}", param_hint="--received")
    return found


@deadlines.command()
def why(
    appeal: Annotated[str, typer.Argument(help="The appeal's number.")],
    term: Annotated[str | None, typer.Option(help="The id of a term, such as data-1; by default the answer's.")] = None,
    language: LanguageOption = "en",
    format: Annotated[Literal["text", "json"], typer.Option(help="The steps in words, or json for programs.")] = "text",
) -> None:
    """Show why a term of an appeal ends when it does: each step, and what happened to the term since."""
    import asyncio

    from natija_chassis.reports.output import as_json
    from natija_deadlines.policies.calculation import told

    steps = told(asyncio.run(_explained(appeal, term)), language)
    if format == "json":
        print(as_json([step.model_dump() for step in steps]), end="")
    else:
        _print_steps(steps)


async def _explained(appeal: str, term: str | None) -> "Sequence[Step]":
    from natija_chassis.errors import OperatorError
    from natija_chassis.reports.freshness import current_projection
    from natija_deadlines.policies.policy import load_policies
    from natija_deadlines.settings import DeadlinesSettings
    from natija_deadlines.terms.explanation import Unexplained, explain
    from natija_deadlines.terms.projection import TermsProjection
    from natija_events.ids import parse_appeal_number

    settings = DeadlinesSettings()
    try:
        number = parse_appeal_number(appeal)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="APPEAL") from None
    policies = load_policies(settings.policies, settings.calendars)
    async with current_projection(settings) as connection:
        found = await TermsProjection(policies).find(connection, number)
    if found is None:
        raise OperatorError(f"{number} is not registered in this realm")
    try:
        return explain(*found, policies, term)
    except Unexplained as missing:
        raise OperatorError(f"{number} has no term: {missing}") from None


@deadlines.command()
def recompute(
    propose: Annotated[bool, typer.Option("--propose", help="Propose the corrections, after a look at them.")] = False,
    format: ReportFormatOption = "table",
) -> None:
    """List the terms that today's calendars and policies would end on another day, and correct them with --propose.

    A late decree or an error in a file changes terms that were set before. Terms that were extended or paused stay.
    """
    import asyncio

    from natija_chassis.errors import OperatorError
    from natija_deadlines.corrections import action

    refused = asyncio.run(action.recompute(propose, format))
    if refused:
        raise OperatorError(f"{refused} corrections were rejected: the appeals changed meanwhile. Run it again")


@deadlines.command()
def what_if(
    policy: Annotated[Path, typer.Option(help="The file of a policy, such as a copy with another term.")],
    first: FirstDayOption,
    last: LastDayOption,
    by: Annotated[WhatIfKey, typer.Option(help="Sums of each body, or every late appeal.")] = "body",
    format: ReportFormatOption = "table",
) -> None:
    """Show who would have been late by another policy, beside what was. Nothing is written.

    The appeals are those received in the period, by the policy's jurisdiction.
    """
    import asyncio

    from natija_deadlines.what_if import action

    asyncio.run(action.what_if(policy, first.date(), last.date(), by, format))


def _print_steps(steps: "Sequence[DerivationStep]") -> None:
    for number, step in enumerate(steps, 1):
        print(f"{number:3}. {step.text}")
