"""Another policy on the board: what is asked, and the result beside what was."""

from collections.abc import Container, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.http.problems import FieldError
from natija_chassis.pages.catalogs import GetText
from natija_chassis.pages.charts import BarChart, Datum, bar_chart
from natija_chassis.pages.tables import Column, Table, TableRow
from natija_deadlines.board.names import Names
from natija_deadlines.board.questions import read_day
from natija_deadlines.policies.policy import Policies, Policy
from natija_deadlines.policies.rules import LengthRule
from natija_deadlines.what_if.comparison import BodyComparison
from natija_deadlines.worklists.selection import ListReader
from natija_terms.calendars.calendar import Calendar

MOST_APPEALS = 20_000
"""Appeals of a period: the comparison takes about a second for them. The command compares any number."""
MOST_DAYS = 250
"""Working days of a term: about a year."""
_MOST_BARS = 6
_COUNT = text("""
    select count(*) from (
        select from appeals
        where jurisdiction = :jurisdiction and received >= :first and received < :last and kind is not null
        limit :limit
    ) as considered
""")


class Question(NamedTuple):
    """A form that is complete: the *policy*, the *calendar* of its jurisdiction, the days of receipt, and a body."""

    policy: Policy
    calendar: Calendar
    first: date
    last: date
    body: str | None

    @property
    def period(self) -> tuple[datetime, datetime]:
        """From which instant to before which one the appeals were received."""
        return self.calendar.begin(self.first), self.calendar.end(self.last)


def installed(policies: Policies, jurisdictions: Container[str]) -> Mapping[str, Policy]:
    """The policies of these *jurisdictions*, by their numbers; without one that has no calendar."""
    return {
        one.number: one
        for jurisdiction, of in policies.by_jurisdiction.items()
        for one in of
        if jurisdiction in policies.calendars and jurisdiction in jurisdictions
    }


def read_question(
    given: Mapping[str, str], policies: Mapping[str, Policy], calendars: Mapping[str, Calendar], bodies: Container[str]
) -> Question | list[FieldError]:
    """The question that the form asks; its errors where it is not one. *policies* by number, *bodies* may be asked for.

    With *days* the policy counts this many working days for an answer to every appeal.
    """
    errors: list[FieldError] = []
    policy = policies.get(given["policy"])
    if policy is None:
        errors.append(_error("policy", "unknown"))
    days = given["days"].strip()
    if days and not (days.isascii() and days.isdigit() and 1 <= int(days) <= MOST_DAYS):
        errors.append(_error("days", "range"))
    first, last = read_day("first", given["first"]), read_day("last", given["last"])
    errors += [one for one in (first, last) if not isinstance(one, date)]
    body = given["body"] or None
    if body is not None and body not in bodies:
        errors.append(_error("body", "unknown"))
    if isinstance(first, date) and isinstance(last, date) and last < first:
        errors.append(_error("last", "before"))
    if errors or policy is None or not isinstance(first, date) or not isinstance(last, date):
        return errors
    asked = with_working_days(policy, int(days)) if days else policy
    return Question(asked, calendars[policy.jurisdiction], first, last, body)


def with_working_days(policy: Policy, days: int) -> Policy:
    """*policy* with a term of so many working days for the answer to every appeal."""
    answer = policy.answer.model_copy(update={"lengths": (LengthRule(amount=days, unit="working"),)})
    return policy.model_copy(update={"terms": {**policy.terms, "answer": answer}})


async def is_too_long(connection: AsyncConnection, question: Question) -> bool:
    """Whether the period has too many appeals for a page. Raises the errors of the database."""
    first, last = question.period
    given = {"jurisdiction": question.policy.jurisdiction, "first": first, "last": last, "limit": MOST_APPEALS + 1}
    return bool((await connection.execute(_COUNT, given)).scalar_one() > MOST_APPEALS)


class WhatIfResult:
    """The sums of each body that the *reader* sees, as they were and as they would have been."""

    def __init__(
        self, sums: Sequence[BodyComparison], reader: ListReader, body: str | None, names: Names, words: GetText
    ) -> None:
        seen = (one for one in sums if reader.bodies is None or one.body in reader.bodies)
        self._sums = [one for one in seen if body is None or one.body == body]
        self._names, self._words = names, words

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self._sums

    @property
    def table(self) -> Table:
        """A row for each body, and their sum."""
        words, number = self._words, self._names.number
        columns = (
            Column(words("Body")),
            *(
                Column(heading, numeric=True)
                for heading in (
                    words("Appeals"), words("Late, as it was"), words("Late, what if"), words("Late only then"),
                    words("No longer late"),
                )
            ),
        )  # fmt: skip
        rows = [TableRow((self._names.body(one.body), *map(number, _counts(one)))) for one in self._ordered]
        if len(rows) > 1:
            sums = (sum(counts) for counts in zip(*map(_counts, self._sums), strict=True))
            rows.append(TableRow((words("All"), *map(number, sums)), strong=True))
        return Table(words("As it was, and what if"), columns, tuple(rows))

    @property
    def bars(self) -> BarChart | None:
        """Two bars for each of the bodies with the most late appeals."""
        shown = [one for one in self._ordered if one.late_before or one.late_after][:_MOST_BARS]
        data = [
            Datum(f"{self._names.body(one.body)}: {label}", count, self._names.number(count))
            for one in shown
            for label, count in (
                (self._words("as it was"), one.late_before), (self._words("what if"), one.late_after),
            )
        ]  # fmt: skip
        return bar_chart(data) if data else None

    @property
    def _ordered(self) -> Sequence[BodyComparison]:
        return sorted(self._sums, key=lambda one: (-max(one.late_before, one.late_after), one.body or ""))


def _counts(one: BodyComparison) -> tuple[int, ...]:
    return one.appeals, one.late_before, one.late_after, one.newly_late, one.no_longer_late


def _error(field: str, rule: str) -> FieldError:
    return {"field": field, "rule": rule, "message": "is not possible"}
