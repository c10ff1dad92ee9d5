"""The work of `natija deadlines recompute`: find the corrections, print them, and propose them if that is asked for."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from natija_chassis.errors import OperatorError
from natija_chassis.reports.freshness import current_projection
from natija_chassis.reports.options import ReportFormat
from natija_chassis.reports.output import as_csv, as_json, plain
from natija_chassis.reports.tables import ColumnStyle, text_table
from natija_deadlines.corrections.proposals import Advance, count_terms, find_corrections, propose
from natija_deadlines.corrections.recount import Correction
from natija_deadlines.policies.policy import load_policies
from natija_deadlines.settings import DeadlinesSettings
from natija_events.kafka import DeliveryUnconfirmed, OutcomePending

_COLUMNS = ("appeal", "term", "was", "due", "was_on", "due_on", "reason", "annuls")
_HEADINGS: dict[str, ColumnStyle] = {
    "Appeal": "code", "Term": "code", "Was": "code", "Now": "code", "Why": "code", "Breach": "text",
}  # fmt: skip
_stderr = Console(stderr=True)


async def recompute(proposing: bool, format: ReportFormat) -> int:
    """Print all corrections, and propose them if *proposing*. The number of those that the registrar rejected."""
    settings = DeadlinesSettings()
    policies, now = load_policies(settings.policies, settings.calendars), settings.injected_clock.now()
    async with current_projection(settings) as connection:
        with _bar("looking at appeals", await count_terms(connection)) as advance:
            found = [one async for one in find_corrections(connection, policies, now, advance)]
    sys.stdout.write(_printed(found, format))
    if not found:
        return 0
    if not proposing:
        print(f"natija: nothing was changed. With --propose, {len(found):,} terms are corrected", file=sys.stderr)
        return 0
    try:
        with _bar("proposing", len(found)) as advance:
            outcomes = await propose(settings, found, now, advance)
    except (DeliveryUnconfirmed, OutcomePending) as error:
        raise OperatorError(f"not all corrections are decided: {error} Run it again") from None
    registered = sum(one.outcome.registered for one in outcomes)
    print(f"natija: {registered:,} terms are corrected", file=sys.stderr)
    return len(outcomes) - registered


def _printed(found: Sequence[Correction], format: ReportFormat) -> str:
    rows = [[getattr(one, name) for name in _COLUMNS] for one in found]
    if format == "csv":
        return as_csv(_COLUMNS, [list(map(plain, row)) for row in rows])
    if format == "json":
        return as_json([dict(zip(_COLUMNS, map(plain, row), strict=True)) for row in rows])
    shown = [
        (one.appeal, one.term, str(one.was_on), str(one.due_on), one.reason, "annulled" if one.annuls else "")
        for one in found
    ]
    return text_table("Terms that end on another day", _HEADINGS, shown)


@contextmanager
def _bar(what: str, total: int) -> Iterator[Advance]:
    columns = TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=_stderr, transient=True) as progress:
        bar = progress.add_task("", total=total)
        yield lambda count: progress.advance(bar, count)
