"""The appeals of a period as they were late, and as they would have been: on copies of their facts.

A temporary table with the name of the facts stands before them in the session, so the one query of `lateness_sql`
judges both. The transaction ends with a rollback.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_deadlines.policies.policy import Policy
from natija_deadlines.what_if.dues import CountedTerm, recount
from natija_events.terms.lateness_sql import BREACHES, PLAN
from natija_terms.calendars.calendar import Calendar

_PREPARE = (
    """create temp table considered (appeal text primary key, kind text, country_type text, received timestamptz)
        on commit drop""",
    """insert into considered select appeal, kind, country_type, received from appeals
        where jurisdiction = :jurisdiction and received >= :first and received < :last and kind is not null""",
    """create temp table facts_considered on commit drop as
        select term_facts.* from term_facts join considered using (appeal)""",
    "create index on facts_considered (appeal, sequence)",
    "create temp table new_dues (appeal text, sequence int, place smallint, due timestamptz) on commit drop",
    # From here on, `term_facts` is the copy.
    "alter table facts_considered rename to term_facts",
    "analyze considered",
    "analyze pg_temp.term_facts",
)
_SET = text("""
    select facts.appeal, facts.sequence, facts.place, kind, country_type, coalesce((
        select min(origin.time) from term_facts as origin
        where origin.appeal = facts.appeal and origin.sequence = facts.origin_sequence and origin.change <> 'opened'
    ), received) as instant
    from term_facts as facts join considered using (appeal)
    where facts.change = 'set' and facts.term like 'answer-%'
""")
_CHANGE = (
    "analyze new_dues",
    """update term_facts set due = new_dues.due from new_dues
        where term_facts.appeal = new_dues.appeal and term_facts.sequence = new_dues.sequence
            and term_facts.place = new_dues.place and new_dues.due is not null""",
    "delete from term_facts where change in ('missed', 'annulled', 'corrected')",
)
_HOLDERS = text("""
    select appeal, (
        select holder from term_facts as facts
        where facts.appeal = considered.appeal and term is null and holder is not null
        order by time desc, sequence desc limit 1
    ) as holder from considered
""")
_LATE = text(f"""
    with {BREACHES}
    select breaches.appeal, holder, min(due) as due, closed from breaches join closings using (appeal)
    where breaches.term like 'answer-%' group by breaches.appeal, holder, closed
""")  # noqa: S608 - only names of our own columns


class LateAppeal(NamedTuple):
    """An appeal that *body* answered late, or has not answered: the first term that it missed ended at *due*."""

    appeal: str
    body: str | None
    due: datetime
    closed: datetime | None

    def lateness(self, at: datetime) -> timedelta:
        """How late it was when it closed, or is at *at*."""
        return (self.closed or at) - self.due


class BodyComparison(NamedTuple):
    """The appeals of a *body*, and how many it made late: as it was (*before*), and by the other policy (*after*).

    Days are the mean of late appeals, in calendar days.
    """

    body: str | None
    appeals: int
    late_before: int
    late_after: int
    newly_late: int
    no_longer_late: int
    days_before: float
    days_after: float


class Comparison(NamedTuple):
    """The late appeals *before* and *after*, and the body that holds each appeal of the period."""

    before: Sequence[LateAppeal]
    after: Sequence[LateAppeal]
    holders: Mapping[str, str | None]
    at: datetime

    def by_body(self) -> list[BodyComparison]:
        """The sums of each body, in the order of their ids."""
        appeals = Counter(self.holders.values())
        before, after = _of_bodies(self.before), _of_bodies(self.after)
        bodies = sorted({*appeals, *before, *after}, key=lambda body: body or "")
        return [self._sums(body, appeals[body], before[body], after[body]) for body in bodies]

    def _sums(
        self, body: str | None, appeals: int, before: Mapping[str, LateAppeal], after: Mapping[str, LateAppeal]
    ) -> BodyComparison:
        return BodyComparison(
            body, appeals, len(before), len(after), len(after.keys() - before), len(before.keys() - after),
            _mean_days(before, self.at), _mean_days(after, self.at),
        )  # fmt: skip


async def compare(
    connection: AsyncConnection, policy: Policy, calendar: Calendar, first: datetime, last: datetime, at: datetime
) -> Comparison:
    """The appeals received from *first* to before *last*, as of *at*: as they are, and as *policy* would have it.

    *connection* is rolled back.
    """
    period = {"jurisdiction": policy.jurisdiction, "first": first.astimezone(UTC), "last": last.astimezone(UTC)}
    try:
        for statement in _PREPARE:
            await connection.execute(text(statement), period if ":first" in statement else {})
        await connection.execute(text(PLAN))
        holders = {row.appeal: row.holder for row in await connection.execute(_HOLDERS)}
        before = await _late(connection, at)
        terms = [CountedTerm(*row) for row in await connection.execute(_SET)]
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.copy_records_to_table("new_dues", records=recount(terms, policy, calendar))
        for statement in _CHANGE:
            await connection.execute(text(statement))
        return Comparison(before, await _late(connection, at), holders, at)
    finally:
        await connection.rollback()


async def _late(connection: AsyncConnection, at: datetime) -> list[LateAppeal]:
    return [LateAppeal(*row) for row in await connection.execute(_LATE, {"at": at.astimezone(UTC), "known": None})]


def _of_bodies(late: Sequence[LateAppeal]) -> Mapping[str | None, Mapping[str, LateAppeal]]:
    found: defaultdict[str | None, dict[str, LateAppeal]] = defaultdict(dict)
    for one in late:
        found[one.body][one.appeal] = one
    return found


def _mean_days(late: Mapping[str, LateAppeal], at: datetime) -> float:
    if not late:
        return 0.0
    return round(sum(one.lateness(at) / timedelta(days=1) for one in late.values()) / len(late), 1)
