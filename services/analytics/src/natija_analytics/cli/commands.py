"""Commands of analytics: `natija report`, `natija history`, `natija sample`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from natija_chassis.cli.options import FormatOption, RealmFilesOption
from natija_chassis.reports.options import (
    AsOfOption,
    FirstDayOption,
    LanguageOption,
    LastDayOption,
    ReportFormatOption,
    ZoneOption,
)

app = typer.Typer()
report = typer.Typer(no_args_is_help=True, help="Print a report.")
app.add_typer(report, name="report")


@report.command()
def overdue(
    by: Annotated[
        Literal["appeal", "body", "topic", "region"], typer.Option(help="One row per appeal, or sums.")
    ] = "body",
    as_of: AsOfOption = None,
    format: ReportFormatOption = "table",
    language: LanguageOption = "en",
    zone: ZoneOption = None,
    realm_files: RealmFilesOption = None,
) -> None:
    """Overdue appeals as of an instant.

    These are the appeals closed late by then, and those open after their due instant. Only events that had happened
    by then count, and only appeals received by then. The table by appeal lists the first hundred by due instant; csv
    and json list all appeals.

    \b
    natija report overdue --by region
    natija report overdue --by appeal --as-of 2016-01-12T22:55:00-05:00 --format csv > overdue.csv
    """
    import asyncio

    from natija_analytics.cli import actions

    asyncio.run(actions.print_overdue(by, as_of, format, language, zone, realm_files))


@report.command("late-answers")
def late_answers(
    first: FirstDayOption,
    last: LastDayOption,
    by: Annotated[Literal["body", "topic", "region"], typer.Option(help="One row per body, topic or region.")] = "body",
    format: ReportFormatOption = "table",
    language: LanguageOption = "en",
    zone: ZoneOption = None,
    realm_files: RealmFilesOption = None,
) -> None:
    """Appeals answered in a period, and how many of them late.

    An answer is late when the term for it had been missed. It counts as of the end of the period, for the body that
    had to keep the term. Appeals that are still open do not count.

    \b
    natija report late-answers --from 2022-01-01 --to 2022-03-31
    natija report late-answers --from 2021-01-01 --to 2021-12-31 --by region --format csv
    """
    import asyncio

    from natija_analytics.cli import actions

    asyncio.run(actions.print_late_answers(by, first.date(), last.date(), format, language, zone, realm_files))


@report.command("breaches")
def breaches(
    by: Annotated[Literal["body", "kind"], typer.Option(help="One row per body and kind of term, or per kind.")] = (
        "body"
    ),
    as_of: AsOfOption = None,
    known: Annotated[
        str | None, typer.Option(help="Leave out events that were recorded after this instant. Default: none.")
    ] = None,
    format: ReportFormatOption = "table",
    language: LanguageOption = "en",
    zone: ZoneOption = None,
    realm_files: RealmFilesOption = None,
) -> None:
    """Terms of every kind that were missed by an instant.

    Registration, answer, forwarding and notice count for the body that had to keep the term. The overall term is that
    of all bodies together, and stands there once. Terms of applicants do not count.

    \b
    natija report breaches --by kind
    natija report breaches --as-of 2026-07-01 --known 2026-07-03 --format csv
    """
    import asyncio

    from natija_analytics.cli import actions

    asyncio.run(actions.print_breaches(by, as_of, known, format, language, zone, realm_files))


_COUNTS_HELP = """{about}

Shares are rounded as the realm defines it.

\b
natija report {subject} --from 2019-01-01 --to 2019-06-30 --lang ky
natija report {subject} --from 2019-01-01 --to 2019-06-30 --format csv
"""


def _add(subject: Literal["channels", "regions", "topics"], about: str) -> None:
    @report.command(subject, help=_COUNTS_HELP.format(about=about, subject=subject))
    def counted(
        first: FirstDayOption,
        last: LastDayOption,
        format: ReportFormatOption = "table",
        language: LanguageOption = "en",
        zone: ZoneOption = None,
        realm_files: RealmFilesOption = None,
    ) -> None:
        import asyncio

        from natija_analytics.cli import actions

        asyncio.run(actions.print_counts(subject, first.date(), last.date(), format, language, zone, realm_files))


_add("channels", "Appeals received in a period, by channel.")
_add("regions", "Appeals received in a period, by region.")
_add("topics", "Appeals received in a period, by topic, the largest first.")


@app.command()
def history(
    appeal: Annotated[str, typer.Argument(help="The appeal's number.")],
    from_log: Annotated[
        bool, typer.Option("--from-log", help="Read the events from Kafka and verify their hash chain.")
    ] = False,
    format: FormatOption = "table",
    language: LanguageOption = "en",
    zone: ZoneOption = None,
    realm_files: RealmFilesOption = None,
) -> None:
    """All events of one appeal, from the projection or from the log itself. Both must be the same.

    \b
    natija history KG-7K3M-9QX4-T2R8-MA
    natija history KG-7K3M-9QX4-T2R8-MA --from-log --format json
    """
    import asyncio

    from natija_analytics.cli import actions

    asyncio.run(actions.print_history(appeal, from_log, format, language, zone, realm_files))


@app.command()
def sample(
    marginals: Annotated[Path, typer.Option(help="The marginals file (YAML).", exists=True, dir_okay=False)],
    seed: Annotated[int, typer.Option(help="The same seed makes the same register.")] = 1,
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of stdout.")] = None,
) -> None:
    """Make a register whose counts by channel, region and topic are those of a marginals file.

    \b
    natija sample --marginals examples/kg-h1-2019.yaml --seed 1 --output sample.csv
    natija import sample.csv --mapping examples/kg-h1-2019-mapping.yaml
    """
    import sys

    from natija_analytics.samples.sample import load_marginals, write_sample

    known = load_marginals(marginals)
    if output is None:
        write_sample(known, seed, sys.stdout)
        return
    with output.open("w", encoding="utf-8", newline="") as target:
        written = write_sample(known, seed, target)
    print(f"{written:,} rows in {output}", file=sys.stderr)
