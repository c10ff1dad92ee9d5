"""Overdue appeals and late answers as tables for people, in their language. For programs the rows are as they are."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from natija_analytics.rendering.captions import CAPTIONS
from natija_analytics.rendering.count_report import days_of
from natija_analytics.reports import late_answers, overdue
from natija_analytics.reports.late_answers import AnswerSums
from natija_analytics.reports.overdue import AppealLateness, Key, LatenessSums, NoTermSums
from natija_chassis.reports.localized import local_time, number
from natija_chassis.reports.period import Period
from natija_chassis.reports.tables import ColumnStyle, text_table
from natija_events.reference.data import ReferenceData, Section
from natija_events.words import Language

MAX_APPEALS = 100
"""Appeals in a table; CSV and JSON have all."""
_SECTIONS: dict[Key, Section] = {"body": "bodies", "topic": "topics", "region": "regions"}


def appeals_table(
    appeals: Iterable[AppealLateness], at: datetime, reference: ReferenceData, language: Language, zone: ZoneInfo
) -> str:
    """The overdue ones of *appeals*, at most `MAX_APPEALS` by their due instants, and how many there are."""
    received = closed = 0
    late, no_term = [], Counter[str]()
    for appeal in appeals:
        received += 1
        closed += appeal.closed is not None
        no_term.update([appeal.no_term] if appeal.no_term else [])
        if appeal.overdue:
            late.append(appeal)
    # A missed term may have been replaced by none: that appeal has no due instant and comes first.
    late.sort(key=lambda appeal: appeal.due.timestamp() if appeal.due else 0)
    shown = late[:MAX_APPEALS]
    styles: dict[str, ColumnStyle] = {
        "number": "code", "external_id": "code", "body": "text", "due": "code", "closed": "code"
    }  # fmt: skip
    rows = [
        (
            appeal.number,
            appeal.external_id or "",
            "" if appeal.body is None else reference.name("bodies", appeal.body, language),
            local_time(appeal.due, zone),
            local_time(appeal.closed, zone),
        )
        for appeal in shown
    ]
    sums = {"received": received, "closed": closed, "overdue": len(late), "shown": len(shown)}
    columns = {CAPTIONS(name, language): style for name, style in styles.items()}
    last = CAPTIONS("sums", language, **{name: number(count, language) for name, count in sums.items()})
    return (
        text_table(_title(at, language, zone), columns, rows)
        + last
        + "\n"
        + without_term(overdue.no_term_sums(no_term), language)
    )


def sums_table(
    key: Key, sums: Sequence[LatenessSums], at: datetime, reference: ReferenceData, language: Language, zone: ZoneInfo
) -> str:
    """One row for each *key*, by its name, and their sum."""
    table = _sums(_title(at, language, zone), key, LatenessSums._fields[1:6], sums, reference, language)
    return table + without_term(overdue.sum_no_term(sums), language)


def answers_table(
    key: Key, sums: Sequence[AnswerSums], period: Period, reference: ReferenceData, language: Language
) -> str:
    """One row for each *key*, by its name, and their sum."""
    title = f"{CAPTIONS('late_answers', language)}\n{days_of(period, language)}"
    table = _sums(title, key, AnswerSums._fields[1:3], sums, reference, language)
    return table + without_term(late_answers.sum_no_term(sums), language)


def without_term(sums: NoTermSums, language: Language) -> str:
    """The line below a table: appeals without a term, and why."""
    counts = {name: number(count, language) for name, count in sums._asdict().items()}
    return CAPTIONS("without_term", language, n=number(sum(sums), language), **counts) + "\n"


def _sums(
    title: str, key: Key, counts: Sequence[str], sums: Iterable[LatenessSums] | Iterable[AnswerSums],
    reference: ReferenceData, language: Language,
) -> str:  # fmt: skip
    rows, totals = [], [0] * len(counts)
    for one in sums:
        name = CAPTIONS("none", language) if one.key is None else reference.name(_SECTIONS[key], one.key, language)
        shown = [int(getattr(one, count)) for count in counts]
        totals = [before + more for before, more in zip(totals, shown, strict=True)]
        rows.append((name, *(number(count, language) for count in shown)))
    rows.append((CAPTIONS("total", language), *(number(count, language) for count in totals)))
    numbers: dict[str, ColumnStyle] = {CAPTIONS(name, language): "number" for name in counts}
    return text_table(title, {CAPTIONS(key, language): "text", **numbers}, rows)


def _title(at: datetime, language: Language, zone: ZoneInfo) -> str:
    return CAPTIONS("overdue", language, at=f"{local_time(at, zone)} ({zone.key})")
