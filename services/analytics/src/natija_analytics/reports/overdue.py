"""Appeals past their term as of an instant T, computed by the database from the history.

This is `natija_events.terms.lateness.lateness` for all appeals at once; a test holds the two equal. Only what had
happened by T counts: events with ``time`` ≤ T, ordered by time, then sequence. An appeal counts when it was received
and registered by T.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Literal, NamedTuple, get_args

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_events.terms.lateness import is_late_sql

Key = Literal["body", "topic", "region"]
KEYS: tuple[Key, ...] = get_args(Key)


class AppealLateness(NamedTuple):
    """One appeal as of T. *closed* is None while open at T, *due* is the term in force then, or when it closed."""

    number: str
    external_id: str | None
    body: str | None
    due: datetime | None
    closed: datetime | None
    overdue: bool


class LatenessSums(NamedTuple):
    """The appeals of one *key* (None: they have none) as of T."""

    key: str | None
    appeals: int
    with_due: int
    closed_late: int
    open_overdue: int


# The history of an appeal is cut into spans, within which neither its term nor its closure changes. It is late in a
# span when it is open and its due instant lies before the end of the span. The parts of the query:
#
# counted   The appeals that count as of T.
# steps     The events that begin a span: those that move the term, or end, merge, resume or reopen the appeal. Each has
#           the number of resumptions, reopenings and terms up to it. Steps with the same number of terms have the same
#           term.
# states    Each step with the due instant in force (null: none), and the time since which the appeal is merged (null:
#           it is not). A merge lasts until the next resumption or reopening, and the first of several counts.
# spans     Each step with the start of the next one (null for the last), and the time at which the appeal ended. An end
#           while the appeal is merged does not count; an end that counts lasts until the appeal is reopened.
# lateness  One row an appeal. Its term and closure are those of its last span; it is overdue when it was late in any.
_LATENESS = f"""
    with counted as (
        select appeal, external_id, region from facts where received <= :at and opened <= :at
    ), steps as (
        select appeal, time, sequence, closure, moves_due, due,
            count(*) filter (where closure = 'resume') over ordered as resumptions,
            count(*) filter (where closure = 'reopen') over ordered as reopenings,
            count(*) filter (where moves_due) over ordered as terms
        from history where time <= :at and (moves_due or closure is not null)
        window ordered as (partition by appeal order by time, sequence)
    ), states as (
        select *,
            max(due) filter (where moves_due) over (partition by appeal, terms) as due_now,
            min(time) filter (where closure = 'merge') over
                (partition by appeal, resumptions, reopenings order by time, sequence) as merged
        from steps
    ), spans as (
        select appeal, due_now, merged,
            min(time) filter (where closure = 'end' and merged is null) over
                (partition by appeal, reopenings order by time, sequence) as ended,
            lead(time) over (partition by appeal order by time, sequence) as until
        from states
    ), lateness as (
        select appeal,
            max(due_now) filter (where until is null) as due,
            max(coalesce(ended, merged)) filter (where until is null) as closed,
            bool_or(ended is null and merged is null and {is_late_sql("coalesce(until, :at)", "due_now")}) as overdue
        from spans group by appeal
    )
"""  # noqa: S608 - only names of our own columns

_LATEST = """, latest as (
        select distinct on (appeal) appeal, {column} from history
        where time <= :at and {column} is not null order by appeal, time desc, sequence desc
    )"""

_BY_APPEAL = text(f"""{_LATENESS}{_LATEST.format(column="body")}
    select appeal, external_id, body, due, closed, coalesce(overdue, false)
    from counted left join lateness using (appeal) left join latest using (appeal) order by appeal
""")  # noqa: S608 - only names of our own columns


def _by_key(key: Key) -> str:
    latest = "" if key == "region" else _LATEST.format(column=key)
    joined = "" if key == "region" else "left join latest using (appeal)"
    return f"""{_LATENESS}{latest}
        select {key}, count(*), count(*) filter (where due is not null or overdue),
            count(*) filter (where overdue and closed is not null), count(*) filter (where overdue and closed is null)
        from counted left join lateness using (appeal) {joined} group by {key} order by {key} nulls last
    """  # noqa: S608 - only names of our own columns


_BY_KEY = {key: text(_by_key(key)) for key in KEYS}


async def by_appeal(connection: AsyncConnection, at: datetime) -> AsyncIterator[AppealLateness]:
    """Every appeal that counts as of *at* (aware), by number. Times come in UTC."""
    async with connection.stream(_BY_APPEAL, {"at": at.astimezone(UTC)}) as rows:
        async for row in rows:
            yield AppealLateness(*row)


async def by_key(connection: AsyncConnection, at: datetime, key: Key) -> list[LatenessSums]:
    """The appeals that count as of *at* (aware), summed up by what *key* was then."""
    return [LatenessSums(*row) for row in await connection.execute(_BY_KEY[key], {"at": at.astimezone(UTC)})]
