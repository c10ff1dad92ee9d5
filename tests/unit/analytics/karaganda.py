"""Given: a register of Karaganda region under both laws of Kazakhstan, the same at every call. Nobody in it is real.

The region's report says that local executive bodies gave 91 late answers in 2021, and 40 in the first quarter of 2022.
How they are spread over bodies is made up. Beside them stand answers that a wrong rule takes for late ones.
"""

import random
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.unit.events.histories import Log, registered

from natija_chassis.reports.period import Period
from natija_deadlines.policies.policy import PolicyDeadline, load_policies
from natija_events.ids import derived_appeal_number
from natija_events.lifecycle import transitions
from natija_events.types.base import EventData
from natija_events.types.deadlines import ANSWER_ENDS, Missed, Term, TermExtended, TermExtension, TermOrigin, TermSet
from natija_events.types.intake import Withdrawn
from natija_events.types.routing import Answered, Forwarded, Reopened, Routed

YEAR = Period(date(2021, 1, 1), date(2021, 12, 31), "Asia/Almaty")
QUARTER = Period(date(2022, 1, 1), date(2022, 3, 31), "Asia/Almaty")
LATE_IN_YEAR = {
    "akimat-karaganda": 17, "akimat-temirtau": 12, "akimat-balkhash": 7, "akimat-zhezkazgan": 9, "akimat-satpayev": 4,
    "akimat-bukhar-zhyrau": 6, "akimat-karkaraly": 3, "akimat-shet": 2, "akimat-osakarov": 0,
    "department-land": 11, "department-housing": 10, "department-education": 4, "department-health": 6,
}  # fmt: skip
"""The late answers of 2021 by local executive body: of a city or district, or a department of the region."""
LATE_IN_QUARTER = {
    "akimat-karaganda": 9, "akimat-temirtau": 4, "akimat-balkhash": 0, "akimat-zhezkazgan": 5, "akimat-satpayev": 3,
    "akimat-bukhar-zhyrau": 2, "akimat-karkaraly": 1, "akimat-shet": 1, "akimat-osakarov": 1,
    "department-land": 6, "department-housing": 5, "department-education": 2, "department-health": 1,
}  # fmt: skip
CENTRAL = "service-tax"
"""A body of the central government. Its late answers are not those of local bodies."""
CENTRAL_LATE = {YEAR: 8, QUARTER: 3}
OPEN_PER_BODY = 2
"""The appeals of each body that are open and late at the end of the quarter."""

_POLICIES = load_policies()
_ZONE = ZoneInfo(YEAR.zone)
_TICK = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_Happened = tuple[datetime, EventData]


class _Begun(NamedTuple):
    """An appeal that has a body and a term: what happened so far, and the instant at which the term ends."""

    events: list[_Happened]
    due: datetime


def build_register() -> Log:
    """The log of the register, as it grew."""
    happened = [
        (at, appeal, data)
        for number, life in enumerate(_lives(random.Random(2022)))
        for appeal in [derived_appeal_number("KZ", "karaganda", str(number))]
        for at, data in _lawful(appeal, life)
    ]
    log = Log()
    for at, appeal, data in sorted(happened, key=lambda one: one[0]):
        log.add(appeal, at, data)
    return log


def local_bodies(late: Mapping[str, int]) -> dict[str, int]:
    """*late* without bodies that gave no late answer."""
    return {body: count for body, count in late.items() if count}


def _lives(chance: random.Random) -> Iterator[list[_Happened]]:
    for period, late in ((YEAR, LATE_IN_YEAR), (QUARTER, LATE_IN_QUARTER)):
        first, end = period.bounds()
        for place, (body, count) in enumerate({**late, CENTRAL: CENTRAL_LATE[period]}.items()):
            if count:
                yield _late_by_an_instant(body, first + 45 * _DAY)
            for number in range(1, count):
                second = [*late][place - 1] if number == 3 else None
                yield _late(
                    body, _answer_day(number, first, end, chance), chance, recorded=number % 2 == 0, second=second
                )
            yield from _in_time(body, period, chance)
            yield _forwarded_late(body, [*late][place - 1], first + chance.randrange(25) * _DAY)
            yield _withdrawn_late(body, first + chance.randrange(40) * _DAY)
    yield _reopened(YEAR, QUARTER)
    for body in (*LATE_IN_QUARTER, CENTRAL):
        end = QUARTER.bounds()[1]
        for _ in range(OPEN_PER_BODY - 1):
            yield _open_late(body, end - 40 * _DAY)
        yield _late(body, end + chance.randrange(1, 20) * _DAY, chance, days=60, recorded=True)


def _answer_day(number: int, first: datetime, end: datetime, chance: random.Random) -> datetime:
    """When the late answer *number* of a body was given: in the first and in the last instant of the period, too."""
    if number < 3:
        return first if number == 1 else end - _TICK
    return first + timedelta(days=chance.randrange((end - first).days), hours=chance.randrange(9, 19))


def _late(
    body: str,
    answered: datetime,
    chance: random.Random,
    *,
    recorded: bool,
    days: int | None = None,
    second: str | None = None,
) -> list[_Happened]:
    """Answered up to some weeks after the end of the term. *recorded*: the breach stands on the log, too.

    *second*: another body to which it was routed meanwhile. The answer is late all the same by the first one's fault.
    """
    kind = chance.choice(("application", "complaint", "request"))
    received = answered - (days if days is not None else chance.randrange(17, 60)) * _DAY
    while _term(received, kind).deadline.due >= answered:
        received -= _DAY
    begun = _begun(body, received, kind)
    missed = [(begun.due, Missed(term="answer-1", due=begun.due))] if recorded else []
    routed = [(begun.due + (answered - begun.due) / 2, Routed(body=second))] if second else []
    return [*begun.events, *missed, *routed, (answered, _ANSWERED)]


def _late_by_an_instant(body: str, received: datetime) -> list[_Happened]:
    begun = _begun(body, received)
    return [*begun.events, (begun.due + _TICK, _ANSWERED)]


def _in_time(body: str, period: Period, chance: random.Random) -> Iterator[list[_Happened]]:
    """Answers that a wrong rule takes for late ones, and plain ones."""
    first, end = period.bounds()
    days = (end - first).days - 40
    for _ in range(4):
        received = first + timedelta(days=chance.randrange(days), hours=chance.randrange(24))
        begun = _begun(body, received)
        yield [*begun.events, (received + (begun.due - received) * chance.random(), _ANSWERED)]
    on_time = _begun(body, first + chance.randrange(days) * _DAY)
    yield [*on_time.events, (on_time.due, _ANSWERED)]
    received = max(first, datetime(2021, 6, 30, 20, tzinfo=_ZONE)) + chance.randrange(20) * _DAY
    complaint = _begun(body, received, "complaint")
    yield [*complaint.events, (_term(received, "application").deadline.due + 2 * _DAY, _ANSWERED)]
    extended = _begun(body, first + chance.randrange(days) * _DAY)
    due = extended.due + 10 * _DAY
    yield [*extended.events, (extended.due, TermExtended(term="answer-1", due=due)), (due, _ANSWERED)]


def _forwarded_late(body: str, other: str, received: datetime) -> list[_Happened]:
    """The body misses its term and forwards; the other one answers in its own term."""
    begun = _begun(body, received)
    forwarded = begun.due + 3 * _DAY
    missed = (begun.due, Missed(term="answer-1", due=begun.due))
    second, due = _term_set("answer-2", 5, forwarded, "application", holder=other)
    return [*begun.events, missed, (forwarded, Forwarded(body=other)), (forwarded, second), (due, _ANSWERED)]


def _withdrawn_late(body: str, received: datetime) -> list[_Happened]:
    """Closed late, but without an answer."""
    begun = _begun(body, received)
    return [*begun.events, (begun.due + 2 * _DAY, Withdrawn())]


def _open_late(body: str, received: datetime) -> list[_Happened]:
    return _begun(body, received).events


def _reopened(before: Period, after: Period) -> list[_Happened]:
    """Answered in time in the one period, reopened by a court, and answered in time once more in the other one."""
    begun = _begun("akimat-osakarov", before.bounds()[1] - 60 * _DAY)
    decided = after.bounds()[0] + 10 * _DAY
    second, due = _term_set("answer-2", 5, decided, "application", holder="akimat-osakarov")
    reopened = Reopened(body="akimat-osakarov", authority="court", decided=decided)
    return [*begun.events, (begun.due, _ANSWERED), (decided, reopened), (decided, second), (due, _ANSWERED)]


_ANSWERED = Answered(outcome="explained")


def _begun(body: str, received: datetime, kind: str = "application") -> _Begun:
    opened = registered(received, jurisdiction="KZ", kind=kind, region="karaganda", addressee=body)
    term_set, due = _term_set("answer-1", 1, received, kind)
    return _Begun([(received, opened), (received, Routed(body=body)), (received, term_set)], due)


def _term_set(
    id: str, sequence: int, instant: datetime, kind: str, holder: str | None = None
) -> tuple[TermSet, datetime]:
    """The term as the policy of the day counts it."""
    found = _term(instant, kind)
    term = Term(
        id=id, holder=holder, origin=TermOrigin(sequence=sequence, instant=instant), starts=found.deadline.starts,
        due=found.deadline.due, policy=found.policy.number, calendar=found.deadline.calendar, ends=ANSWER_ENDS,
        extension=None if found.latest is None else TermExtension(latest=found.latest),
    )  # fmt: skip
    return TermSet(terms=(term,)), found.deadline.due


def _term(received: datetime, kind: str) -> PolicyDeadline:
    return _POLICIES.deadline("KZ", kind, received)


def _lawful(appeal: str, life: list[_Happened]) -> list[_Happened]:
    """*life*, which the life cycle must admit."""
    standing = transitions.INITIAL
    for at, data in life:
        assert transitions.find_violation(standing, appeal, at, data) is None, (at, data)
        standing = transitions.evolve(standing, data.type, at, data)
    return life
