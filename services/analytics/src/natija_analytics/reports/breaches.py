"""Terms of every kind that were missed as of an instant T, computed by the database from the facts about terms.

This counts what `natija_events.terms.lateness.judge` says of all appeals; a test holds the two equal. A breach is of
the body that had to keep the term. The overall term is that of all bodies together, so it has none. An appeal counts
as in the report of overdue appeals: by its terms for the answer; here every kind has its row.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, get_args

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_analytics.reports.overdue import COUNTED, NO_TERM, PLAN, NoTermSums, no_term_sums
from natija_events.terms.lateness import ANSWER_KINDS
from natija_events.terms.lateness_sql import breaches_sql
from natija_events.types.deadlines import TermKind
from natija_events.types.routing import Forwarded

BreachKey = Literal["body", "kind"]
KEYS: tuple[BreachKey, ...] = get_args(BreachKey)


class BreachSums(NamedTuple):
    """The terms of one *kind* that one *body* missed: of appeals that are open at T, and of closed ones.

    *body*: None for a term that belongs to no single body, and while no body held the appeal.
    """

    body: str | None
    kind: TermKind
    breaches: int
    of_open: int
    of_closed: int


class BreachReport(NamedTuple):
    """The rows of the report, the appeals without a term, and those that were forwarded back.

    *forwarded_back*: appeals that were forwarded to a body which had held them before, or to which they were written.
    """

    sums: Sequence[BreachSums]
    no_term: NoTermSums
    forwarded_back: int


_ORDER = ", ".join(f"'{kind}'" for kind in get_args(TermKind))


_ANSWERS = " or ".join(f"term like '{kind}-%'" for kind in ANSWER_KINDS)


def _query(key: BreachKey) -> str:
    """The rows, then a row for each reason without a term: the last column tells them apart."""
    holder = "case when kind <> 'overall' then holder end" if key == "body" else "cast(null as text)"
    return f"""
        with {breaches_sql()}, {COUNTED}, missed as (
            select appeal, holder, split_part(term, '-', 1) as kind from breaches
        ), sums as (
            select {holder} as body, kind, count(*)::int as breaches,
                (count(*) filter (where closed is null))::int as of_open,
                (count(*) filter (where closed is not null))::int as of_closed, false as no_term
            from missed join counted using (appeal) join closings using (appeal) group by 1, 2
            union all
            select null, {NO_TERM}, count(*)::int, 0, 0, true
            from counted join closings using (appeal) left join due_now using (appeal)
            where due is null and appeal not in (select appeal from breaches where {_ANSWERS})
            group by 2
        )
        select * from sums order by no_term, body nulls last, array_position(array[{_ORDER}], kind)
    """  # noqa: S608 - only names of our own columns and kinds


_BY_KEY = {key: text(_query(key)) for key in KEYS}
_FORWARDED_BACK = text(f"""
    with seen as (
        select appeal, time, sequence, name, holder from term_facts
        where term is null and holder is not null and time <= :at
            and recordedtime <= coalesce(cast(:known as timestamptz), 'infinity')
    ), {COUNTED}
    select count(distinct appeal)::int from seen as forward join counted using (appeal)
    where name = '{Forwarded.type.rpartition(".")[0]}' and exists (
        select from seen as before
        where before.appeal = forward.appeal and before.holder = forward.holder
            and (before.time, before.sequence) < (forward.time, forward.sequence)
    )
""")  # noqa: S608 - only names of our own columns


def head(key: BreachKey, at: datetime, known: datetime | None, report: BreachReport) -> dict[str, Any]:
    """The key and the instants of the report, and the appeals beside its rows, for JSON."""
    instants = {"as_of": at.isoformat(), "known": known.isoformat() if known else None}
    beside = {"forwarded_back": report.forwarded_back, "no_term": report.no_term._asdict()}
    return {"report": "breaches", "by": key, **instants, **beside}


async def by_key(
    connection: AsyncConnection, at: datetime, key: BreachKey, known: datetime | None = None
) -> BreachReport:
    """The breaches as of *at* (aware), by body and kind, or by kind alone. *known*: None means all events."""
    await connection.execute(PLAN)
    given = {"at": at.astimezone(UTC), "known": known, "after": ""}
    rows = [tuple(row) for row in await connection.execute(_BY_KEY[key], given)]
    back = sum(row[0] for row in await connection.execute(_FORWARDED_BACK, given))
    no_term = {kind: count for _, kind, count, _, _, apart in rows if apart}
    return BreachReport([BreachSums(*row[:5]) for row in rows if not row[5]], no_term_sums(no_term), back)
