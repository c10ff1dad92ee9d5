"""Other policies compared, without a database: the dues that one gives, and histories that need no full judgement."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from tests.unit.deadlines.history import at
from tests.unit.events.histories import hour, random_log

from natija_deadlines.policies.policy import load_policies
from natija_deadlines.what_if.dues import NewDues
from natija_deadlines.what_if.simple_history import simple_history
from natija_events.terms.facts import TermFact, facts_of
from natija_events.terms.lateness import Breach, judge

POLICIES = load_policies()
KZ, CALENDAR = POLICIES.by_jurisdiction["KZ"][0], POLICIES.calendars["KZ"]


@pytest.fixture
def dues() -> NewDues:
    return NewDues(KZ, CALENDAR)


def due(dues: NewDues, instant: str, kind: str = "application", country_type: str | None = None) -> datetime | None:
    return dues(kind, country_type, datetime.fromisoformat(instant))


def test_dues_are_those_of_the_policy(dues: NewDues) -> None:
    assert due(dues, "2022-02-14T10:00+06:00") == at("2022-03-06T00:00+06:00")
    assert due(dues, "2022-02-14T18:29+06:00") == at("2022-03-06T00:00+06:00")
    assert due(dues, "2022-02-14T18:30+06:00") == at("2022-03-10T00:00+06:00")


def test_kind_and_type_count_apart(dues: NewDues) -> None:
    """On one day, too."""
    day = "2026-03-16T09:00+05:00"
    found = [due(dues, day, "request", "bailiff-request"), due(dues, day, "complaint"), due(dues, day, "request")]
    assert [str(CALENDAR.local(one).date()) for one in found if one] == ["2026-03-20", "2026-04-17", "2026-04-10"]


def test_uncounted_term_has_no_due(dues: NewDues) -> None:
    assert due(dues, "2040-01-01T10:00+05:00") is None
    assert due(dues, "2026-03-16T09:00+05:00", "request", "no-such-type") is None


def test_simple_histories_equal_the_fold() -> None:
    """Of random histories, as of many instants, with the terms as they were and with others."""
    found: Counter[str] = Counter()
    for facts in histories():
        for instant in map(hour, (3.5, 9.5, 16.5, 40.5)):
            if (history := simple_history(facts, instant)) is None:
                continue
            judged = judge(facts, instant)
            assert history.closed == judged.closed
            assert history.late_bodies() == first_of_bodies(judged.breaches)
            new = {(one.sequence, one.place): hour(11) for one in facts if one.change == "set"}
            changed = [
                one._replace(due=hour(11)) if one.change == "set" else one
                for one in facts
                if one.change not in ("missed", "annulled", "corrected")
            ]
            assert history.late_bodies_with(new) == first_of_bodies(judge(changed, instant).breaches)
            found["late" if history.late_bodies() else "in time"] += 1
    assert min(found["late"], found["in time"]) > 300, found


def histories() -> Iterator[list[TermFact]]:
    """Lawful ones of every kind, and many that only go from body to body."""
    for seed in range(10):
        lives: dict[str, list[TermFact]] = {}
        for event in random_log(25, seed).events:
            lives.setdefault(event.subject, []).extend(facts_of(event))
        yield from lives.values()
        chance = random.Random(seed)
        for number in range(100):
            times = sorted(hour(chance.randrange(20)) for _ in range(3 + chance.randrange(4)))
            yield [fact for sequence, time in enumerate(times, 1) for fact in passed_on(number, sequence, time, chance)]


def passed_on(number: int, sequence: int, time: datetime, chance: random.Random) -> Iterator[TermFact]:
    """The facts of the next event: a body has the appeal, with a term that may be over already; or it is answered."""
    fact = TermFact(f"passed on {number}", 3 * sequence, 0, time, time, "stepped", "appeal.forwarded")
    if sequence > 3 and chance.random() < 0.4:
        yield fact._replace(change="ended", name="appeal.answered")
        return
    first = fact._replace(change="opened", name="appeal.registered") if sequence == 1 else fact
    yield first._replace(holder=chance.choice("abc"))
    due = time + timedelta(hours=chance.randrange(6))
    of_term = fact._replace(term=f"answer-{sequence}", due=due)
    yield of_term._replace(
        sequence=3 * sequence + 1, change="set", name="appeal.term-set", origin_sequence=3 * sequence,
        ends=("end", "appeal.forwarded"), pauses=("appeal.data-requested",), counts=True,
        holder=chance.choice((None, None, "d")),
    )  # fmt: skip
    if chance.random() < 0.2:
        yield of_term._replace(sequence=3 * sequence + 2, time=due, change="missed", name="appeal.missed")


def first_of_bodies(breaches: tuple[Breach, ...]) -> dict[str | None, datetime]:
    dues: dict[str | None, datetime] = {}
    for one in breaches:
        if one.kind == "answer":
            dues[one.holder] = min(one.due, dues.get(one.holder, one.due))
    return dues
