"""Appeals past their term as of an instant T, computed by the database from the facts about terms.

This is `natija_events.terms.lateness.lateness` for all appeals at once; a test holds the two equal. Only what had
happened by T counts: events with ``time`` ≤ T, ordered by time, then sequence. An appeal counts when it was received
and registered by T. As known at K, only events count that were recorded by K.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple, get_args

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_events.terms import lateness_sql
from natija_events.terms.lateness import ANSWER_KINDS
from natija_events.terms.lateness_sql import breaches_sql

Key = Literal["body", "topic", "region"]
NoTerm = Literal["register", "closed", "not-set"]
KEYS: tuple[Key, ...] = get_args(Key)


class AppealLateness(NamedTuple):
    """One appeal as of T. *closed* is None while open at T, *due* is the term in force then, or when it closed.

    *no_term* says why it has none, and missed none: the `register` of its history gave none, it was `closed` before one
    was set, or none is set yet (`not-set`).
    """

    number: str
    external_id: str | None
    body: str | None
    due: datetime | None
    closed: datetime | None
    overdue: bool
    no_term: NoTerm | None


class LatenessSums(NamedTuple):
    """The appeals of one *key* (None: they have none) as of T.

    By body, an appeal counts where it is at T. A breach counts for the body that had to keep the term. *no_term* is the
    sum of the reasons after it.
    """

    key: str | None
    appeals: int
    with_due: int
    closed_late: int
    open_overdue: int
    no_term: int
    no_term_register: int = 0
    no_term_closed: int = 0
    no_term_not_set: int = 0


class NoTermSums(NamedTuple):
    """Appeals that have no term and missed none, by the reason. See `AppealLateness`."""

    register: int
    closed: int
    not_set: int


COUNTED = """
    counted as (
        select appeal, external_id, region, register_name from facts where received <= :at and opened <= :at
            and appeal > :after
    )
"""
"""The expression `counted`: the appeals that count as of `:at`."""
NO_TERM = """
    case
        when register_name is not null then 'register' when closed is not null then 'closed' else 'not-set'
    end
"""


def latest_value(column: str) -> str:
    """The expression `latest`: the last value of *column* of each appeal as of `:at`, as known at `:known`."""
    return f"""
        latest as (
            select distinct on (appeal) appeal, {column} as latest from history
            where time <= :at and recordedtime <= coalesce(cast(:known as timestamptz), 'infinity')
                and {column} is not null
            order by appeal, time desc, sequence desc
        )
    """  # noqa: S608 - only names of our own columns


def _query(select: str, *, latest: str, late: str, kinds: Sequence[str] = ANSWER_KINDS) -> str:
    """A query on the appeals that count as of T, with the last value of *latest* and the columns *late* of breaches.

    *kinds*: those of the terms whose breaches count.
    """
    of_kinds = " or ".join(f"term like '{kind}-%'" for kind in kinds)
    return f"""
        with {breaches_sql()}, {COUNTED}, {latest_value(latest)}, late as (
            select distinct {late} from breaches where {of_kinds}
        )
        {select}
    """  # noqa: S608 - only names of our own columns


_BY_APPEAL = f"""
    select appeal, external_id, latest, due, closed, coalesce(overdue, false),
        case when due is null and overdue is null then {NO_TERM} end
    from counted join closings using (appeal) left join due_now using (appeal) left join late using (appeal)
        left join latest using (appeal)
    order by appeal limit :limit
"""  # noqa: S608 - only names of our own columns
_APPEALS = text(_query(_BY_APPEAL, latest="body", late="appeal, true as overdue"))


def _by_key(key: Key) -> str:
    """An appeal counts for what *key* was at T; a breach, by body, for the holder of the term."""
    value = "region" if key == "region" else "latest"
    held = "late.holder" if key == "body" else "key"
    counts = ", ".join(f"(count(*) filter (where no_term = '{reason}'))::int" for reason in get_args(NoTerm))
    select = f"""
        , appeals as (
            select appeal, {value} as key, closed is not null as closed,
                case when due is null and appeal not in (select appeal from late) then {NO_TERM} end as no_term
            from counted join closings using (appeal) left join due_now using (appeal) left join latest using (appeal)
        ), sums as (
            select key, 1 as appeals, no_term, 0 as closed_late, 0 as open_overdue from appeals
            union all
            select {held}, 0, null, closed::int, (not closed)::int from appeals join late using (appeal)
        )
        select key, sum(appeals)::int, (sum(appeals) - count(no_term))::int, sum(closed_late)::int,
            sum(open_overdue)::int, count(no_term)::int, {counts}
        from sums group by key order by key nulls last
    """  # noqa: S608 - only names of our own columns
    columns = "appeal, holder" if key == "body" else "appeal"
    kinds = ("answer",) if key == "body" else ANSWER_KINDS  # all bodies together answer for the overall term
    return _query(select, latest="topic" if key == "region" else key, late=columns, kinds=kinds)


_BY_KEY = {key: text(_by_key(key)) for key in KEYS}


PLAN = text(lateness_sql.PLAN)


async def by_appeal(
    connection: AsyncConnection,
    at: datetime,
    known: datetime | None = None,
    *,
    after: str = "",
    limit: int | None = None,
) -> AsyncIterator[AppealLateness]:
    """Every appeal that counts as of *at* (aware), by number, behind the number *after*, at most *limit*. Times come in
    UTC. *known*: None means all events."""
    await connection.execute(PLAN)
    given = {"at": at.astimezone(UTC), "known": known, "after": after, "limit": limit}
    async with connection.stream(_APPEALS, given) as rows:
        async for row in rows:
            yield AppealLateness(*row)


async def by_key(
    connection: AsyncConnection, at: datetime, key: Key, known: datetime | None = None
) -> list[LatenessSums]:
    """The appeals that count as of *at* (aware), summed up by what *key* was then. *known*: None means all events."""
    await connection.execute(PLAN)
    given = {"at": at.astimezone(UTC), "known": known, "after": ""}
    return [LatenessSums(*row) for row in await connection.execute(_BY_KEY[key], given)]


def no_term_sums(found: Mapping[str, int]) -> NoTermSums:
    """The sums from the number of each reason."""
    return NoTermSums(*(found.get(reason, 0) for reason in get_args(NoTerm)))


def sum_no_term(sums: Iterable[LatenessSums]) -> NoTermSums:
    """The appeals without a term in all rows together."""
    found = list(sums)
    return NoTermSums(
        sum(one.no_term_register for one in found), sum(one.no_term_closed for one in found),
        sum(one.no_term_not_set for one in found),
    )  # fmt: skip


async def count_open(connection: AsyncConnection, at: datetime) -> int:
    """The appeals that are open and past a term as of *at* (aware)."""
    return sum(sums.open_overdue for sums in await by_key(connection, at, "region"))
