"""Late answers of a period, computed by the database from the facts about terms.

An appeal counts in the period in which it was answered, as of the end of that period. Its answer is late when its last
term had been missed: `natija_events.terms.lateness.judge_answer` for all appeals at once, and a test holds the two
equal. Neither an appeal that is still open counts, nor one that was forwarded late and then answered in time.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_analytics.reports.overdue import KEYS, NO_TERM, PLAN, Key, NoTermSums, latest_value
from natija_chassis.reports.period import Period
from natija_events.terms.lateness import ANSWERED
from natija_events.terms.lateness_sql import breaches_sql


class AnswerSums(NamedTuple):
    """The appeals of one *key* (None: they have none) that were answered in a period.

    By body, a late answer counts for the body that had to keep the term, as a breach does. The rest never had a term
    for the answer: the `register` gave none, or the appeal was `closed` before one was set.
    """

    key: str | None
    answered: int
    answered_late: int
    no_term_register: int = 0
    no_term_closed: int = 0


def head(period: Period, key: Key) -> dict[str, str]:
    """The key and the period of the report, for JSON."""
    days = {"from": period.first_day.isoformat(), "to": period.last_day.isoformat()}
    return {"report": "late-answers", "by": key, **days, "zone": period.zone}


_ANSWERED = f"""
    {breaches_sql()}, answered as (
        select appeal, region, register_name, closings.closed from facts join closings using (appeal)
        where received <= :at and closings.closed >= :first and closings.closed < :at
            and (cast(:in_region as text) is null or region = :in_region) and exists (
            select from states
            where states.appeal = facts.appeal and change = 'ended' and name = '{ANSWERED}' and merged is null
                and time = closings.closed
        )
    )
"""  # noqa: S608 - only names of our own columns


def _query(key: Key) -> str:
    value = "region" if key == "region" else "latest"
    column = "topic" if key == "region" else key
    held = "late.holder" if key == "body" else "key"
    late = "appeal, breaches.holder" if key == "body" else "appeal"
    return f"""
        with {_ANSWERED}, {latest_value(column)}, late as (
            select distinct {late} from answered join answers using (appeal) join breaches using (appeal, term)
        ), keyed as (
            select appeal, {value} as key,
                case when appeal not in (select appeal from answers) then {NO_TERM} end as no_term
            from answered left join latest using (appeal)
        ), sums as (
            select key, 1 as answered, 0 as late, no_term from keyed
            union all
            select {held}, 0, 1, null from keyed join late using (appeal)
        )
        select key, sum(answered)::int, sum(late)::int,
            (count(*) filter (where no_term = 'register'))::int, (count(*) filter (where no_term = 'closed'))::int
        from sums group by key order by key nulls last
    """  # noqa: S608 - only names of our own columns


_BY_KEY = {key: text(_query(key)) for key in KEYS}


async def by_key(connection: AsyncConnection, period: Period, key: Key, region: str | None = None) -> list[AnswerSums]:
    """The appeals that were answered in *period*, summed up by *key*; only those of a *region*.

    Raises ValueError for an unknown zone.
    """
    first, end = period.bounds()
    await connection.execute(PLAN)
    given = {"first": first, "at": end, "known": None, "in_region": region}
    return [AnswerSums(*row) for row in await connection.execute(_BY_KEY[key], given)]


def sum_no_term(sums: Iterable[AnswerSums]) -> NoTermSums:
    """The appeals without a term in all rows together."""
    found = list(sums)
    return NoTermSums(sum(one.no_term_register for one in found), sum(one.no_term_closed for one in found), 0)
