"""The commands of worklists: `natija deadlines due` and `natija deadlines breaches`."""

from typing import Annotated, Literal

import typer

from natija_chassis.reports.options import ReportFormatOption

WorklistBy = Literal["appeal", "body", "executor"]
_WITHIN = "By the end of the local day, or of Sunday, on the clocks of the appeal's jurisdiction."
_AS_OF = "Instant in ISO 8601 with an offset, such as 2026-12-01T09:00:00+06:00. Default: now."
ByOption = Annotated[WorklistBy, typer.Option(help="One row per appeal, or sums by body or executor.")]
BodyOption = Annotated[str | None, typer.Option(help="Only the appeals that this body holds.")]
ExecutorOption = Annotated[str | None, typer.Option(help="Only those of this post. Not with --as-of or --known.")]
InstantOption = Annotated[str | None, typer.Option(help=_AS_OF)]
KnownOption = Annotated[str | None, typer.Option(help="Only what was recorded by this instant, as --as-of.")]

worklists = typer.Typer()


@worklists.command()
def due(
    within: Annotated[Literal["today", "week"], typer.Option(help=_WITHIN)] = "today",
    by: ByOption = "appeal",
    body: BodyOption = None,
    executor: ExecutorOption = None,
    as_of: InstantOption = None,
    known: KnownOption = None,
    format: ReportFormatOption = "table",
) -> None:
    """List open appeals whose term for the answer ends today or this week, the soonest first.

    An appeal whose term stands still is marked as paused. As of a past time the facts on the log tell, and these name
    no executors. The table lists the first hundred appeals; csv and json list all.

    \b
    natija deadlines due --within week --body ministry-health
    natija deadlines due --within week --by executor
    natija deadlines due --as-of 2026-12-01T09:00:00+06:00 --format csv > due.csv
    """
    import asyncio

    from natija_deadlines.worklists import action

    asyncio.run(action.print_list(within, by, body, executor, as_of, known, format))


@worklists.command()
def breaches(
    by: ByOption = "appeal",
    body: BodyOption = None,
    executor: ExecutorOption = None,
    as_of: InstantOption = None,
    known: KnownOption = None,
    format: ReportFormatOption = "table",
) -> None:
    """List open appeals of which a term for the answer was missed, the longest in breach first.

    The body that holds an appeal must act, also where another one had missed the term. Csv and json name the body that
    missed it, and who was told so far. Sums count as late what the body itself missed.

    \b
    natija deadlines breaches --body ministry-health
    natija deadlines breaches --by body --as-of 2026-12-01T09:00:00+06:00
    """
    import asyncio

    from natija_deadlines.worklists import action

    asyncio.run(action.print_list(None, by, body, executor, as_of, known, format))
