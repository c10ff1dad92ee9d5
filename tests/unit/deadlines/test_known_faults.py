"""Kinds of fault that other systems had: escalation, reminders, complaint windows, a year without a calendar."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.deadlines.history import Given, at, folded, recorded, registered
from tests.unit.deadlines.test_kinds import POLICIES, course, kg

from natija_deadlines.policies.coverage import days_left, is_short
from natija_deadlines.policies.policy import Policies
from natija_deadlines.terms.decide import decide
from natija_events.lifecycle.transitions import INITIAL, TABLE, evolve
from natija_events.terms.states import term_states
from natija_events.types.deadlines import Missed, Warned
from natija_events.types.routing import Answered, Routed

RECEIVED = "2022-02-14T10:00+06:00"
KZ = RECEIVED, registered(RECEIVED, jurisdiction="KZ")


def test_reminder_of_an_answered_appeal_conflicts() -> None:
    """The executor answers the evening before; the reminder of 09:00 was decided from the state without that answer.

    Its proposal states the sequence of that state. The answer is material, so the registrar rejects the reminder.
    """
    opened = [kg("2025-12-01T10:00+06:00"), ("2025-12-02T10:00+06:00", Routed(body="a", executor="e"))]
    past = course(*opened, until="2025-12-15").events
    before, facts = folded(*past)
    reminder = decide(before, facts, at("2025-12-16T09:00+06:00"), POLICIES)
    assert reminder is not None
    assert isinstance(reminder.data, Warned)
    answered = ("2025-12-15T18:00+06:00", Answered(outcome="explained"))
    standing = INITIAL
    for sequence, event in enumerate((*past, answered), 1):
        one = recorded(sequence, event[0], event[1])
        standing = evolve(standing, one.type, one.time, one.data)
    assert TABLE[reminder.data.type].expected
    assert standing.material > before.standing.sequence  # admission: "a material event came after it"
    after = folded(*past, answered)
    assert decide(*after, at("2025-12-16T09:00+06:00"), POLICIES) is None


def test_ladder_ends_and_is_not_climbed_again() -> None:
    """Not at every run, and not without end: one event a step, however often the clock looks."""
    past: list[Given] = [kg("2025-12-01T10:00+06:00")]
    now, end = at("2025-12-01T10:00+06:00"), at("2026-03-01T00:00+06:00")
    while now < end:
        while (event := decide(*folded(*past), now, POLICIES)) is not None:
            past.append(((event.time or now).isoformat(), event.data))
        now += timedelta(days=1, hours=7)
    steps = [event[1].step for event in past if isinstance(event[1], Warned)]
    assert steps == [1, 2, 3, 4]
    assert len([event for event in past if isinstance(event[1], Missed)]) == 1
    assert decide(*folded(*past), at("2029-01-01"), POLICIES) is None


@pytest.mark.parametrize(
    ("now", "status"), [("2022-05-30T23:00+06:00", "running"), ("2022-05-31T00:00:01+06:00", "expired")]
)
def test_complaint_window_is_told_until_it_passes(now: str, status: str) -> None:
    """Refused on 28.02.2022: a complaint until 30.05 (three months end on a Saturday, then the next working day).

    Afterwards the window is told as passed, not as open; nobody is late by it.
    """
    answered = ("2022-02-28T10:00+06:00", Answered(outcome="refused"))
    found = course(KZ, answered, until="2022-12-01")
    facts = folded(*found.events)[1]
    told = {one.term: (one.holder, one.status) for one in term_states(facts, at(now))}
    assert told["complaint-1"] == ("applicant", status)
    assert found.breaches("2023-01-01") == ()


def test_late_answer_opens_its_own_window() -> None:
    """Silence is a refusal; the answer that comes later can be complained of, too, from its own day."""
    answered = ("2022-04-04T10:00+06:00", Answered(outcome="refused"))
    found = course(KZ, answered, until="2022-12-01")
    assert found.dues("complaint-1") == ["2022-06-06 18:00"]
    assert found.dues("complaint-2") == ["2022-07-04 18:00"]


def test_silence_starts_one_window() -> None:
    """The clock looks at a deemed refusal again and again, and starts one window."""
    found = course(KZ, until="2022-12-01")
    windows = [term for event in found.events if (terms := getattr(event[1], "terms", None)) for term in terms]
    assert [term.id for term in windows if term.kind == "complaint"] == ["complaint-1"]


def without(year: int) -> Policies:
    kyrgyz = POLICIES.calendars["KG"]
    return replace(
        POLICIES, calendars={"KG": replace(kyrgyz, years={y: d for y, d in kyrgyz.years.items() if y < year})}
    )


@pytest.mark.parametrize(("days", "warned"), [(61, False), (60, False), (59, True), (0, True), (-10, True)])
def test_missing_year_is_warned_of(days: int, warned: bool) -> None:
    """Sixty days before the first receipt whose term no calendar covers, which is weeks before the end of the year.

    Of 11.12.2026 the fourteenth working day would be in 2027.
    """
    now = at("2026-12-10T12:00+06:00") - timedelta(days=days)
    left = days_left(without(2027), "KG", now)
    assert left == days
    assert is_short(left) == warned
    assert days_left(replace(POLICIES, calendars={}), "KG", now) is None
