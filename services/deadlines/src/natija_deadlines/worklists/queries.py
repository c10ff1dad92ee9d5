"""Worklists in SQL: from the rows as of now, or from the facts about terms as of any time. Both say the same.

A test holds them equal, with each other and with `natija_events.terms.lateness`. The facts do not name executors, so
there are none as of a past time. An appeal that its register feeds counts like any other, as in the report of overdue
appeals.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_deadlines.worklists.selection import ListKey, Periods, Selection
from natija_events.terms.lateness_sql import PLAN, breaches_sql, is_late_sql

_FIRST = datetime.min.replace(tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_NOW = f"""
    listed as (
        select appeal, jurisdiction, confidential, complained_of, complaint_of, holder as body, executor, due, breach,
            case when {is_late_sql(":at", "holder_breach")} then holder_breach end as holder_breach
        from appeals where running
    )
"""  # noqa: S608 - only names of our own columns
_OPEN_THEN = """
    appeal = any(array(
        select appeal from appeals
        where opened <= :at and (
            final_time <= :at and final_recordedtime <= coalesce(cast(:known as timestamptz), 'infinity')
        ) is not true
    ))
"""
"""Appeals that may have been open: of the others, all that was counted by then says that they were closed."""
_PAST = f"""
    {breaches_sql(_OPEN_THEN)}, held as (
        select distinct on (appeal) appeal, holder as body from seen where term is null and holder is not null
        order by appeal, time desc, sequence desc
    ), late as (
        select appeal, min(due) as breach,
            min(due) filter (where holder is not distinct from body) as holder_breach
        from breaches left join held using (appeal) where term like 'answer-%' group by appeal
    ), registered as (
        select appeal, jurisdiction, confidential, complained_of, complaint_of from appeals
    ), listed as (
        select
            appeal, jurisdiction, confidential, complained_of, complaint_of, body, cast(null as text) as executor, due,
            breach, holder_breach
        from closings join registered using (appeal) left join held using (appeal) left join due_now using (appeal)
            left join late using (appeal)
        where opened is not null and closed is null
    )
"""  # noqa: S608 - only names of our own columns
_SEEN = """
    complained_of is distinct from :reading_body and (
        complaint_of is null
        or not exists (
            select from appeals as first where first.appeal = listed.complaint_of and first.holder = :reading_body
        )
    )
"""
"""No complaint about the body of the reader, nor about how it handles another appeal."""
_ENDS = """
    left join unnest(cast(:jurisdictions as text[]), cast(:ends as timestamptz[])) as ends (jurisdiction, ending)
        using (jurisdiction)
"""


class ListPlace(NamedTuple):
    """The place of an appeal in a list: by the *instant* that orders it, then by number. Its text is a cursor."""

    instant: datetime = _FIRST
    appeal: str = ""

    @classmethod
    def parse(cls, cursor: str) -> Self:
        """Raises ValueError or OverflowError."""
        micros, _, appeal = cursor.partition("-")
        return cls(_FIRST + int(micros) * _MICROSECOND, appeal)

    def __str__(self) -> str:
        return f"{(self.instant - _FIRST) // _MICROSECOND}-{self.appeal}"


class Listed(NamedTuple):
    """An open appeal of a list: the end of its present term, and the first one that was missed, or will be.

    *body* holds it now. *executor*: None as of a past time.
    """

    appeal: str
    body: str | None
    executor: str | None
    due: datetime | None
    breach: datetime | None


class Sums(NamedTuple):
    """The appeals of a list that one body, or one executor, has. *late*: of them, those with a term that this body
    missed. *first* is the first due instant; of those in breach, the first that was missed."""

    body: str | None
    executor: str | None
    appeals: int
    late: int
    first: datetime


class Figures(NamedTuple):
    """The open appeals of one body, or of one executor of it: those due by the end of the day and of the week.

    *late*: of those in breach, the ones with a term that this body itself missed."""

    body: str | None
    executor: str | None
    today: int
    week: int
    in_breach: int
    late: int


async def figures(connection: AsyncConnection, selection: Selection, today: Periods, week: Periods) -> list[Figures]:
    """The sums of all three lists by body and executor, in one query. *selection* has no `within`.

    Raises the errors of the database.
    """
    in_breach = _in_breach(selection)
    select = f"""
        select body, executor,
            count(*) filter (where due > :at and due <= coalesce(today_end, :today_other))::int,
            count(*) filter (where due > :at and due <= coalesce(ending, :other))::int,
            count(*) filter (where {in_breach})::int, count(holder_breach) filter (where {in_breach})::int
        from listed {_ENDS} left join unnest(cast(:jurisdictions as text[]), cast(:today_ends as timestamptz[]))
            as todays (jurisdiction, today_end) using (jurisdiction)
        where ({in_breach} or due > :at and due <= :last) {"".join(f" and {one}" for one in _seen(selection))}
        group by 1, 2
    """  # noqa: S608 - only names of our own columns
    given = {"today_ends": [today.ends[id] for id in week.ends], "today_other": today.other}
    return [Figures(*row) for row in await _run(connection, selection, week, select, given)]


async def page(
    connection: AsyncConnection, selection: Selection, periods: Periods | None, after: ListPlace, limit: int | None
) -> list[Listed]:
    """At most *limit* appeals (None: all) behind the place *after*: the longest in breach, or the soonest due, first.

    *periods*: of a selection with `within`. Raises the errors of the database.
    """
    instant = _instant(selection)
    select = f"""
        select appeal, body, executor, due, breach from listed {_where(selection)}
            and ({instant}, appeal) > (:instant, :appeal)
        order by {instant}, appeal limit :limit
    """  # noqa: S608 - only names of our own columns
    given = {"instant": after.instant, "appeal": after.appeal, "limit": limit}
    return [Listed(*row) for row in await _run(connection, selection, periods, select, given)]


async def sums(connection: AsyncConnection, selection: Selection, periods: Periods | None, key: ListKey) -> list[Sums]:
    """The appeals of *selection* by *key*, in the order of their first instants. Raises the errors of the database."""
    executor = "executor" if key == "executor" else "cast(null as text)"
    select = f"""
        select body, {executor}, count(*)::int,
            count(holder_breach)::int, min({_instant(selection)}) as first
        from listed {_where(selection)} group by 1, 2 order by first, 1, 2
    """  # noqa: S608 - only names of our own columns
    return [Sums(*row) for row in await _run(connection, selection, periods, select, {})]


def place(listed: Listed, selection: Selection) -> ListPlace:
    """The place of an appeal in the list of *selection*."""
    instant = listed.breach if selection.within is None else listed.due
    assert instant is not None
    return ListPlace(instant, listed.appeal)


def _instant(selection: Selection) -> str:
    """The column that orders the list."""
    return "breach" if selection.within is None else "due"


def _where(selection: Selection) -> str:
    due = "due > :at and due <= :last and due <= coalesce(ending, :other)"
    conditions = [_in_breach(selection) if selection.within is None else due]
    conditions += ["body = :body"] if selection.body is not None else []
    conditions += ["executor = :executor"] if selection.executor is not None else []
    conditions += _seen(selection)
    return f"{'' if selection.within is None else _ENDS} where {' and '.join(conditions)}"


def _in_breach(selection: Selection) -> str:
    return "breach is not null" if selection.past else is_late_sql(":at", "breach")


def _seen(selection: Selection) -> list[str]:
    reader = selection.reader
    if reader is None:
        return []
    conditions = [_SEEN] + ([] if reader.bodies is None else ["body = any(cast(:reading_bodies as text[]))"])
    if selection.body is not None or selection.executor is not None:
        conditions.append("(not confidential or body = :reading_body)" if reader.handles else "not confidential")
    return conditions


async def _run(
    connection: AsyncConnection, selection: Selection, periods: Periods | None, select: str, given: dict[str, Any]
) -> Sequence[Any]:
    given |= {"at": selection.at.astimezone(UTC)}
    given |= {name: value for name in ("body", "executor") if (value := getattr(selection, name)) is not None}
    if (reader := selection.reader) is not None:
        given |= {"reading_body": reader.body, "reading_bodies": list(reader.bodies or ())}
    if selection.past:
        given["known"] = selection.known
        await connection.execute(text(PLAN))
    if periods is not None:
        given |= {"jurisdictions": list(periods.ends), "ends": list(periods.ends.values()), "other": periods.other}
        given["last"] = max([*periods.ends.values(), periods.other])
    rows: Sequence[Any] = list(await connection.execute(_query(selection.past, select), given))
    return rows


def _query(past: bool, select: str) -> TextClause:
    return text(f"with {_PAST if past else _NOW} {select}")
