"""The appeals of a period as they were late, and as they would have been.

Most appeals had one term for the answer and one body: the database sums up their facts, and two instants decide. The
facts of the others are read. Where they are a `simple_history`, two instants decide of each term, too. Of the rest the
facts are changed, and `natija_events.terms.lateness` judges both.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_deadlines.policies.policy import Policy
from natija_deadlines.terms.projection import load_facts
from natija_deadlines.what_if.dues import NewDues
from natija_deadlines.what_if.simple_history import NewDuesOfTerms, is_answer, simple_history
from natija_events.terms.facts import TermFact
from natija_events.terms.lateness import is_late, judge
from natija_events.terms.timeline import order
from natija_terms.calendars.calendar import Calendar

_PAGE = 2000
_BREATH = 100
"""Appeals after which other tasks of the process have their turn: its timers, and its pages."""
_APPEALS = """
    select
        appeal, kind, country_type, received,
        coalesce(
            bool_and(case
                when change = 'opened' then name = 'appeal.registered'
                when change = 'ended' then true
                when change = 'stepped' then name <> 'appeal.forwarded'
                when term not like 'answer-%' then true
                when change = 'set' then
                    ends <@ array['end', 'appeal.forwarded'] and pauses = '{}' and counts
                    and coalesce(origin_sequence, 1) = 1
                else change = 'missed'
            end)
            and count(*) filter (where change = 'ended') <= 1
            and count(*) filter (where change = 'set' and term like 'answer-%') <= 1
            and min(holder) filter (where term is null) = max(holder) filter (where term is null)
            and coalesce(
                min(due) filter (where term like 'answer-%') = max(due) filter (where term like 'answer-%'), true
            ),
            false
        ) as plain,
        min(holder) filter (where term is null) as holder,
        min(due) filter (where term like 'answer-%') as due,
        bool_or(change = 'missed' and term like 'answer-%') as missed,
        min(time) filter (where change = 'ended') as closed
    from (
        select appeal, kind, country_type, received from appeals
        where jurisdiction = $1 and received >= $2 and received < $3 and kind is not null
    ) as considered join term_facts using (appeal)
    where time <= $4
    group by appeal, kind, country_type, received
"""


class _Appeal(NamedTuple):
    """The sums of one appeal's facts. *plain*: it was never forwarded, and had one term for the answer at most, which
    was neither moved nor paused; its *holder* is the only one, *due* that of its term, *missed* a recorded breach."""

    appeal: str
    kind: str
    country_type: str | None
    received: datetime
    plain: bool
    holder: str | None
    due: datetime | None
    missed: bool | None
    closed: datetime | None


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

    before: list[LateAppeal]
    after: list[LateAppeal]
    holders: dict[str, str | None]
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
    """The appeals received from *first* to before *last*, as of *at*: as they are, and as *policy* would have it."""
    found = Comparison([], [], {}, at)
    plain, others = list[_Appeal](), list[_Appeal]()
    await connection.execute(text("select 1"))  # it begins the transaction
    driver: Any = (await connection.get_raw_connection()).driver_connection
    for row in await driver.fetch(_APPEALS, policy.jurisdiction, first, last, at):
        one: _Appeal = tuple.__new__(_Appeal, row)  # there are many
        (plain if one.plain else others).append(one)
    dues = NewDues(policy, calendar)
    for start in range(0, len(plain), _PAGE):
        _compare_plain(found, plain[start : start + _PAGE], dues)
        await asyncio.sleep(0)
    for start in range(0, len(others), _PAGE):
        page = others[start : start + _PAGE]
        facts = await load_facts(connection, [one.appeal for one in page])
        for place, appeal in enumerate(page):
            _compare_judged(found, appeal, facts[appeal.appeal], dues)
            if place % _BREATH == 0:
                await asyncio.sleep(0)
    return found


def _compare_plain(found: Comparison, appeals: Sequence[_Appeal], dues: NewDues) -> None:
    for one in appeals:
        found.holders[one.appeal] = one.holder
        if one.due is None:
            continue
        until = one.closed or found.at
        if one.missed or is_late(until, one.due):
            found.before.append(LateAppeal(one.appeal, one.holder, one.due, one.closed))
        due = dues(one.kind, one.country_type, one.received) or one.due
        if is_late(until, due):
            found.after.append(LateAppeal(one.appeal, one.holder, due, one.closed))


def _compare_judged(found: Comparison, appeal: _Appeal, facts: Sequence[TermFact], dues: NewDues) -> None:
    found.holders[appeal.appeal] = _last_holder(facts)
    new = _new_dues(appeal, facts, dues)
    if (history := simple_history(facts, found.at)) is not None:
        before, after, closed = history.late_bodies(), history.late_bodies_with(new), history.closed
    else:
        before, closed = _late(facts, found.at)
        after, _ = _late(_changed(facts, new), found.at)
    found.before.extend(LateAppeal(appeal.appeal, body, due, closed) for body, due in before.items())
    found.after.extend(LateAppeal(appeal.appeal, body, due, closed) for body, due in after.items())


def _new_dues(appeal: _Appeal, facts: Sequence[TermFact], dues: NewDues) -> NewDuesOfTerms:
    """The due instants of the terms for the answer by the other policy."""
    began = {fact.sequence: fact.time for fact in facts if fact.term is None and fact.name != "appeal.registered"}
    return {
        (fact.sequence, fact.place): dues(
            appeal.kind, appeal.country_type, began.get(fact.origin_sequence or 0, appeal.received)
        )
        for fact in facts
        if fact.change == "set" and is_answer(fact)
    }


def _changed(facts: Sequence[TermFact], dues: NewDuesOfTerms) -> Iterable[TermFact]:
    """The facts with new due instants, and without what was recorded of the old ones."""
    for fact in facts:
        if fact.change not in ("missed", "annulled", "corrected"):
            due = dues.get((fact.sequence, fact.place))
            yield fact if due is None else fact._replace(due=due)


def _late(facts: Iterable[TermFact], at: datetime) -> tuple[dict[str | None, datetime], datetime | None]:
    """The bodies that missed a term for the answer, each with the first due instant; and since when it is closed."""
    lateness = judge(facts, at)
    dues: dict[str | None, datetime] = {}
    for breach in lateness.breaches:
        if breach.kind == "answer":
            dues[breach.holder] = min(breach.due, dues.get(breach.holder, breach.due))
    return dues, lateness.closed


def _last_holder(facts: Sequence[TermFact]) -> str | None:
    held = [fact for fact in facts if fact.term is None and fact.holder is not None]
    return max(held, key=order).holder if held else None


def _of_bodies(late: Sequence[LateAppeal]) -> Mapping[str | None, Mapping[str, LateAppeal]]:
    found: defaultdict[str | None, dict[str, LateAppeal]] = defaultdict(dict)
    for one in late:
        found[one.body][one.appeal] = one
    return found


def _mean_days(late: Mapping[str, LateAppeal], at: datetime) -> float:
    if not late:
        return 0.0
    return round(sum(one.lateness(at) / timedelta(days=1) for one in late.values()) / len(late), 1)
