"""Appeals past their term as of an instant, computed by the database from the history.

As of T counts what had happened by then: events with ``time`` ≤ T, ordered by time, then sequence. An appeal counts
when it was received and registered by T. A term that passes while the appeal is open is missed for good: a later
extension does not cure it, nor does an answer in the extended term. At the due instant itself the term is still kept.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Literal, NamedTuple, get_args

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

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


# An appeal's steps are what moves its term or closes it. Between two resumptions it is merged since its first merge; an
# end counts unless it is merged at that moment, and then for ever. That is lifecycle.transitions.evolve, as sets.
_LATENESS = """
    with counted as (
        select appeal, external_id, region from facts where received <= :at and opened <= :at
    ), steps as (
        select appeal, time, sequence, closure, moves_due, due,
            count(*) filter (where closure = 'resume') over ordered as resumptions,
            count(*) filter (where moves_due) over ordered as terms
        from history where time <= :at and (moves_due or closure is not null)
        window ordered as (partition by appeal order by time, sequence)
    ), states as (
        select *,
            max(due) filter (where moves_due) over (partition by appeal, terms) as due_now,
            min(time) filter (where closure = 'merge') over
                (partition by appeal, resumptions order by time, sequence) as merged
        from steps
    ), spans as (
        select appeal, due_now, merged,
            min(time) filter (where closure = 'end' and merged is null) over ordered as ended,
            lead(time) over ordered as until
        from states
        window ordered as (partition by appeal order by time, sequence)
    ), lateness as (
        select appeal,
            max(due_now) filter (where until is null) as due,
            max(coalesce(ended, merged)) filter (where until is null) as closed,
            bool_or(ended is null and merged is null and due_now < coalesce(until, :at)) as overdue
        from spans group by appeal
    )
"""

_LATEST = """, latest as (
        select distinct on (appeal) appeal, {column} from history
        where time <= :at and {column} is not null order by appeal, time desc, sequence desc
    )"""

_BY_APPEAL = text(f"""{_LATENESS}{_LATEST.format(column="body")}
    select appeal, external_id, body, due, closed, coalesce(overdue, false)
    from counted left join lateness using (appeal) left join latest using (appeal) order by appeal
""")  # noqa: S608 - our own columns, nothing that comes in


def _by_key(key: Key) -> str:
    latest = "" if key == "region" else _LATEST.format(column=key)
    joined = "" if key == "region" else "left join latest using (appeal)"
    return f"""{_LATENESS}{latest}
        select {key}, count(*), count(*) filter (where due is not null or overdue),
            count(*) filter (where overdue and closed is not null), count(*) filter (where overdue and closed is null)
        from counted left join lateness using (appeal) {joined} group by {key} order by {key} nulls last
    """  # noqa: S608 - our own columns, nothing that comes in


_BY_KEY = {key: text(_by_key(key)) for key in KEYS}


async def by_appeal(connection: AsyncConnection, at: datetime) -> AsyncIterator[AppealLateness]:
    """Every appeal that counts as of *at* (aware), by number. Times come in UTC."""
    async with connection.stream(_BY_APPEAL, {"at": at.astimezone(UTC)}) as rows:
        async for row in rows:
            yield AppealLateness(*row)


async def by_key(connection: AsyncConnection, at: datetime, key: Key) -> list[LatenessSums]:
    """The appeals that count as of *at* (aware), summed up by what *key* was then."""
    return [LatenessSums(*row) for row in await connection.execute(_BY_KEY[key], {"at": at.astimezone(UTC)})]
